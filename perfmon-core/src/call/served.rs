//! Requests that a layer counts: the route's own attribute, on the handler that the layer runs, then counts nothing.

use std::cell::{Cell, RefCell};

use super::{AsyncCall, Call, Guard, Sampled, off};
use crate::{
    record::Ticket,
    site::{CallSite, Name},
    slow::Trace,
};

thread_local! {
    /// The request that this thread works on. Without a destructor it costs next to nothing, on every poll of every request.
    static CURRENT: Cell<Current> = const { Cell::new(Current::NONE) };
    /// What attributes said of requests that this thread works on, by route.
    static TOLD: RefCell<Vec<(&'static str, Label)>> = const { RefCell::new(Vec::new()) };
}

/// A label's key and value.
type Label = (&'static str, String);

#[derive(Debug, Clone, Copy)]
struct Current {
    route: Option<&'static str>,
    trace: Option<Trace>,
    /// Whether anything was said of it.
    is_told: bool,
}

impl Current {
    const NONE: Self = Self { route: None, trace: None, is_told: false };

    fn is_served(self, site: &CallSite) -> bool {
        // Whatever the method: `HEAD` is answered by the handler of `GET`.
        matches!(site.declaration.name, Name::Parts([_, route]) if self.route == Some(*route))
    }
}

fn current() -> Current {
    CURRENT.try_with(Cell::get).unwrap_or(Current::NONE)
}

/// A request that somebody counts, known to the thread while it works on it. What a handler spawns, on another thread or as another task, knows nothing of it.
#[derive(Debug)]
pub struct Served {
    current: Current,
    /// What attributes said of it, in place of a call of their own; nearly always nothing.
    labels: Vec<Label>,
}

impl Served {
    /// A request of a route, `"/orders/{id}"`, and the trace that the client began.
    #[must_use]
    pub const fn new(route: &'static str, trace: Option<Trace>) -> Self {
        Self { current: Current { route: Some(route), trace, is_told: false }, labels: Vec::new() }
    }

    /// Works on it: until `code` returns or unwinds it is the thread's, in place of what was.
    pub fn run<T>(&mut self, code: impl FnOnce() -> T) -> T {
        let before = CURRENT.try_with(|current| current.replace(self.current)).unwrap_or(Current::NONE);
        let _entered = Entered { served: self, before };
        code()
    }

    /// The label values that attributes of its route gave it, by key.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    #[cold]
    fn take_told(&mut self) {
        let of_its = |(route, _): &mut (&'static str, Label)| self.current.route == Some(*route);
        let told = TOLD.try_with(|told| told.borrow_mut().extract_if(.., of_its).collect::<Vec<_>>());
        for (_, label) in told.unwrap_or_default() {
            self.labels.retain(|known| known.0 != label.0);
            self.labels.push(label);
        }
    }
}

/// The trace of the request that this thread works on.
#[must_use]
pub fn served_trace() -> Option<Trace> {
    current().trace
}

/// Dropped, the thread goes back to what it worked on before.
struct Entered<'a> {
    served: &'a mut Served,
    before: Current,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let left = CURRENT.try_with(|current| current.replace(self.before));
        if left.is_ok_and(|left| left.is_told) {
            self.served.take_told();
        }
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
    if current().is_served(site) { C::UNCOUNTED } else { enter(site) }
}

/// The same with label values, which go to the request where there is one.
#[inline]
pub fn unless_served_labels<C: Uncounted>(
    site: &'static CallSite,
    values: &[&str],
    enter: impl FnOnce(&'static CallSite, &[&str]) -> C,
) -> C {
    let current = current();
    let Some(route) = current.route.filter(|_| current.is_served(site)) else { return enter(site, values) };
    let labels = site.declaration.labels.iter().zip(values).map(|(key, value)| (route, (*key, (*value).to_owned())));
    let labels: Vec<_> = labels.collect();
    let _ = TOLD.try_with(|told| told.borrow_mut().extend(labels));
    let _ = CURRENT.try_with(|here| here.set(Current { is_told: true, ..current }));
    C::UNCOUNTED
}
