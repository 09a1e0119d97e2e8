//! Without the feature `on`: the user's own code. What options mention is still mentioned, in a branch that never runs
//! and is never compiled to anything, so that no variable turns out unused.

use proc_macro2::{Group, TokenStream};
use quote::quote_spanned;

use crate::{
    item::Function,
    model::{Rows, Site, ours},
    shape::{Shape, returned},
};

/// The statements of the function; `None` when it can stay as it is.
pub(super) fn body(site: &Site, shape: &Shape, function: &Function, body: &Group) -> Option<TokenStream> {
    let value = match shape {
        Shape::Future(future) => future.output.clone(),
        Shape::Stream(stream) => Some(stream.item.clone()),
        _ => Some(returned(function)),
    };
    let mut mentioned = mentioned(site, value)?;
    mentioned.extend(body.stream());
    Some(mentioned)
}

/// A statement that mentions what the options mention; `None` when that is nothing. `value` is the type that `err` and
/// `ok` classify.
pub(super) fn mentioned(site: &Site, value: Option<TokenStream>) -> Option<TokenStream> {
    let span = ours();
    let p = site.support();
    // Not borrowed: a future would hold on to what was.
    let labels = (!site.labels.is_empty()).then(|| {
        let values = site.labels.iter().map(|label| &label.value);
        quote_spanned!(span=> #(let _ = #values;)*)
    });
    let classify = site.classify.as_ref().zip(value.as_ref()).map(|(classify, value)| {
        let closure = &classify.closure;
        quote_spanned!(span=> let _ = #p::classify(&#p::never::<#value>(), #closure);)
    });
    let rows = match (&site.rows, value) {
        (Rows::By(closure), Some(value)) => {
            Some(quote_spanned!(span=> let _ = #p::told(&#p::never::<#value>(), #closure);))
        }
        _ => None,
    };
    (labels.is_some() || classify.is_some() || rows.is_some())
        .then(|| quote_spanned!(span=> if false { #labels #classify #rows }))
}
