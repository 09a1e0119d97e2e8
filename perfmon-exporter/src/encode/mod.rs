//! From snapshots to what monitoring systems read.
