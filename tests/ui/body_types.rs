//! Errors in a body belong to the body.

use std::{future::Future, pin::Pin};

use perfmon::monitor_latency;

#[monitor_latency("a")]
fn tail() -> u8 {
    "text"
}

#[monitor_latency("b")]
fn early(x: bool) -> u8 {
    if x {
        return "text";
    }
    1
}

#[monitor_latency("c")]
fn no_value() -> u8 {
    let _x = 1;
}

#[monitor_latency("d")]
fn unexpected_value() {
    1
}

#[monitor_latency("e")]
fn question() -> Option<u8> {
    let x: Result<u8, ()> = Ok(1);
    Some(x?)
}

#[monitor_latency("f")]
async fn async_tail() -> u8 {
    "text"
}

#[monitor_latency("g")]
async fn async_early(x: bool) -> Result<u8, ()> {
    if x {
        return Some(1);
    }
    Ok(1)
}

#[monitor_latency("h")]
async fn async_no_value() -> u8 {
    let _x = 1;
}

#[monitor_latency("i")]
fn boxed() -> Pin<Box<dyn Future<Output = u8>>> {
    Box::pin(async { "text" })
}

#[monitor_latency("j")]
fn opaque() -> impl Future<Output = u8> {
    async { "text" }
}

#[monitor_latency("k")]
fn opaque_iterator() -> impl Iterator<Item = u8> {
    1
}

#[monitor_latency("l")]
fn never() -> ! {
    1
}

#[monitor_latency("m")]
async fn async_never() -> ! {
    1
}

#[monitor_latency("n")]
fn unknown() -> u8 {
    undefined + other()
}

fn main() {}
