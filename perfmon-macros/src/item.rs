//! What an attribute stands on, read by its outline.
//!
//! A function is its header, token for token as it was written, and its body as one opaque group: nothing inside is parsed,
//! so spans stay the user's, syntax newer than this crate passes through, and compiling stays cheap. The few facts
//! that decide the expansion (name, qualifiers, return type) are picked out of the header.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::tokens::{Angles, attributes_end, block, find_word, ident, is, leading_path, punct, unwrap_group};

/// What an attribute stands on.
pub(crate) enum Item {
    Function(Function),
    Container(Container),
    /// Something else, by its first word.
    Other(Option<TokenTree>),
}

/// A function, method or trait item.
pub(crate) struct Function {
    /// All before the body: attributes, visibility, signature.
    pub(crate) header: Vec<TokenTree>,
    pub(crate) name: Ident,
    pub(crate) is_async: bool,
    pub(crate) constant: Option<Span>,
    pub(crate) track_caller: Option<Span>,
    /// The return type; empty when none is written.
    pub(crate) output: Vec<TokenTree>,
    /// `None` in a trait without default.
    pub(crate) body: Option<Group>,
    /// What stands behind the body or instead of it: `;`.
    pub(crate) rest: Vec<TokenTree>,
}

/// An `impl` block, a trait or an inline module.
pub(crate) struct Container {
    pub(crate) header: Vec<TokenTree>,
    pub(crate) word: ContainerWord,
    /// The name of the module, trait or implementing type when it is a plain one.
    pub(crate) name: Option<Ident>,
    pub(crate) body: Group,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContainerWord {
    Impl,
    Trait,
    Mod,
}

impl Item {
    /// Reads one item. Never fails: what is not understood is [`Item::Other`], and the compiler says the rest.
    pub(crate) fn read(tokens: TokenStream) -> Self {
        Self::of(unwrap_group(tokens.into_iter().collect()))
    }

    /// The items of a container's body, in order.
    pub(crate) fn split(body: TokenStream) -> Vec<Vec<TokenTree>> {
        let tokens: Vec<TokenTree> = body.into_iter().collect();
        let mut items = Vec::new();
        // Inner attributes belong to the container.
        let mut start = 0;
        while punct(tokens.get(start), '#') && punct(tokens.get(start + 1), '!') && start + 2 < tokens.len() {
            start += 3;
        }
        if start > 0 {
            items.push(tokens[..start].to_vec());
        }
        while start < tokens.len() {
            let end = start + Outline::new(&tokens[start..]).end();
            items.push(tokens[start..end].to_vec());
            start = end;
        }
        items
    }

    pub(crate) fn of(mut tokens: Vec<TokenTree>) -> Self {
        let outline = Outline::new(&tokens);
        let word = outline.word();
        let end = outline.end();
        let at = outline.at;
        if word == "fn" {
            return match Function::read(tokens, at, end) {
                Ok(function) => Self::Function(function),
                Err(tokens) => Self::Other(tokens.into_iter().next()),
            };
        }
        let container = match word.as_str() {
            "impl" => Some(ContainerWord::Impl),
            "trait" => Some(ContainerWord::Trait),
            "mod" => Some(ContainerWord::Mod),
            _ => None,
        };
        if let Some(word) = container
            && end == tokens.len()
            && let Some(TokenTree::Group(body)) = tokens.last()
            && body.delimiter() == Delimiter::Brace
        {
            let body = body.clone();
            tokens.pop();
            let name = match word {
                ContainerWord::Impl => implementor(&tokens[at + 1..]),
                _ => ident(tokens.get(at + 1)).cloned(),
            };
            return Self::Container(Container { header: tokens, word, name, body });
        }
        Self::Other(tokens.into_iter().nth(at))
    }
}

impl Function {
    /// `at` is where `fn` stands, `end` where the function ends.
    fn read(mut tokens: Vec<TokenTree>, at: usize, end: usize) -> Result<Self, Vec<TokenTree>> {
        let Some(name) = ident(tokens.get(at + 1)).cloned() else { return Err(tokens) };
        let rest = tokens.split_off(end);
        let (body, rest) = match tokens.pop() {
            Some(last) => match block(&last) {
                Some(block) => (Some(block), rest),
                None => (None, std::iter::once(last).chain(rest).collect()),
            },
            None => (None, rest),
        };
        let start = attributes_end(&tokens);
        let qualifier = |word: &str| tokens[start..at].iter().find(|token| is(token, word));
        Ok(Self {
            is_async: qualifier("async").is_some(),
            constant: qualifier("const").map(TokenTree::span),
            track_caller: find_word(&tokens[..start], &["track_caller"]),
            output: output(&tokens[at + 2..]),
            header: tokens,
            name,
            body,
            rest,
        })
    }
}

/// A walk along the outside of an item.
struct Outline<'a> {
    tokens: &'a [TokenTree],
    /// Where the word stands that says what the item is.
    at: usize,
}

