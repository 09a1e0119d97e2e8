//! Functions that give a stream: the call goes on in it, whichever way the function comes by it.

use proc_macro2::{Group, Ident, TokenStream};
use quote::quote_spanned;

use super::async_fn;
use crate::{
    item::Function,
    model::{Site, ours},
    shape::{Made, Stream, Wrap, at_return, returned},
};

/// The statements of the function.
pub(super) fn body(site: &Site, stream: &Stream, function: &Function, body: &Group) -> TokenStream {
    let span = ours();
    let at = function.name.span();
    let returns = returned(function);
    let kept = kept(site, stream, function);
    if stream.made == Made::Async {
        let started = async_fn::started(site, &site.entered("async_enter", false, at), function, body, &returns);
        return quote_spanned!(span=> #started #kept);
    }
    let there = at_return(function);
    let closure = quote_spanned!(there=> || -> #returns #body);
    let (agent, called) = (site.agent_bound(), site.called(&closure));
    let Made::Future(wrap) = stream.made else {
        let enter = site.entered("async_enter", false, at);
        return quote_spanned!(span=> #agent let g = #enter; let r = #called; #kept);
    };
    let p = site.support();
    let (before, enter) = site.entered_later(at);
    let (made, polled, whole) = (site.carried(called), site.polled(span), &stream.whole);
    // Nobody tells an async block what it is to return, so it is told here.
    let block = quote_spanned! {span=>
        async move {
            let mut g = (#enter)();
            let r = #p::#polled(&mut g, f).await;
            let s: #whole = #kept;
            s
        }
    };
    let held = held(wrap, &block);
    quote_spanned!(span=> #agent #before let f = #made; #held)
}

/// The value `r` with the call `g` in its stream; where there is none, the call has failed.
fn kept(site: &Site, stream: &Stream, function: &Function) -> TokenStream {
    let span = ours();
    if !stream.is_tried {
        return measured(site, stream, function, &quote_spanned!(span=> r));
    }
    let measured = measured(site, stream, function, &quote_spanned!(span=> s));
    quote_spanned! {span=>
        match r {
            ::core::result::Result::Ok(s) => ::core::result::Result::Ok(#measured),
            ::core::result::Result::Err(e) => {
                g.finish(true);
                ::core::result::Result::Err(e)
            }
        }
    }
}

fn measured(site: &Site, stream: &Stream, function: &Function, value: &TokenStream) -> TokenStream {
    let (span, there) = (ours(), at_return(function));
    let p = site.support_at(there);
    let streamed = Ident::new(if site.busy { "streamed_busy" } else { "streamed" }, there);
    let carried = if site.agent.is_some() { quote_spanned!(span=> a.carry_stream(#value)) } else { value.clone() };
    let (item, failed) = (&stream.item, site.failed(false, &quote_spanned!(span=> r)));
    let r = Ident::new("r", there);
    // A body whose type is still open has it told before it is asked for.
    let typed = quote_spanned!(span=> if false { let _: &#item = #r; });
    held(stream.wrap, &quote_spanned!(there=> #p::#streamed(g, #carried, move |r| { #typed #failed })))
}

/// As the return type has it.
fn held(wrap: Wrap, value: &TokenStream) -> TokenStream {
    let span = ours();
    match wrap {
        Wrap::Bare => value.clone(),
        Wrap::Pinned => quote_spanned!(span=> ::std::boxed::Box::pin(#value)),
        Wrap::Boxed => quote_spanned!(span=> ::std::boxed::Box::new(#value)),
    }
}
