//! Looking at tokens that are not parsed.

use proc_macro2::{Delimiter, Group, Ident, Spacing, Span, TokenTree};

/// How deep in `<…>` a walk is; arrows do not count.
#[derive(Default)]
pub(crate) struct Angles {
    pub(crate) depth: usize,
    dash: bool,
}

impl Angles {
    pub(crate) fn outside(&self) -> bool {
        self.depth == 0
    }

    /// Passes one token; says whether it stands outside of all brackets.
    pub(crate) fn pass(&mut self, token: &TokenTree) -> bool {
        let outside = self.depth == 0;
        let mut dash = false;
        if let TokenTree::Punct(punct) = token {
            match punct.as_char() {
                '<' => self.depth += 1,
                '>' if !self.dash => self.depth = self.depth.saturating_sub(1),
                '-' | '=' => dash = punct.spacing() == Spacing::Joint,
                _ => {}
            }
        }
        self.dash = dash;
        outside
    }
}

pub(crate) fn ident(token: Option<&TokenTree>) -> Option<&Ident> {
    match token {
        Some(TokenTree::Ident(ident)) => Some(ident),
        _ => None,
    }
}

pub(crate) fn is(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

pub(crate) fn punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// A brace group, also one that `macro_rules!` wrapped (`$body:block`).
pub(crate) fn block(token: &TokenTree) -> Option<Group> {
    let TokenTree::Group(group) = token else { return None };
    match group.delimiter() {
        Delimiter::Brace => Some(group.clone()),
        Delimiter::None => {
            let mut inner = group.stream().into_iter();
            match (inner.next(), inner.next()) {
                (Some(only), None) => block(&only),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Takes off the invisible groups that `macro_rules!` puts around `$item:item`.
pub(crate) fn unwrap_group(mut tokens: Vec<TokenTree>) -> Vec<TokenTree> {
    while let [TokenTree::Group(group)] = tokens.as_slice()
        && group.delimiter() == Delimiter::None
    {
        tokens = group.stream().into_iter().collect();
    }
    tokens
}

/// Where the attributes at the start end.
pub(crate) fn attributes_end(tokens: &[TokenTree]) -> usize {
    let mut at = 0;
    while punct(tokens.get(at), '#') {
        let inner = usize::from(punct(tokens.get(at + 1), '!'));
        match tokens.get(at + 1 + inner) {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket => at += 2 + inner,
            _ => break,
        }
    }
    at
}

/// Where one of these words stands, however deep.
pub(crate) fn find_word(tokens: &[TokenTree], words: &[&str]) -> Option<Span> {
    tokens.iter().find_map(|token| match token {
        TokenTree::Ident(ident) if words.iter().any(|word| ident == word) => Some(ident.span()),
        TokenTree::Group(group) => find_word(&group.stream().into_iter().collect::<Vec<_>>(), words),
        _ => None,
    })
}

/// The path that tokens start with: its last segment, and how many tokens it takes without arguments.
pub(crate) fn leading_path(tokens: &[TokenTree]) -> Option<(&Ident, usize)> {
    let mut at = 0;
    let mut last = None;
    loop {
        if punct(tokens.get(at), ':') && punct(tokens.get(at + 1), ':') {
            at += 2;
        } else if last.is_some() {
            break;
        }
        match ident(tokens.get(at)) {
            Some(segment) => last = Some(segment),
            None => break,
        }
        at += 1;
    }
    last.map(|last| (last, at))
}
