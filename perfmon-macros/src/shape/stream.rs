//! Streams in what a function returns.

use proc_macro2::{Span, TokenStream, TokenTree};

use super::{Family, Wrap, arguments, inferred, split};
use crate::tokens::{leading_path, punct};

/// A stream as it stands in a return type.
pub(crate) struct Stream {
    /// One of its items.
    pub(crate) item: TokenStream,
    pub(crate) wrap: Wrap,
    /// It comes in a `Result`.
    pub(crate) is_tried: bool,
    pub(crate) made: Made,
    /// All of the type, as it can stand in a body.
    pub(crate) whole: TokenStream,
}

/// How a function gives what its type says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Made {
    /// It is called.
    Call,
    /// It is an `async fn`.
    Async,
    /// It returns a future, held like this.
    Future(Wrap),
}

const STREAM: Family = Family { name: "Stream", gives: "Item", boxes: ["BoxStream", "LocalBoxStream"], or: "" };

/// The stream that a type is, alone or in a `Result`, if it is one: a trait `Stream` without `Item` is somebody else's.
pub(super) fn of(output: &[TokenTree], made: Made) -> Option<Result<Stream, (Span, String)>> {
    if !crate::STREAMS {
        return None;
    }
    let tried = tried(output);
    let (item, wrap) = match STREAM.find(tried.as_deref().unwrap_or(output))? {
        Ok((item, wrap)) => (item?, wrap),
        Err(mistake) => return Some(Err(mistake)),
    };
    Some(Ok(Stream { item: inferred(&item), wrap, is_tried: tried.is_some(), made, whole: inferred(output) }))
}

/// What a `Result`, whosever it is, has when all is well.
fn tried(output: &[TokenTree]) -> Option<Vec<TokenTree>> {
    let (last, length) = leading_path(output)?;
    let arguments = arguments(&output[length..]).filter(|_| last == "Result")?;
    split(&arguments, ',').into_iter().find(|part| !part.is_empty() && !punct(part.first(), '\'')).map(<[_]>::to_vec)
}

impl Stream {
    /// Where a type names a stream, however deep.
    pub(crate) fn find(output: &[TokenTree]) -> Option<Span> {
        output.iter().enumerate().find_map(|(place, token)| match token {
            TokenTree::Ident(word) => {
                let is_boxed = STREAM.boxes.iter().any(|known| word == known);
                let is_trait = ["Stream", "TryStream", "FusedStream"].iter().any(|known| word == known);
                (is_boxed || (is_trait && punct(output.get(place + 1), '<'))).then(|| word.span())
            }
            TokenTree::Group(group) => Self::find(&group.stream().into_iter().collect::<Vec<_>>()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn tokens(text: &str) -> Vec<TokenTree> {
        TokenStream::from_str(text).expect("tokens").into_iter().collect()
    }

    #[test]
    fn a_stream_is_known_by_the_type() {
        for (written, expected) in [
            ("impl Stream<Item = u8>", "Bare u8 false"),
            ("impl futures::Stream<Item = Result<u8, E>> + Send + 'a + use<'a>", "Bare Result<u8,E> false"),
            ("Pin<Box<dyn Stream<Item = u8> + Send + 'static>>", "Pinned u8 false"),
            ("Box<dyn Stream<Item = (impl A, u8)> + Unpin>", "Boxed (_,u8) false"),
            ("BoxStream<'_, Result<u8, E>>", "Pinned Result<u8,E> false"),
            ("futures::stream::LocalBoxStream<'a, u8>", "Pinned u8 false"),
            ("Result<impl Stream<Item = u8>, E>", "Bare u8 true"),
            ("anyhow::Result<BoxStream<'static, u8>>", "Pinned u8 true"),
        ] {
            let Some(Ok(stream)) = of(&tokens(written), Made::Call) else { panic!("not seen: {written}") };
            let found = format!("{:?} {} {}", stream.wrap, stream.item.to_string().replace(' ', ""), stream.is_tried);
            assert_eq!(found, expected, "{written}");
        }
        assert!(matches!(of(&tokens("impl Stream<Item = u8> + Clone"), Made::Call), Some(Err(_))));
        for written in ["impl Stream", "Stream<u8>", "Option<BoxStream<'a, u8>>", "impl Iterator<Item = u8>", "u8", ""]
        {
            assert!(of(&tokens(written), Made::Call).is_none(), "{written}");
        }
    }

    #[test]
    fn a_stream_inside_of_something_else_is_found() {
        for written in ["Sse<impl Stream<Item = u8>>", "(u8, BoxStream<'a, u8>)", "impl FusedStream<Item = u8>"] {
            assert!(Stream::find(&tokens(written)).is_some(), "{written}");
        }
        for written in ["TcpStream", "net::Stream", "Result<Streamed<u8>, StreamError>"] {
            assert!(Stream::find(&tokens(written)).is_none(), "{written}");
        }
    }
}
