//! From a checked call site to tokens. The forms are those of ARCHITECTURE.md, "Expansion".

mod async_fn;
mod container;
mod guard_macros;
mod metric;
mod off;
mod sync_fn;

#[cfg(test)]
mod snapshots;

pub(crate) use guard_macros::{guard, record, time};
pub(crate) use metric::metric;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;

use crate::{
    args::Args,
    errors::Errors,
    item::{Function, Item, punct},
    model::{Bound, Kind, Objective, Place, Sample, Site, ours, support},
    shape::Shape,
    valid,
};

/// Whether call sites are measured; otherwise they expand to what the user wrote.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    On,
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
    let site = valid::site(args, kind, Place::Attribute, errors);
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
    let (hoisted, body) = hoist(body);
    let statements = match (mode, &shape) {
        (Mode::Off, _) => off::body(&site, &shape, &function, &body)?,
        (Mode::On, Shape::Call | Shape::Guard(_)) => sync_fn::body(&site, &shape, &function, &body),
        (Mode::On, _) => async_fn::body(&site, &shape, &function, &body),
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

impl Site {
    fn support(&self) -> TokenStream {
        self.support_at(ours())
    }

    fn support_at(&self, span: Span) -> TokenStream {
        support(self.root.as_ref(), span)
    }

    /// An expression: the address of this site, declared and registered in a block of its own, where its names meet nobody
    /// else's. `at` is the place that reports show.
    fn declared(&self, at: Span) -> TokenStream {
        let span = ours();
        let p = self.support();
        let kind = Ident::new(self.kind.variant, span);
        let (here, name) = if self.name.is_empty() {
            (quote_spanned!(span=> fn here() {}), quote_spanned!(span=> #p::Name::Path(|| #p::path_of(here))))
        } else {
            let parts = self.name.iter().map(syn::LitStr::value);
            (TokenStream::new(), quote_spanned!(span=> #p::Name::Parts(&[#(#parts),*])))
        };
        let mut built = quote_spanned!(span=> #p::Kind::#kind, #name, ::core::module_path!());
        // `Location::caller()` in there is the place of this expression.
        let p_at = self.support_at(at);
        built = quote_spanned!(at=> #p_at::CallSite::new(#built));
        if !self.labels.is_empty() {
            let keys = self.labels.iter().map(|label| label.key.unraw().to_string());
            built.extend(quote_spanned!(span=> .labels(&[#(#keys),*])));
        }
        let mut objectives = TokenStream::new();
        if !self.objectives.is_empty() {
            let all = self.objectives.iter().map(|objective| objective.tokens(&p));
            objectives = quote_spanned!(span=> const OBJECTIVES: &[#p::Objective] = &[#(#all),*];);
            built.extend(quote_spanned!(span=> .objectives(OBJECTIVES)));
        }
        match self.sample {
            Sample::Every => {}
            Sample::OneIn(many) => built.extend(quote_spanned!(span=> .sample(#p::Sample::OneIn(#many)))),
            Sample::Auto => built.extend(quote_spanned!(span=> .sample(#p::Sample::Auto))),
        }
        if self.busy {
            built.extend(quote_spanned!(span=> .busy()));
        }
        quote_spanned! {span=> {
            #here
            #objectives
            static SITE: #p::CallSite = #built;
            #p::inventory::submit! { SITE.registration() }
            &SITE
        }}
    }

    /// `enter(site)` or `enter_labels(site, values)`, whatever `enter` is called.
    fn entered(&self, enter: &str, sampled: bool, at: Span) -> TokenStream {
        let span = ours();
        let p = self.support();
        let mut name = enter.to_owned();
        if !self.labels.is_empty() {
            name.push_str("_labels");
        }
        if sampled && self.sample != Sample::Every {
            name.push_str("_sampled");
        }
        let name = Ident::new(&name, span);
        let site = self.declared(at);
        if self.labels.is_empty() {
            return quote_spanned!(span=> #p::#name(#site));
        }
        let values = self.values();
        quote_spanned! {span=> {
            let s = #site;
            let g = #p::#name(s, &[#(#values),*]);
            g
        }}
    }

    /// What a future that is made here and measured later begins with: statements for here, and for its first poll. A
    /// future that is never polled is no call, so the call begins there; the labels are read here, before anything they are read from is
    /// moved away.
    fn entered_later(&self, at: Span) -> (Option<TokenStream>, TokenStream) {
        let span = ours();
        if self.labels.is_empty() {
            let enter = self.entered("async_enter", false, at);
            return (None, quote_spanned!(span=> let mut g = #enter;));
        }
        let p = self.support();
        let site = self.declared(at);
        let values = self.values();
        let places = 0..self.labels.len();
        (
            Some(quote_spanned!(span=> let l = [#(::std::string::String::from(#values)),*];)),
            quote_spanned!(span=> let mut g = #p::async_enter_labels(#site, &[#(&*l[#places]),*]);),
        )
    }

    /// The labels' values, each as `&str`.
    fn values(&self) -> impl Iterator<Item = TokenStream> + '_ {
        self.labels.iter().map(|label| {
            let span = ours();
            let p = self.support();
            let value = &label.value;
            // An error about this value belongs to it.
            let there = ours().located_at(syn::spanned::Spanned::span(value));
            let value = quote_spanned!(there=> &(#value));
            if label.display {
                quote_spanned!(span=> #p::display(#value, &mut #p::LabelBuf::new()))
            } else {
                quote_spanned!(span=> #p::Label::text(#value, &mut #p::LabelBuf::new()))
            }
        })
    }

    /// Whether the value in `r` is an error; `unit` when it is known to be `()`.
    fn failed(&self, unit: bool) -> TokenStream {
        let span = ours();
        let p = self.support();
        match &self.classify {
            Some(classify) => {
                let closure = &classify.closure;
                let not = classify.ok.then(|| quote_spanned!(span=> !));
                quote_spanned!(span=> #not #p::classify(&r, #closure))
            }
            None if unit => quote_spanned!(span=> false),
            None => quote_spanned!(span=> #p::Probe(&r).failed()),
        }
    }
}

impl Objective {
    fn tokens(&self, p: &TokenStream) -> TokenStream {
        let span = ours();
        let mut tokens = match self.bound {
            Bound::Latency(statistic, nanos) => {
                let statistic = Ident::new(statistic, span);
                quote_spanned!(span=> #p::Objective::latency(#p::Statistic::#statistic, #nanos))
            }
            Bound::ErrorRate(fraction) => quote_spanned!(span=> #p::Objective::error_rate(#fraction)),
        };
        if let Some(severity) = self.severity {
            let severity = Ident::new(severity, span);
            tokens.extend(quote_spanned!(span=> .with_severity(#p::Severity::#severity)));
        }
        if let Some(window) = self.window {
            tokens.extend(quote_spanned!(span=> .with_window(#p::nanos(#window))));
        }
        if let Some(hold) = self.hold {
            tokens.extend(quote_spanned!(span=> .with_hold(#p::nanos(#hold))));
        }
        tokens
    }
}