impl<'a> Outline<'a> {
    fn new(tokens: &'a [TokenTree]) -> Self {
        let mut at = attributes_end(tokens);
        // Visibility, which `macro_rules!` may hand over as an invisible group.
        if tokens.get(at).is_some_and(|token| is(token, "pub")) {
            at += 1;
            at += usize::from(matches!(tokens.get(at), Some(TokenTree::Group(group))
                if group.delimiter() == Delimiter::Parenthesis));
        } else if tokens.len() > at + 1
            && matches!(tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None)
        {
            at += 1;
        }
        let first = at;
        while let Some(word) = ident(tokens.get(at)) {
            match word.to_string().as_str() {
                "extern" => at += 1 + usize::from(matches!(tokens.get(at + 1), Some(TokenTree::Literal(_)))),
                "default" | "const" | "async" | "unsafe" | "safe" | "gen" | "auto" => at += 1,
                _ => break,
            }
        }
        // `const X: u8 = 0;`, `extern crate a;`, `default! {}`: no qualifiers after all.
        if !["fn", "impl", "trait", "mod"].iter().any(|word| tokens.get(at).is_some_and(|token| is(token, word))) {
            at = first;
        }
        Self { tokens, at }
    }

    fn word(&self) -> String {
        ident(self.tokens.get(self.at)).map(ToString::to_string).unwrap_or_default()
    }

    /// How many tokens the first item takes.
    fn end(&self) -> usize {
        let to_semicolon = matches!(self.word().as_str(), "const" | "static" | "use" | "type");
        let mut depth = Angles::default();
        for (place, token) in self.tokens.iter().enumerate().skip(self.at) {
            let outside = depth.pass(token);
            let ends = match token {
                TokenTree::Punct(punct) => punct.as_char() == ';',
                TokenTree::Group(_) => outside && !to_semicolon && block(token).is_some(),
                _ => false,
            };
            if ends {
                return place + 1;
            }
        }
        // An item that `macro_rules!` handed over whole.
        match self.tokens.get(self.at) {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => self.at + 1,
            _ => self.tokens.len(),
        }
    }
}

/// The return type out of what follows a function's name.
fn output(signature: &[TokenTree]) -> Vec<TokenTree> {
    let mut depth = Angles::default();
    let mut start = None;
    for (place, token) in signature.iter().enumerate() {
        let outside = depth.pass(token);
        if outside && is(token, "where") {
            return start.map_or_else(Vec::new, |start| signature[start..place].to_vec());
        }
        if outside && start.is_none() && punct(Some(token), '>') && punct(signature.get(place.wrapping_sub(1)), '-') {
            start = Some(place + 1);
        }
    }
    start.map_or_else(Vec::new, |start| unwrap_group(signature[start..].to_vec()))
}

