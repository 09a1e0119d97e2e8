//! Slow calls, kept one by one: what they were, how long they took, in which trace.
