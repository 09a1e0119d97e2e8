//! Database statements: what they are called, what is kept of them, who tells them.

mod naming;
mod real;
mod redacting;
mod rows;
mod running;
mod slow;
mod spans;
