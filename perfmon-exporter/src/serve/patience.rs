//! A connection that is given up when its client does not read, or does not come to the end of what it asks.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use crate::connections::Pace;

/// How long a client gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// For the head of a request: from the beginning of the connection for the first, for others from their first byte. Between requests it may be silent.
    pub(super) head: Duration,
    /// To read an answer.
    pub(super) answer: Duration,
}

/// A stream whose writes fail when what is to be written has not all gone within a time, and whose reads fail when a request's head is not whole within another. Reading or saying a little now
/// and then does not extend either, so that no client can hold an answer's memory, or a place, for longer.
pub(super) struct Patience<S> {
    stream: S,
    limits: Limits,
    pace: Pace,
    /// Runs since a write had to wait, until all is written.
    writing: Option<Pin<Box<Sleep>>>,
    /// Runs while a head is due.
    reading: Option<Pin<Box<Sleep>>>,
    /// Requests that had begun when that was looked at.
    begun: u64,
    /// Bytes came before they were asked for: they may be of the next head.
    early: bool,
}

impl<S> Patience<S> {
    pub(super) fn new(stream: S, limits: Limits, pace: Pace) -> Self {
        Self { stream, limits, pace, writing: None, reading: None, begun: 0, early: true }
    }

    fn waited<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_pending() {
            let limit = self.limits.answer;
            if self.writing.is_none() {
                self.pace.stall(true);
            }
            let writing = self.writing.get_or_insert_with(|| Box::pin(sleep(limit)));
            ready!(writing.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        written
    }

    /// Whether the head that is due is too late.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if self.begun != self.pace.begun() {
            (self.begun, self.reading) = (self.pace.begun(), None);
        }
        if !self.pace.awaits_head() {
            return false;
        }
        if std::mem::take(&mut self.early) {
            self.expect_head();
        }
        self.reading.as_mut().is_some_and(|reading| reading.as_mut().poll(cx).is_ready())
    }

    fn expect_head(&mut self) {
        let limit = self.limits.head;
        self.reading.get_or_insert_with(|| Box::pin(sleep(limit)));
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patience<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_late(cx) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            if self.pace.awaits_head() {
                self.expect_head();
            } else {
                self.early = true;
            }
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patience<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.waited(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.waited(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when nothing is left to be written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.writing.take().is_some() {
            self.pace.stall(false);
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
        time::{Instant, sleep},
    };

    use super::{Limits, Patience};
    use crate::connections::{Connections, Pace};

    const LIMIT: Duration = Duration::from_secs(30);
    const HEAD: Duration = Duration::from_secs(10);
    const SECOND: Duration = Duration::from_secs(1);

    fn patience() -> (Patience<DuplexStream>, DuplexStream, Pace) {
        let (stream, client) = duplex(64);
        let pace = Connections::new(1).enter(None).expect("room").pace.clone();
        (Patience::new(stream, Limits { head: HEAD, answer: LIMIT }, pace.clone()), client, pace)
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_given_up() {
        let (mut stream, mut client, _) = patience();
        let began = Instant::now();
        let dripping = tokio::spawn(async move {
            // A byte a second is not reading.
            while client.read_u8().await.is_ok() {
                sleep(SECOND).await;
            }
        });
        let error = stream.write_all(&[0; 10_000]).await.expect_err("given up");
        assert_eq!((error.kind(), began.elapsed()), (std::io::ErrorKind::TimedOut, LIMIT));
        drop(stream);
        dripping.await.expect("no panic");
    }

    #[tokio::test(start_paused = true)]
    async fn each_answer_has_the_whole_time() {
        let (mut stream, mut client, _) = patience();
        let reading = tokio::spawn(async move {
            let mut answer = [0; 100];
            for _ in 0..5 {
                sleep(LIMIT / 10 * 9).await;
                client.read_exact(&mut answer).await.expect("an answer");
            }
        });
        for _ in 0..5 {
            stream.write_all(&[0; 100]).await.expect("it is read in time");
            stream.flush().await.expect("nothing is left");
        }
        reading.await.expect("no panic");
    }

    /// When reading ends.
    async fn given_up(stream: &mut Patience<DuplexStream>) -> Duration {
        let began = Instant::now();
        let mut bytes = [0; 16];
        loop {
            match stream.read(&mut bytes).await {
                Ok(1..) => {}
                Ok(0) => panic!("the client has not gone"),
                Err(error) => {
                    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
                    return began.elapsed();
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_has_to_come_to_its_end() {
        for drip in [&b""[..], b"x", b"\r\n"] {
            let (mut stream, mut client, _) = patience();
            tokio::spawn(async move {
                while client.write_all(drip).await.is_ok() {
                    sleep(SECOND).await;
                }
            });
            assert_eq!(given_up(&mut stream).await, HEAD, "{drip:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn between_requests_there_is_time() {
        let (mut stream, mut client, pace) = patience();
        let mut bytes = [0; 16];
        for _ in 0..3 {
            client.write_all(b"GET /").await.expect("taken");
            assert_eq!(stream.read(&mut bytes).await.expect("a head"), 5);
            pace.begin();
            sleep(HEAD * 2).await;
            pace.end();
            let silent = tokio::time::timeout(HEAD * 5, stream.read(&mut bytes)).await;
            assert!(silent.is_err(), "it may be silent");
        }
        // The next head has begun, and does not end.
        client.write_all(b"G").await.expect("taken");
        assert_eq!(given_up(&mut stream).await, HEAD);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_with_the_request_before_has_begun() {
        let (mut stream, mut client, pace) = patience();
        let mut bytes = [0; 16];
        client.write_all(b"GET /").await.expect("taken");
        assert_eq!(stream.read(&mut bytes).await.expect("a head"), 5);
        pace.begin();
        client.write_all(b"G").await.expect("taken");
        assert_eq!(stream.read(&mut bytes).await.expect("a byte"), 1);
        pace.end();
        assert_eq!(given_up(&mut stream).await, HEAD);
    }

    #[tokio::test(start_paused = true)]
    async fn another_protocol_has_no_heads() {
        let (mut stream, mut client, pace) = patience();
        client.write_all(b"GET /ws").await.expect("taken");
        let mut bytes = [0; 16];
        assert_eq!(stream.read(&mut bytes).await.expect("a head"), 7);
        pace.begin();
        pace.upgrade();
        pace.end();
        client.write_all(b"frame").await.expect("taken");
        assert_eq!(stream.read(&mut bytes).await.expect("a frame"), 5);
        assert!(tokio::time::timeout(HEAD * 5, stream.read(&mut bytes)).await.is_err(), "it may be silent");
    }
}
