//! Functions that return a value: the body as a closure, or beside a guard.

use proc_macro2::{Group, TokenStream};
use quote::quote_spanned;

use crate::{
    item::Function,
    model::{Site, ours},
    shape::{Shape, returned},
};

/// The statements of the function.
pub(super) fn body(site: &Site, shape: &Shape, function: &Function, body: &Group) -> TokenStream {
    let span = ours();
    let p = site.support();
    let at = function.name.span();
    if matches!(shape, Shape::Guard(_)) {
        let guard = site.entered("guard", false, at);
        return quote_spanned!(span=> match #guard { _g => #body });
    }
    let enter = site.entered("enter", true, at);
    let returns = returned(function);
    let failed = site.failed(function.output.is_empty());
    quote_spanned! {span=>
        let g = #enter;
        let r = #p::call(|| -> #returns #body);
        g.finish(#failed);
        r
    }
}
