//! Whether a series grows, robustly.
