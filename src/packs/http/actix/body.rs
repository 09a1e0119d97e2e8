//! Bodies that are counted as they flow.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    body::{BodySize, MessageBody},
    dev::Payload,
    error::PayloadError,
    web::Bytes,
};
use futures_core::Stream;
use pin_project_lite::pin_project;

use super::super::{body::Received, exchange::Exchange};

/// A request's body; what the handler reads of it is counted.
pub(super) struct CountedPayload {
    inner: Payload,
    received: Received,
}

impl CountedPayload {
    /// A body as requests have it. Of a request without one there is no size.
    pub(super) fn around(inner: Payload, exchange: &mut Exchange) -> Payload {
        if matches!(inner, Payload::None) {
            return inner;
        }
        Payload::Stream { payload: Box::pin(Self { inner, received: exchange.receive() }) }
    }
}

impl Stream for CountedPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = ready!(Pin::new(&mut self.inner).poll_next(cx));
        match &piece {
            Some(Ok(bytes)) => self.received.bytes += bytes.len() as u64,
            Some(Err(_)) => self.received.break_off(),
            None => {}
        }
        Poll::Ready(piece)
    }
}

pin_project! {
    /// A response's body. What the server takes of it is counted, and its end is the request's; it is neither kept nor changed.
    #[derive(Debug)]
    pub struct MonitoredBody<B> {
        #[pin]
        inner: B,
        // Until it has ended.
        exchange: Option<Exchange>,
        length: Option<u64>,
    }
}

impl<B> MonitoredBody<B> {
    pub(super) fn new(inner: B, exchange: Option<Exchange>, length: Option<u64>) -> Self {
        Self { inner, exchange, length }
    }
}

impl<B: MessageBody> MessageBody for MonitoredBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let this = self.project();
        let piece = ready!(Exchange::run(this.exchange, || this.inner.poll_next(cx)));
        let Some(mut exchange) = this.exchange.take() else { return Poll::Ready(piece) };
        match &piece {
            None => exchange.finish(),
            Some(Err(_)) => exchange.fail(),
            Some(Ok(bytes)) => {
                let sent = exchange.send(bytes.len() as u64);
                if this.length.is_some_and(|length| sent >= length) {
                    exchange.finish();
                } else {
                    *this.exchange = Some(exchange);
                }
            }
        }
        Poll::Ready(piece)
    }
}
