//! How a function is measured, decided by what it returns.

mod stream;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote_spanned;

use crate::{
    item::Function,
    model::ours,
    tokens::{Angles, is, leading_path, punct},
};

pub(crate) use self::stream::{Made, Stream};

/// The ways to measure a function.
pub(crate) enum Shape {
    /// The body becomes a closure, so that `return` and `?` are seen and the value is too.
    Call,
    /// The body runs beside a guard: a closure would lose the type or the caller. Says why.
    Guard(&'static str),
    /// `async fn`.
    Async,
    /// `async fn … -> !`.
    AsyncNever,
    /// The body runs as it is, and the future that it returns is wrapped.
    Future(Future),
    /// The call goes on until the stream that it gives has ended.
    Stream(Stream),
    /// Cannot be measured: where, why and what to do.
    Impossible(Span, String),
}

/// A future as it stands in a return type.
pub(crate) struct Future {
    /// What it resolves to, when the type tells.
    pub(crate) output: Option<TokenStream>,
    pub(crate) wrap: Wrap,
}

/// What holds the wrapped future.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wrap {
    /// `impl Future`
    Bare,
    /// `Pin<Box<dyn Future>>`, `BoxFuture`
    Pinned,
    /// `Box<dyn Future + Unpin>`
    Boxed,
}

impl Shape {
    pub(crate) fn of(function: &Function) -> Self {
        let output = function.output.as_slice();
        let never = matches!(output, [TokenTree::Punct(punct)] if punct.as_char() == '!');
        if never && function.is_async {
            return Self::AsyncNever;
        }
        let made = if function.is_async { Made::Async } else { Made::Call };
        let lost = |span, what, or| {
            let message = format!(
                "a function that returns a {what} cannot be measured without losing its caller: take `#[track_caller]` off{or}"
            );
            Self::Impossible(span, message)
        };
        match (stream::of(output, made), function.track_caller) {
            (Some(Err((span, message))), _) => return Self::Impossible(span, message),
            (Some(Ok(_)), Some(span)) if !function.is_async => return lost(span, "stream", ""),
            (Some(Ok(stream)), _) => return Self::Stream(stream),
            (None, _) if function.is_async => return Self::Async,
            (None, _) => {}
        }
        match (future(output), function.track_caller) {
            (Some(Err((span, message))), _) => Self::Impossible(span, message),
            (Some(Ok(_)), Some(span)) => lost(span, "future", INSIDE),
            (Some(Ok((output, wrap))), None) => {
                match output.as_deref().and_then(|output| stream::of(output, Made::Future(wrap))) {
                    Some(Ok(stream)) => Self::Stream(stream),
                    Some(Err((span, message))) => Self::Impossible(span, message),
                    None => Self::Future(Future { output: output.as_deref().map(inferred), wrap }),
                }
            }
            (None, Some(_)) => Self::Guard("a function with `#[track_caller]`"),
            (None, None) if never => Self::Guard("a function that never returns"),
            (None, None) if mentions_impl(output) => Self::Guard("a function that returns `impl Trait`"),
            (None, None) => Self::Call,
        }
    }

    /// Whether something is polled.
    pub(crate) fn is_polled(&self) -> bool {
        matches!(self, Self::Async | Self::AsyncNever | Self::Future(_) | Self::Stream(_))
    }
}

/// A future can be measured where it is awaited.
const INSIDE: &str = ", or measure inside with `perfmon::time!`";

/// A trait of what is polled, as return types write it.
struct Family {
    name: &'static str,
    /// Its associated type.
    gives: &'static str,
    /// Aliases of its boxes.
    boxes: [&'static str; 2],
    /// What else to do where one cannot be measured.
    or: &'static str,
}

/// What it gives, as written if it is, and what holds it; or why it cannot be measured.
type Found = Result<(Option<Vec<TokenTree>>, Wrap), (Span, String)>;

/// The future that a return type is, if it is one.
fn future(output: &[TokenTree]) -> Option<Found> {
    Family { name: "Future", gives: "Output", boxes: ["BoxFuture", "LocalBoxFuture"], or: INSIDE }.find(output)
}

impl Family {
    /// What a return type is of this family, if it is anything.
    fn find(&self, output: &[TokenTree]) -> Option<Found> {
        if is(output.first()?, "impl") {
            return self.opaque(&output[1..]);
        }
        let (last, length) = leading_path(output)?;
        let arguments = arguments(&output[length..])?;
        if self.boxes.iter().any(|known| last == known) {
            let gives =
                split(&arguments, ',').into_iter().rfind(|part| !part.is_empty() && !punct(part.first(), '\''))?;
            return Some(Ok((Some(gives.to_vec()), Wrap::Pinned)));
        }
        let (boxed, wrap) = if last == "Pin" {
            let (inner, length) = leading_path(&arguments)?;
            if inner != "Box" {
                return None;
            }
            (self::arguments(&arguments[length..])?, Wrap::Pinned)
        } else if last == "Box" {
            (arguments, Wrap::Boxed)
        } else {
            return None;
        };
        let bounds = match boxed.as_slice() {
            [TokenTree::Group(group)] => group.stream().into_iter().collect(),
            _ => boxed,
        };
        if !is(bounds.first()?, "dyn") {
            return None;
        }
        let gives = split(&bounds[1..], '+').into_iter().find_map(|bound| self.bound(bound))?;
        Some(Ok((gives, wrap)))
    }