/// The type an `impl` is for, when it is a path: its last segment.
fn implementor(tokens: &[TokenTree]) -> Option<Ident> {
    let mut depth = Angles::default();
    let mut start = 0;
    let mut end = tokens.len();
    for (place, token) in tokens.iter().enumerate() {
        let outside = depth.pass(token);
        if outside && is(token, "for") {
            start = place + 1;
        }
        if outside && is(token, "where") {
            end = place;
        }
        // `impl<T> …`
        if place > start && start == 0 && punct(tokens.first(), '<') && depth.depth == 0 {
            start = place + 1;
        }
    }
    let path = unwrap_group(tokens.get(start..end)?.to_vec());
    leading_path(&path).map(|(last, _)| last.clone())
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    fn read(text: &str) -> Item {
        Item::read(TokenStream::from_str(text).expect("tokens"))
    }

    fn function(text: &str) -> Function {
        match read(text) {
            Item::Function(function) => function,
            _ => panic!("not a function: {text}"),
        }
    }

    fn show(tokens: &[TokenTree]) -> String {
        tokens.iter().cloned().collect::<TokenStream>().to_string().replace(' ', "")
    }

    #[test]
    fn the_outline_of_a_function() {
        for (text, name, output) in [
            ("fn f() {}", "f", ""),
            ("pub(crate) unsafe extern \"C\" fn f() -> u8 { 1 }", "f", "u8"),
            ("#[inline] pub fn f<T: Fn(u8) -> u16>(x: T) -> Vec<T> where T: Copy {}", "f", "Vec<T>"),
            ("fn f<const N: usize>(x: [u8; {N}]) -> A<{ N + 1 }> where B<{N}>: C { body }", "f", "A<{N+1}>"),
            ("fn f() -> impl Fn(A) -> B {}", "f", "implFn(A)->B"),
            ("fn f() -> <T as A<{1}>>::B {}", "f", "<TasA<{1}>>::B"),
            ("fn r#type() -> ! {}", "r#type", "!"),
            ("default async fn f(self: Pin<&mut Self>) -> Result<Vec<Vec<u8>>, E>;", "f", "Result<Vec<Vec<u8>>,E>"),
        ] {
            let function = function(text);
            assert_eq!((function.name.to_string().as_str(), show(&function.output).as_str()), (name, output), "{text}");
        }
        assert!(function("const fn f() {}").constant.is_some());
        assert!(function("async fn f() {}").is_async);
        assert!(function("#[track_caller] fn f() {}").track_caller.is_some());
        assert!(function("fn f(async_: u8);").body.is_none());
    }

    #[test]
    fn containers_and_the_rest() {
        for (text, name) in [
            ("impl A {}", Some("A")),
            ("impl<T: B<{1}>> a::C<T> where T: Fn() -> u8 {}", Some("C")),
            ("unsafe impl<T> Tr for A<T> {}", Some("A")),
            ("impl Tr<u8> for Vec<u8> {}", Some("Vec")),
            ("impl Tr for &str {}", None),
            ("pub unsafe trait T: Sized {}", Some("T")),
            ("pub mod m {}", Some("m")),
        ] {
            match read(text) {
                Item::Container(container) => {
                    assert_eq!(container.name.map(|name| name.to_string()).as_deref(), name, "{text}");
                }
                _ => panic!("not a container: {text}"),
            }
        }
        for text in ["struct S { x: u8 }", "mod m;", "const X: u8 = { 1 };", "static S: u8 = 0;", "use a::{b, c};", ""]
        {
            assert!(matches!(read(text), Item::Other(_)), "{text}");
        }
    }

    #[test]
    fn items_end_where_they_end() {
        let text = "use a::{b, c}; const X: u8 = { 1 }; const fn f() {} type T = A<{1}>; struct S<const N: usize = {1}>(u8);\
            struct P { x: u8 } macro_rules! m { () => {} } m!(); m! {} #[a] pub fn g() -> A<{1}> { } extern \"C\" { fn x(); }\
            impl A<{2}> for B<{3}> {} enum E {} async fn h() where A: Fn() -> B {} static Y: u8 = 1;";
        let items = Item::split(TokenStream::from_str(text).expect("tokens"));
        assert_eq!(items.len(), 15, "{:#?}", items.iter().map(|item| show(item)).collect::<Vec<_>>());
    }
}
