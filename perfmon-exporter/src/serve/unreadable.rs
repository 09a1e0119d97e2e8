//! Requests that hyper cannot read. It answers them itself, 400, 414 or 431 with nothing in it, and leaves nobody a say in that; so what it writes is looked at on its way out, and gets
//! the document that all other refusals have.

use std::{
    fmt::Write as _,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::http::StatusCode;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{problem::Problem, secure::protective};

/// Bytes of a request's head.
pub(super) const MOST_HEAD: usize = 64 << 10;
pub(super) const MOST_HEADERS: usize = 100;

/// A stream on which hyper's own refusals are explained.
pub(super) struct Explained<S> {
    stream: S,
    /// What is still to be written in the place of what hyper wrote.
    instead: Vec<u8>,
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, instead: Vec::new() }
    }

    fn write_instead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.instead.is_empty() {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, &self.instead))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => _ = self.instead.drain(..written),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.write_instead(cx))?;
        let Some(explained) = explained(bytes) else { return Pin::new(&mut self.stream).poll_write(cx, bytes) };
        // All of it is taken; what does not go at once goes when hyper flushes.
        self.instead = explained;
        match self.write_instead(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [single] = parts {
            return self.poll_write(cx, single);
        }
        ready!(self.write_instead(cx))?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write_instead(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.write_instead(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// What hyper's refusals have, and those of routes have not.
const EMPTY: &str = "content-length: 0\r\n";

/// The answer to write in the place of these bytes, if they are a refusal of hyper's: the head of a client's error, and nothing else.
fn explained(bytes: &[u8]) -> Option<Vec<u8>> {
    let status = bytes.strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
    let status = StatusCode::from_bytes(status).ok().filter(StatusCode::is_client_error)?;
    let text = std::str::from_utf8(bytes).ok()?;
    let (before, after) = text.split_once(EMPTY)?;
    let rest = after.strip_suffix("\r\n")?;
    let is_head = !before.contains("\r\n\r\n") && (rest.is_empty() || rest.ends_with("\r\n"));
    is_head.then(|| answer(&[before, rest].concat(), Problem::new(status, detail(status))).into_bytes())
}

fn detail(status: StatusCode) -> String {
    let kib = MOST_HEAD >> 10;
    match status {
        StatusCode::URI_TOO_LONG => {
            format!("the path and its query are too long to be read: together they may have just under {kib} KiB")
        }
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            format!("the head of the request is too large: it may have {kib} KiB and {MOST_HEADERS} headers")
        }
        _ => String::from(
            "this cannot be read as a request of HTTP/1.1: something is wrong in its first line or in a header",
        ),
    }
}

/// A whole answer as it is sent, for those whom no route answers. `head` are its first lines.
pub(super) fn answer(head: &str, problem: Problem) -> String {
    let body = problem.text();
    let mut answer = format!("{head}content-type: application/problem+json\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in protective() {
        _ = write!(answer, "{name}: {value}\r\n");
    }
    answer + "\r\n" + &body
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::{Explained, explained};

    const REFUSED: &[u8] = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\ndate: Sat, 28 Nov 2026 19:37:28 GMT\r\n\r\n";

    #[test]
    fn only_a_refusal_without_a_word_is_explained() {
        let text = String::from_utf8(explained(REFUSED).expect("one of hyper's")).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
        assert!(
            head.starts_with("HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ndate: Sat"),
            "{head}"
        );
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
        assert!(body.contains("\"status\":431") && body.contains("64 KiB and 100 headers"), "{body}");
        assert!(explained(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").is_some());
        for other in [
            "",
            "HTTP/1.1 4",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 25\r\n\r\ncontent-length: 0\r\n and on",
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n",
        ] {
            assert_eq!(explained(other.as_bytes()), None, "{other:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_comes_whole_also_to_who_reads_slowly() {
        let (stream, mut client) = duplex(16);
        let mut stream = Explained::new(stream);
        let reading = tokio::spawn(async move {
            let mut read = Vec::new();
            while let Ok(byte) = client.read_u8().await {
                tokio::time::sleep(Duration::from_millis(1)).await;
                read.push(byte);
            }
            read
        });
        stream.write_all(REFUSED).await.expect("it is taken");
        stream.shutdown().await.expect("it goes");
        drop(stream);
        assert_eq!(Some(reading.await.expect("no panic")), explained(REFUSED));
    }

    proptest! {
        #[test]
        fn all_else_goes_as_it_is(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(explained(&bytes), None);
        }
    }
}
