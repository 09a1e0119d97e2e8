//! From a checked call site to tokens. The forms are those of ARCHITECTURE.md, "Expansion".

mod agent;
mod async_fn;
mod container;
mod guard_macros;
mod metric;
mod off;
mod site;
mod stream_fn;
mod sync_fn;

#[cfg(test)]
mod snapshots;

pub(crate) use guard_macros::{guard, record, time};
pub(crate) use metric::metric;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote;

use crate::{
    args::Args,
    errors::Errors,
    item::{Function, Item},
    model::{Kind, Place},
    shape::Shape,
    tokens::punct,
    valid,
};

/// Whether call sites are measured; otherwise they expand to what the user wrote.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `agents`: it is known who runs.
    On {
        agents: bool,
    },
    Off,
}

/// `#[monitor_…(options)] item`. On a mistake the item is given back as it was, beside the errors.
pub(crate) fn attribute(kind: &'static Kind, options: TokenStream, item: TokenStream, mode: Mode) -> TokenStream {
    let mut errors = Errors::default();
    let read = Item::read(item.clone());
    let keep = matches!(read, Item::Container(_));
    let args = Args::parse(options, Place::Attribute, keep, &mut errors);
    if let Some(skip) = &args.skip
        && skip.names.is_none()
    {
        if !args.names.is_empty() || args.count > 1 {
            errors.at(skip.key.span(), "`skip` stands alone: it takes the function out, whatever else is said");
        }
        return with_errors(errors, item);
    }
    let expanded = match read {
        Item::Function(function) => self::function(kind, args, function, mode, &mut errors),
        Item::Container(container) => container::expand(kind, args, container, mode, &mut errors),
        Item::Other(word) => {
            let span = word.as_ref().map_or_else(Span::call_site, TokenTree::span);
            let word = word.map_or_else(|| "it".to_owned(), |word| format!("`{word}`"));
            errors.at(
                span,
                format!(
                    "{} measures functions, `impl` blocks, traits and inline modules: it cannot stand on {word}",
                    kind.attribute
                ),
            );
            valid::site(args, kind, Place::Attribute, &mut errors);
            None
        }
    };
    with_errors(errors, expanded.unwrap_or(item))
}

/// `None` when the function stays as it is.
fn function(
    kind: &'static Kind,
    args: Args,
    function: Function,
    mode: Mode,
    errors: &mut Errors,
) -> Option<TokenStream> {
    if let Some(skip) = &args.skip {
        errors.at(
            skip.key.span(),
            "`skip(…)` names functions of an `impl` block, trait or module: here write `skip` alone",
        );
    }
    let shape = Shape::of(&function);
    valid::fits(&args, &shape, errors);
    valid::keeps_its_stream(kind, &function, &shape, errors);
    let mut site = valid::site(args, kind, Place::Attribute, errors);
    if let Some(span) = function.constant {
        errors.at(
            span,
            "a `const fn` cannot be measured: it may run while compiling, where there is no clock; take `const` off, \
             or measure where it is called with `perfmon::time!`",
        );
    }
    let Some(body) = function.body.clone() else {
        errors.at(
            function.name.span(),
            "this function has no body to measure: write the attribute where it is implemented",
        );
        return None;
    };
    if !errors.is_empty() {
        return None;
    }
    site.know_caller(mode);
    site.know_agent(mode);
    let (hoisted, body) = hoist(body);
    let statements = match (mode, &shape) {
        (Mode::Off, _) => off::body(&site, &shape, &function, &body)?,
        (Mode::On { .. }, Shape::Call | Shape::Guard(_)) => sync_fn::body(&site, &shape, &function, &body),
        (Mode::On { .. }, Shape::Stream(stream)) => stream_fn::body(&site, stream, &function, &body),
        (Mode::On { .. }, _) => async_fn::body(&site, &shape, &function, &body),
    };
    let header = function.header.into_iter().collect::<TokenStream>();
    let rest = function.rest.into_iter().collect::<TokenStream>();
    // The braces are the user's: an item that ends in ours would count as ours, and not be warned about when it is unused.
    let mut block = Group::new(Delimiter::Brace, statements);
    block.set_span(body.span());
    let block = TokenTree::Group(block);
    Some(quote!(#hoisted #header #block #rest))
}

fn with_errors(errors: Errors, mut item: TokenStream) -> TokenStream {
    item.extend(errors.into_tokens());
    item
}

/// Takes `#![…]` from the start of a body, to stand in front of the function as `#[…]`.
fn hoist(body: Group) -> (TokenStream, Group) {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let mut hoisted = TokenStream::new();
    let mut at = 0;
    while punct(tokens.get(at), '#') && punct(tokens.get(at + 1), '!') && tokens.len() > at + 2 {
        hoisted.extend([tokens[at].clone(), tokens[at + 2].clone()]);
        at += 3;
    }
    if at == 0 {
        return (hoisted, body);
    }
    let mut rest = Group::new(body.delimiter(), tokens.into_iter().skip(at).collect());
    rest.set_span(body.span());
    (hoisted, rest)
}
