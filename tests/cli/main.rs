//! The program `perfmon`, end to end: one that runs, and others that ask it.
#![cfg(unix)]

mod ask;
mod check;
mod fail;
mod help;
mod password;
mod running;
mod secure;
mod start;
