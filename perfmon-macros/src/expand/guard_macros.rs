//! `latency!` and its kin, `time!`, `record!`.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::{Expr, spanned::Spanned};

use super::{Mode, off};
use crate::{
    args::Args,
    errors::Errors,
    model::{KINDS, Kind, Place, Site, ours},
    valid,
};

/// `latency!("name")`: a guard.
pub(crate) fn guard(kind: &'static Kind, options: TokenStream, mode: Mode) -> TokenStream {
    let span = ours();
    let mut errors = Errors::default();
    let args = Args::parse(options, Place::Guard, false, &mut errors);
    let mut site = valid::site(args, kind, Place::Guard, &mut errors);
    site.know_caller(mode);
    if !errors.is_empty() {
        return errors.into_expression();
    }
    let p = site.support();
    match mode {
        Mode::On { .. } => site.entered("guard", false, Span::call_site()),
        Mode::Off => block(off::mentioned(&site, None), quote_spanned!(span=> #p::off())),
    }
}

/// `time!("name", || …)` and `time!("name", future)`.
pub(crate) fn time(options: TokenStream, mode: Mode) -> TokenStream {
    let mut errors = Errors::default();
    let mut args = Args::parse(options, Place::Time, false, &mut errors);
    let subject = subject(&mut args, "time!(\"name\", || …) or time!(\"name\", async { … })", &mut errors);
    let closure = is_closure(subject.as_ref(), &mut errors);
    if let (Some(key), true) = (&args.busy, closure) {
        errors.at(key.span(), "`busy` measures the time a future spends being polled: give `time!` an async block");
    }
    let kind = args.kind.unwrap_or(&KINDS[0]);
    let mut site = valid::site(args, kind, Place::Time, &mut errors);
    site.know_caller(mode);
    site.know_agent(mode);
    let Some(subject) = subject.filter(|_| errors.is_empty()) else {
        return errors.into_expression();
    };
    match (mode, closure) {
        (Mode::On { .. }, true) => timed_call(&site, &subject),
        (Mode::On { .. }, false) => timed_future(&site, &subject),
        (Mode::Off, _) => untimed(&site, &subject, closure),
    }
}

/// `record!("name", duration)`.
pub(crate) fn record(options: TokenStream, mode: Mode) -> TokenStream {
    let span = ours();
    let mut errors = Errors::default();
    let mut args = Args::parse(options, Place::Record, false, &mut errors);
    let subject = subject(&mut args, "record!(\"name\", duration)", &mut errors);
    let kind = args.kind.unwrap_or(&KINDS[0]);
    let mut site = valid::site(args, kind, Place::Record, &mut errors);
    site.know_caller(mode);
    let Some(duration) = subject.filter(|_| errors.is_empty()) else {
        return errors.into_expression();
    };
    let p = site.support();
    if mode == Mode::Off {
        let ignored = quote_spanned!(span=> let _: ::core::time::Duration = #duration;);
        return block(off::mentioned(&site, None), ignored);
    }
    let declared = site.declared(Span::call_site());
    if site.labels.is_empty() {
        return quote_spanned!(span=> #p::record(#declared, #duration));
    }
    let values = site.values();
    block(
        Some(quote_spanned!(span=> let s = #declared;)),
        quote_spanned!(span=> #p::record_labels(s, &[#(#values),*], #duration)),
    )
}

fn timed_call(site: &Site, closure: &Expr) -> TokenStream {
    let span = ours();
    let p = site.support();
    let enter = site.entered("enter", true, Span::call_site());
    let failed = site.failed(false, &quote_spanned!(span=> &r));
    let (agent, called) = (site.agent_bound(), site.called(&quote_spanned!(span=> #closure)));
    // `n` carries the type that is expected of the whole expression to `r`, where it is needed first.
    block(
        Some(quote_spanned!(span=> #agent let n = || #p::never();)),
        quote_spanned! {span=>
            if false {
                n()
            } else {
                let g = #enter;
                let r = if false { n() } else { #called };
                g.finish(#failed);
                r
            }
        },
    )
}

fn timed_future(site: &Site, future: &Expr) -> TokenStream {
    let span = ours();
    // An error about the future belongs to what the user wrote.
    let there = span.located_at(future.span());
    let f = proc_macro2::Ident::new("f", there);
    let (before, enter) = site.entered_later(Span::call_site());
    let made = site.carried(quote_spanned!(span=> #f));
    let measured = site.measured(&enter, &made, None, span);
    let agent = site.agent_bound();
    block(Some(quote_spanned!(span=> #agent #before let #f = #future;)), measured)
}

fn untimed(site: &Site, subject: &Expr, closure: bool) -> TokenStream {
    let span = ours();
    let p = site.support();
    let plain = if closure { quote_spanned!(span=> #p::call(#subject)) } else { quote_spanned!(span=> #subject) };
    block(off::mentioned(site, None), plain)
}

fn subject(args: &mut Args, usage: &str, errors: &mut Errors) -> Option<Expr> {
    let subject = args.subject.take();
    if subject.is_none() && errors.is_empty() {
        errors.at(Span::call_site(), format!("there is nothing to measure: write {usage}"));
    }
    subject
}

/// Whether to call it; anything else must be a future.
fn is_closure(subject: Option<&Expr>, errors: &mut Errors) -> bool {
    match subject {
        Some(Expr::Closure(closure)) => {
            if let Some(first) = closure.inputs.first() {
                errors.at(first.span(), "`time!` calls the closure without arguments: write || …");
            }
            if let Some(word) = &closure.asyncness {
                errors.at(word.span, "an async closure is no future yet: write async { … } in its place");
            }
            true
        }
        Some(Expr::Paren(inner)) => is_closure(Some(&inner.expr), errors),
        Some(Expr::Group(inner)) => is_closure(Some(&inner.expr), errors),
        _ => false,
    }
}

/// One expression out of statements and a last one, so that the macro can stand wherever an expression can.
fn block(statements: Option<TokenStream>, last: TokenStream) -> TokenStream {
    let mut inside = statements.unwrap_or_default();
    inside.extend(last);
    TokenTree::Group(Group::new(Delimiter::Brace, inside)).into()
}
