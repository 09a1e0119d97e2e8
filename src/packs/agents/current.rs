//! Which agent runs on this thread now.

use std::{
    cell::Cell,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{NONE, names};

thread_local! {
    // Without a destructor, so it can be asked to a thread's very end.
    static CURRENT: Cell<Running> = const { Cell::new(Running { agent: Agent(NONE), depth: 0 }) };
}

/// An agent, by its name. Copies freely and goes anywhere: take the [current](Self::current) one to where the work goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Agent(&'static str);

/// Who runs on a thread, and how many were entered for it to do so.
#[derive(Debug, Clone, Copy)]
struct Running {
    agent: Agent,
    depth: usize,
}

impl Agent {
    /// The agent that runs here; outside of any, the one named [`NONE`].
    ///
    /// ```
    /// use perfmon::agents::{Agent, NONE};
    ///
    /// assert_eq!(Agent::current().name(), NONE);
    /// ```
    #[must_use]
    #[inline]
    pub fn current() -> Self {
        CURRENT.get().agent
    }

    /// The agent of this name.
    #[must_use]
    #[inline]
    pub const fn of(name: &'static str) -> Self {
        Self(name)
    }

    /// The agent of a name that is known at run time only. The first 200 such names are kept, for good; any other, and one of more than 1 KiB, is the agent `other`, which
    /// `agent_names_refused_total` counts. An empty name is no name: the agent [`NONE`]. Takes a lock, shared after the first time of a name.
    ///
    /// ```
    /// use perfmon::agents::{self, Agent};
    ///
    /// let team = String::from("team-7");
    /// let _within = Agent::named(&team).enter();
    /// perfmon::tokens(100, 20);
    /// assert_eq!(agents::summary().agent("team-7").unwrap().tokens.input, 100);
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(names::kept(name))
    }

    /// Its name.
    #[must_use]
    #[inline]
    pub const fn name(self) -> &'static str {
        self.0
    }

    /// The agent runs on this thread until the value is dropped; then the one before it does again, and whoever was entered since has left too. For code that
    /// does not wait: over an `.await` the thread belongs to others, [`carry`](Self::carry) the future there.
    #[inline]
    pub fn enter(self) -> Entered {
        let before = CURRENT.get();
        CURRENT.set(Running { agent: self, depth: before.depth.wrapping_add(1) });
        Entered { before, here: PhantomData }
    }

    /// A future as this agent's: it runs whenever the future is polled, and while it is dropped.
    #[inline]
    pub fn carry<F: Future>(self, future: F) -> Carried<F> {
        Carried { agent: self, future: Some(future) }
    }
}

/// The agent that runs here takes the future along, to be spawned say.
///
/// ```
/// # use perfmon::agents;
/// # async fn look_up() {}
/// # fn spawn(future: impl Future<Output = ()> + Send + 'static) {}
/// spawn(agents::carry(async { look_up().await }));
/// ```
#[inline]
pub fn carry<F: Future>(future: F) -> Carried<F> {
    Agent::current().carry(future)
}

/// While it lives an agent runs on this thread; see [`Agent::enter`].
#[derive(Debug)]
#[must_use = "an agent that is not kept leaves at once: write `let _within = …;`, not `let _ = …;`"]
pub struct Entered {
    before: Running,
    /// It belongs to its thread.
    here: PhantomData<*const ()>,
}

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        // Dropped after one that was entered before it, as the second of a tuple is, it has left already.
        if CURRENT.get().depth > self.before.depth {
            CURRENT.set(self.before);
        }
    }
}

pin_project! {
    /// A future of an agent; see [`Agent::carry`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Carried<F> {
        agent: Agent,
        // Taken out to be dropped while the agent runs.
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for Carried<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _within = this.agent.enter();
            this.future.set(None);
        }
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _within = this.agent.enter();
        match this.future.as_pin_mut() {
            Some(future) => future.poll(context),
            // Only a drop takes it out, and what is dropped is not polled.
            None => Poll::Pending,
        }
    }
}
