//! Which agent runs on this thread now.

use std::{
    cell::Cell,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
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
        Carried { agent: self, carried: Some(future) }
    }

    /// A stream as this agent's: it runs whenever the stream is polled, and while it is dropped.
    #[inline]
    pub fn carry_stream<S: Stream>(self, stream: S) -> Carried<S> {
        Carried { agent: self, carried: Some(stream) }
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

/// The agent that runs here takes the stream along: it is polled where and whenever, and the agent runs meanwhile. What a [`monitor_agent`](crate::monitor_agent)
/// function returns is carried already.
///
/// ```
/// # use futures::{stream, StreamExt};
/// use perfmon::agents::{self, Agent};
///
/// let words = stream::iter(["a", "few", "words"]).inspect(|_| perfmon::tokens(0, 1));
/// let carried = Agent::of("narrator").carry_stream(words); // or agents::carry_stream(words) inside of the agent
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// assert_eq!(carried.count().await, 3);
/// # });
/// assert_eq!(agents::summary().agent("narrator").unwrap().tokens.output, 3);
/// ```
#[inline]
pub fn carry_stream<S: Stream>(stream: S) -> Carried<S> {
    Agent::current().carry_stream(stream)
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
    /// A future or a stream of an agent; see [`Agent::carry`], [`Agent::carry_stream`].
    #[derive(Debug)]
    #[must_use = "futures and streams do nothing unless polled"]
    pub struct Carried<F> {
        agent: Agent,
        // Taken out to be dropped while the agent runs.
        #[pin]
        carried: Option<F>,
    }

    impl<F> PinnedDrop for Carried<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let _within = this.agent.enter();
            this.carried.set(None);
        }
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _within = this.agent.enter();
        match this.carried.as_pin_mut() {
            Some(future) => future.poll(context),
            // Only a drop takes it out, and what is dropped is not polled.
            None => Poll::Pending,
        }
    }
}

impl<S: Stream> Stream for Carried<S> {
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        let _within = this.agent.enter();
        this.carried.as_pin_mut().map_or(Poll::Ready(None), |stream| stream.poll_next(context))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.carried.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}
