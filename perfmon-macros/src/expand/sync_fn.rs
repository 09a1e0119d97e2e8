//! Functions that return a value: the body as a closure, or beside a guard.

use proc_macro2::{Group, TokenStream};
use quote::quote_spanned;

use crate::{
    item::Function,
    model::{Site, ours},
    shape::{Shape, at_return, returned},
};

/// The statements of the function.
pub(super) fn body(site: &Site, shape: &Shape, function: &Function, body: &Group) -> TokenStream {
    let span = ours();
    let at = function.name.span();
    if matches!(shape, Shape::Guard(_)) {
        let guard = site.entered("guard", false, at);
        // An opaque type that the body does not fit is then told of the body.
        let here = span.located_at(body.span());
        let within = site.agent.as_ref().map(|agent| quote_spanned!(span=> #agent.enter()));
        let kept = within.map_or_else(|| guard.clone(), |within| quote_spanned!(span=> (#guard, #within)));
        return quote_spanned!(here=> match #kept { _g => #body });
    }
    let enter = site.entered("enter", true, at);
    let returns = returned(function);
    let failed = site.failed(function.output.is_empty(), &quote_spanned!(span=> &r));
    let rows = site.counted_rows(function.output.is_empty(), &quote_spanned!(span=> &r));
    let there = at_return(function);
    let closure = quote_spanned!(there=> || -> #returns #body);
    let (agent, called) = (site.agent_bound(), site.called(&closure));
    quote_spanned! {span=>
        #agent
        let g = #enter;
        let r = #called;
        g.finish(#failed);
        #rows
        r
    }
}