    /// `impl Future<Output = T> + Send + 'a`, without the `impl`.
    fn opaque(&self, bounds: &[TokenTree]) -> Option<Found> {
        let bounds = split(bounds, '+');
        let gives = bounds.iter().find_map(|bound| self.bound(bound))?;
        for bound in bounds {
            let Some((last, _)) = leading_path(bound) else { continue };
            if last != self.name && !["Send", "Sync", "Unpin", "use"].iter().any(|known| last == known) {
                let message = format!(
                    "a measured {} cannot also be `{last}`: return `impl {}<…>` (with Send, Sync or Unpin){}",
                    self.name.to_lowercase(),
                    self.name,
                    self.or
                );
                return Some(Err((last.span(), message)));
            }
        }
        Some(Ok((gives, Wrap::Bare)))
    }

    /// What `Future<Output = T>` names; outer `None` when the bound is another trait.
    #[expect(clippy::option_option, reason = "another trait, nothing named, a type named")]
    fn bound(&self, bound: &[TokenTree]) -> Option<Option<Vec<TokenTree>>> {
        let (last, length) = leading_path(bound)?;
        if last != self.name {
            return None;
        }
        let Some(arguments) = arguments(&bound[length..]) else { return Some(None) };
        Some(split(&arguments, ',').into_iter().find_map(|part| {
            let named = part.first().is_some_and(|word| is(word, self.gives)) && punct(part.get(1), '=');
            named.then(|| part[2..].to_vec())
        }))
    }
}

/// What stands between the angle brackets that tokens start with, up to the closing one.
fn arguments(tokens: &[TokenTree]) -> Option<Vec<TokenTree>> {
    let start = if punct(tokens.first(), ':') { 2 } else { 0 };
    if !punct(tokens.get(start), '<') {
        return None;
    }
    let mut depth = Angles::default();
    for (place, token) in tokens.iter().enumerate().skip(start) {
        depth.pass(token);
        if depth.outside() {
            return (place + 1 == tokens.len()).then(|| tokens[start + 1..place].to_vec());
        }
    }
    None
}

/// Splits at a mark outside of brackets.
fn split(tokens: &[TokenTree], mark: char) -> Vec<&[TokenTree]> {
    let mut depth = Angles::default();
    tokens.split(|token| depth.pass(token) && punct(Some(token), mark)).collect()
}

fn mentions_impl(tokens: &[TokenTree]) -> bool {
    tokens.iter().any(|token| match token {
        TokenTree::Ident(_) => is(token, "impl"),
        TokenTree::Group(group) => mentions_impl(&group.stream().into_iter().collect::<Vec<_>>()),
        _ => false,
    })
}

/// A type as it can stand in a body: each `impl …` is left to inference.
pub(crate) fn inferred(tokens: &[TokenTree]) -> TokenStream {
    let mut types = TokenStream::new();
    let mut depth = Angles::default();
    // Depth at which an `impl …` began that is being passed over.
    let mut hidden: Option<usize> = None;
    for token in tokens {
        let before = depth.depth;
        depth.pass(token);
        if let Some(begin) = hidden {
            let ends = depth.depth < begin || (before == begin && punct(Some(token), ','));
            if !ends {
                continue;
            }
            hidden = None;
        }
        match token {
            TokenTree::Ident(_) if is(token, "impl") => {
                hidden = Some(before);
                let span = token.span();
                types.extend(quote_spanned!(span=> _));
            }
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let mut copy = Group::new(group.delimiter(), inferred(&inner));
                copy.set_span(group.span());
                types.extend([TokenTree::Group(copy)]);
            }
            _ => types.extend([token.clone()]),
        }
    }
    types
}

