//! Requests that a layer counts: the route's own attribute, on the handler that the layer runs, then counts nothing.

use std::{cell::RefCell, mem};

use super::{AsyncCall, Call, Guard, Sampled, off};
use crate::{
    record::Ticket,
    site::{CallSite, Name},
    slow::Trace,
};

thread_local! {
    /// The request that this thread works on.
    static CURRENT: RefCell<Served> = const { RefCell::new(Served::NONE) };
}

/// A request that somebody counts, known to the thread while it works on it. What a handler spawns, on another thread or as another task, knows nothing of it.
#[derive(Debug)]
pub struct Served {
    route: Option<&'static str>,
    trace: Option<Trace>,
    /// What attributes said of it, in place of a call of their own.
    labels: Vec<(&'static str, String)>,
}

impl Default for Served {
    fn default() -> Self {
        Self::NONE
    }
}

impl Served {
    const NONE: Self = Self { route: None, trace: None, labels: Vec::new() };

    /// A request of a route, `"/orders/{id}"`, and the trace that the client began.
    #[must_use]
    pub const fn new(route: &'static str, trace: Option<Trace>) -> Self {
        Self { route: Some(route), trace, labels: Vec::new() }
    }

    /// Works on it: until `code` returns or unwinds it is the thread's, in place of what was.
    pub fn run<T>(&mut self, code: impl FnOnce() -> T) -> T {
        let _entered = Entered::new(self);
        code()
    }

    /// The label values that attributes of its route gave it, by key.
    #[must_use]
    pub fn labels(&self) -> &[(&'static str, String)] {
        &self.labels
    }
}

/// The trace of the request that this thread works on.
#[must_use]
pub fn served_trace() -> Option<Trace> {
    CURRENT.try_with(|current| current.borrow().trace).ok().flatten()
}

/// The thread's request and the one it works on have changed places; dropped, they change back.
struct Entered<'a>(&'a mut Served);

impl<'a> Entered<'a> {
    fn new(served: &'a mut Served) -> Self {
        let mut entered = Self(served);
        entered.swap();
        entered
    }

    fn swap(&mut self) {
        // A thread that ends has none any more.
        let _ = CURRENT.try_with(|current| mem::swap(&mut *current.borrow_mut(), self.0));
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.swap();
    }
}

/// A call that may be somebody else's to count.
pub trait Uncounted {
    /// It counts nothing.
    const UNCOUNTED: Self;
}

impl Uncounted for Call {
    const UNCOUNTED: Self = Self(Ticket::NONE);
}

impl Uncounted for Sampled {
    const UNCOUNTED: Self = Self(Ticket::NONE);
}

impl Uncounted for AsyncCall {
    const UNCOUNTED: Self = Self::NONE;
}

impl Uncounted for Guard {
    const UNCOUNTED: Self = off();
}

/// A request's call begins by `enter`, unless the thread works on a request of its route that somebody counts.
#[inline]
pub fn unless_served<C: Uncounted>(site: &'static CallSite, enter: impl FnOnce(&'static CallSite) -> C) -> C {
    if is_served(site) { C::UNCOUNTED } else { enter(site) }
}

/// The same with label values, which go to the request where there is one.
#[inline]
pub fn unless_served_labels<C: Uncounted>(
    site: &'static CallSite,
    values: &[&str],
    enter: impl FnOnce(&'static CallSite, &[&str]) -> C,
) -> C {
    if !is_served(site) {
        return enter(site, values);
    }
    let told = site.declaration.labels.iter().copied().zip(values.iter().map(ToString::to_string));
    let told: Vec<_> = told.collect();
    let _ = CURRENT.try_with(|current| {
        let labels = &mut current.borrow_mut().labels;
        labels.retain(|(known, _)| told.iter().all(|(key, _)| key != known));
        labels.extend(told);
    });
    C::UNCOUNTED
}

/// Whatever the method: `HEAD` is answered by the handler of `GET`.
fn is_served(site: &CallSite) -> bool {
    let Name::Parts([_, route]) = site.declaration.name else { return false };
    CURRENT.try_with(|current| current.borrow().route == Some(*route)).unwrap_or_default()
}
