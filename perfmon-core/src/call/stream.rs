//! Calls that give a stream: begun when they are called, finished when the stream ends, cancelled when it is dropped before.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::future::AsyncCall;
use crate::record::Flight;

pin_project! {
    /// A stream whose call is under way.
    #[derive(Debug)]
    #[must_use = "streams do nothing unless polled"]
    pub struct Streamed<S, C> {
        // Taken when the stream ends.
        call: Option<AsyncCall>,
        #[pin]
        stream: S,
        // Classifies an item.
        failed: C,
        // What it said of the last one.
        has_failed: bool,
        busy: bool,
    }

    impl<S, C> PinnedDrop for Streamed<S, C> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let Some(call) = this.call.take() {
                // Whoever reads no further after an error gives nothing up.
                call.leave(*this.has_failed);
            }
        }
    }
}

/// The call that made this stream goes on in it, until it ends or is dropped. It ends as its last item did: `failed` classifies each.
#[inline]
pub fn streamed<S, C>(mut call: AsyncCall, stream: S, failed: C) -> Streamed<S, C>
where
    S: Stream,
    C: FnMut(&S::Item) -> bool,
{
    call.pause();
    Streamed { call: Some(call), stream, failed, has_failed: false, busy: false }
}

/// The same, the time spent polling measured.
#[inline]
pub fn streamed_busy<S, C>(call: AsyncCall, stream: S, failed: C) -> Streamed<S, C>
where
    S: Stream,
    C: FnMut(&S::Item) -> bool,
{
    let mut streamed = streamed(call, stream, failed);
    streamed.busy = true;
    streamed
}

impl<S, C> Stream for Streamed<S, C>
where
    S: Stream,
    C: FnMut(&S::Item) -> bool,
{
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.project();
        // Without a call it has ended before; what polling it again does is the stream's to say.
        let Some(call) = this.call else {
            return this.stream.poll_next(context);
        };
        let from = this.busy.then(Flight::tick);
        call.resume();
        let polled = this.stream.poll_next(context);
        if let Some(from) = from {
            call.add_busy(from);
        }
        match &polled {
            // `failed` is the user's and may panic: the call then counts as one.
            Poll::Ready(Some(item)) => *this.has_failed = (this.failed)(item),
            Poll::Ready(None) => {
                if let Some(call) = this.call.take() {
                    call.finish(*this.has_failed);
                }
                return polled;
            }
            Poll::Pending => {}
        }
        call.pause();
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}
