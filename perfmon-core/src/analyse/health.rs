//! How healthy the process is, as one number that explains itself.
