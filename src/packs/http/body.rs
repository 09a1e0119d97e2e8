//! Bodies that are counted as they flow.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{exchange::Exchange, grpc, route::Route};

/// Bytes of one body, given to its route when they are all there, or as many as were read.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) route: &'static Route,
    pub(super) bytes: u64,
    pub(super) broken: Arc<AtomicBool>,
}

impl Received {
    /// It ends before its end.
    pub(super) fn break_off(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        self.route.received(self.bytes);
    }
}

pin_project! {
    /// A request's body. What the service reads of it is counted; it is neither kept nor changed.
    #[derive(Debug)]
    pub struct RequestBody<B> {
        #[pin]
        inner: B,
        received: Option<Received>,
    }
}

impl<B: Body> RequestBody<B> {
    /// Of a request without a body there is no size.
    pub(super) fn new(inner: B, exchange: Option<&mut Exchange>) -> Self {
        let exchange = exchange.filter(|_| !inner.is_end_stream());
        Self { inner, received: exchange.map(Exchange::receive) }
    }
}

impl<B: Body> Body for RequestBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(cx));
        match (this.received, &frame) {
            (Some(received), Some(Ok(frame))) => received.bytes += data_of(frame),
            (Some(received), Some(Err(_))) => received.break_off(),
            _ => {}
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

pin_project! {
    /// A response's body. What the server takes of it is counted, and its end is the request's; it is neither kept nor changed.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        inner: B,
        // Until it has ended.
        exchange: Option<Exchange>,
        // After so many bytes nobody asks for more.
        length: Option<u64>,
        is_grpc_error: fn(u16) -> bool,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn new(
        inner: B,
        exchange: Option<Exchange>,
        length: Option<u64>,
        is_grpc_error: fn(u16) -> bool,
    ) -> Self {
        Self { inner, exchange, length, is_grpc_error }
    }
}

impl<B: Body> Body for ResponseBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let is_grpc_error = *this.is_grpc_error;
        let (polled, verdict) = Exchange::run(this.exchange, || {
            let polled = this.inner.as_mut().poll_frame(cx);
            let verdict = trailers_of(&polled).and_then(grpc::status).map(|status| (status, is_grpc_error(status)));
            (polled, verdict)
        });
        let polled = ready!(polled);
        let Some(mut exchange) = this.exchange.take() else { return Poll::Ready(polled) };
        match &polled {
            None => exchange.finish(),
            Some(Err(_)) => exchange.fail(),
            Some(Ok(frame)) => {
                verdict.into_iter().for_each(|(status, failed)| exchange.judge(status, failed));
                let sent = exchange.send(data_of(frame));
                // Servers ask a body that says so, or has given what it announced, for no more.
                let complete = this.length.is_some_and(|length| sent >= length);
                if frame.is_trailers() || complete || this.inner.is_end_stream() {
                    exchange.finish();
                } else {
                    *this.exchange = Some(exchange);
                }
            }
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn trailers_of<D, E>(polled: &Poll<Option<Result<Frame<D>, E>>>) -> Option<&HeaderMap> {
    let Poll::Ready(Some(Ok(frame))) = polled else { return None };
    frame.trailers_ref()
}

fn data_of<D: Buf>(frame: &Frame<D>) -> u64 {
    frame.data_ref().map_or(0, |data| data.remaining() as u64)
}
