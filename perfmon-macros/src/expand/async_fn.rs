//! Functions that return a future: `async fn`, and what wraps a future that the body makes.

use proc_macro2::{Group, TokenStream};
use quote::quote_spanned;

use crate::{
    item::Function,
    model::{Site, ours},
    shape::{Future, Shape, Wrap, at_return, returned},
};

/// The statements of the function.
pub(super) fn body(site: &Site, shape: &Shape, function: &Function, body: &Group) -> TokenStream {
    let span = ours();
    if let Shape::Future(future) = shape {
        return wrapped(site, future, function, body);
    }
    let enter = site.entered("async_enter", false, function.name.span());
    let never = matches!(shape, Shape::AsyncNever);
    let returns = if never { quote_spanned!(span=> ::core::convert::Infallible) } else { returned(function) };
    let started = started(site, &enter, function, body, &returns);
    if never {
        return quote_spanned!(span=> #started match r {});
    }
    let failed = site.failed(function.output.is_empty(), &quote_spanned!(span=> &r));
    let rows = site.counted_rows(function.output.is_empty(), &quote_spanned!(span=> &r));
    quote_spanned! {span=>
        #started
        g.finish(#failed);
        #rows
        r
    }
}

/// Statements that begin the call `g` and await the body, to `r`; of an agent, `a`.
pub(super) fn started(
    site: &Site,
    enter: &TokenStream,
    function: &Function,
    body: &Group,
    returns: &TokenStream,
) -> TokenStream {
    let (span, p) = (ours(), site.support());
    let polled = site.polled(span);
    // The `return` that never runs tells the block its type, as the signature would.
    let there = at_return(function);
    let p_there = site.support_at(there);
    let typed = quote_spanned!(there=> return #p_there::never::<#returns>());
    let block = quote_spanned! {span=>
        async move {
            if false {
                #typed;
            }
            match () { () => #body }
        }
    };
    let (agent, block) = (site.agent_bound(), site.carried(block));
    quote_spanned! {span=>
        #agent
        let mut g = #enter;
        let r = #p::#polled(&mut g, #block).await;
    }
}

/// The body runs once and in place; the future that it returns is measured.
fn wrapped(site: &Site, future: &Future, function: &Function, body: &Group) -> TokenStream {
    let span = ours();
    let returns = returned(function);
    let there = at_return(function);
    let closure = quote_spanned!(there=> || -> #returns #body);
    let (before, enter) = site.entered_later(function.name.span());
    let agent = site.agent_bound();
    let made = site.carried(site.called(&closure));
    let measured = site.measured(&enter, &made, future.output.as_ref(), there);
    let measured = match future.wrap {
        Wrap::Bare => measured,
        Wrap::Pinned => quote_spanned!(span=> ::std::boxed::Box::pin(#measured)),
        Wrap::Boxed => {
            quote_spanned!(span=> ::std::boxed::Box::new(#measured))
        }
    };
    quote_spanned!(span=> #agent #before #measured)
}