/// The return type as it can stand in a body; `()` when none is written.
pub(crate) fn returned(function: &Function) -> TokenStream {
    if function.output.is_empty() {
        let span = at_return(function);
        return quote_spanned!(span=> ());
    }
    inferred(&function.output)
}

/// Ours, at the place of the return type: what the compiler says about it then points there.
pub(crate) fn at_return(function: &Function) -> Span {
    ours().located_at(function.output.first().map_or_else(|| function.name.span(), TokenTree::span))
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;
    use crate::item::Item;

    fn shape(output: &str) -> String {
        let text = format!("fn f() {output} {{}}");
        let Item::Function(function) = Item::read(TokenStream::from_str(&text).expect("tokens")) else {
            panic!("not a function: {text}")
        };
        match Shape::of(&function) {
            Shape::Call => "call".to_owned(),
            Shape::Guard(_) => "guard".to_owned(),
            Shape::Async => "async".to_owned(),
            Shape::AsyncNever => "async never".to_owned(),
            Shape::Impossible(_, why) => why,
            Shape::Stream(stream) => format!("stream {:?}", stream.made),
            Shape::Future(future) => {
                format!(
                    "{:?} {}",
                    future.wrap,
                    future.output.map_or_else(|| "?".to_owned(), |output| output.to_string())
                )
            }
        }
    }

    #[test]
    fn a_future_is_known_by_the_return_type() {
        for (output, expected) in [
            ("", "call"),
            ("-> u8", "call"),
            ("-> !", "guard"),
            ("-> impl Iterator<Item = u8>", "guard"),
            ("-> Result<impl Fn() -> u8, E>", "guard"),
            ("-> impl Future<Output = u8>", "Bare u8"),
            ("-> impl Future", "Bare ?"),
            (
                "-> impl Send + ::core::future::Future<Output = Result<u8, E>> + 'a + use<'a, T>",
                "Bare Result < u8 , E >",
            ),
            ("-> impl Future<Output = (impl A, u8)> + Unpin", "Bare (_ , u8)"),
            ("-> Pin<Box<dyn Future<Output = u8> + Send + 'a>>", "Pinned u8"),
            (
                "-> ::core::pin::Pin<Box<dyn ::core::future::Future<Output = ()> + ::core::marker::Send + 'async_trait>>",
                "Pinned ()",
            ),
            ("-> Pin<Box<(dyn Future<Output = u8>)>>", "Pinned u8"),
            ("-> Box<dyn Future<Output = u8> + Unpin>", "Boxed u8"),
            ("-> Box<dyn Fn() -> u8>", "call"),
            ("-> Pin<Box<dyn Stream<Item = u8>>>", "stream Call"),
            ("-> Result<impl Stream<Item = u8>, E>", "stream Call"),
            ("-> Pin<Box<dyn Future<Output = BoxStream<'a, u8>> + Send>>", "stream Future(Pinned)"),
            ("-> impl Future<Output = Result<impl Stream<Item = u8>, E>>", "stream Future(Bare)"),
            ("-> Pin<&mut T>", "call"),
            ("-> Result<Pin<Box<dyn Future<Output = u8>>>, E>", "call"),
            ("-> futures::future::BoxFuture<'_, Result<u8, E>>", "Pinned Result < u8 , E >"),
            ("-> LocalBoxFuture<'static, Vec<(u8, u8)>>", "Pinned Vec < (u8 , u8) >"),
            ("-> impl Fn() -> Pin<Box<dyn Future<Output = u8>>>", "guard"),
        ] {
            assert_eq!(shape(output), expected, "{output}");
        }
        assert!(shape("-> impl Future<Output = u8> + Clone").contains("cannot also be `Clone`"));
    }

    #[test]
    fn hidden_types_are_left_to_inference() {
        for (written, expected) in [
            ("impl A", "_"),
            ("Result<impl A<B> + 'static, E>", "Result < _ , E >"),
            ("Option<Vec<impl Fn(u8, u8) -> Vec<u8>>>", "Option < Vec < _ > >"),
            ("(impl A, impl B)", "(_ , _)"),
            ("&'a [impl A]", "& 'a [_]"),
            ("Foo<{ impl_ }>", "Foo < { impl_ } >"),
        ] {
            let tokens: Vec<TokenTree> = TokenStream::from_str(written).expect("tokens").into_iter().collect();
            assert_eq!(inferred(&tokens).to_string().replace(' ', ""), expected.replace(' ', ""), "{written}");
        }
    }
}
