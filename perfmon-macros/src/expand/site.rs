//! The declaration of a call site, and the values that each call brings.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;

use crate::model::{Bound, Objective, Rows, Sample, Site, ours, support};

impl Site {
    pub(super) fn support(&self) -> TokenStream {
        self.support_at(ours())
    }

    pub(super) fn support_at(&self, span: Span) -> TokenStream {
        support(self.root.as_ref(), span)
    }

    /// An expression: the address of this site, declared and registered in a block of its own, where its names meet nobody
    /// else's. `at` is the place that reports show.
    pub(super) fn declared(&self, at: Span) -> TokenStream {
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
        if let Some(sets) = self.label_limit {
            built.extend(quote_spanned!(span=> .label_limit(#sets)));
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
    pub(super) fn entered(&self, enter: &str, sampled: bool, at: Span) -> TokenStream {
        let span = ours();
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
            return self.begun(&name, &site, None);
        }
        let values = self.values();
        let begun = self.begun(&name, &quote_spanned!(span=> s), Some(&quote_spanned!(span=> &[#(#values),*])));
        quote_spanned! {span=> {
            let s = #site;
            let g = #begun;
            g
        }}
    }

    /// The call begun by `enter`; of a request only where no layer counts it.
    fn begun(&self, enter: &Ident, site: &TokenStream, values: Option<&TokenStream>) -> TokenStream {
        let (span, p) = (ours(), self.support());
        let is_request = self.kind.variant == "Request";
        match (is_request, values) {
            (false, None) => quote_spanned!(span=> #p::#enter(#site)),
            (false, Some(values)) => quote_spanned!(span=> #p::#enter(#site, #values)),
            (true, None) => quote_spanned!(span=> #p::unless_served(#site, #p::#enter)),
            (true, Some(values)) => quote_spanned!(span=> #p::unless_served_labels(#site, #values, #p::#enter)),
        }
    }

    /// What a future that is made here and measured later begins with: statements for here, and a closure for its first poll. A
    /// future that is never polled is no call, so the call begins there; the labels are read here, before anything they are
    /// read from is moved away.
    pub(super) fn entered_later(&self, at: Span) -> (Option<TokenStream>, TokenStream) {
        let span = ours();
        if self.labels.is_empty() {
            let enter = self.entered("async_enter", false, at);
            return (None, quote_spanned!(span=> || #enter));
        }
        let site = self.declared(at);
        let values = self.values();
        let places = 0..self.labels.len();
        let enter = Ident::new("async_enter_labels", span);
        let begun = self.begun(&enter, &site, Some(&quote_spanned!(span=> &[#(&*l[#places]),*])));
        (
            Some(quote_spanned!(span=> let l = [#(::std::borrow::ToOwned::to_owned(#values)),*];)),
            quote_spanned!(span=> move || #begun),
        )
    }

    /// A future measured in place; `output` is what it resolves to, when that is known. What the compiler says about that is
    /// told `there`.
    pub(super) fn measured(
        &self,
        enter: &TokenStream,
        made: &TokenStream,
        output: Option<&TokenStream>,
        there: Span,
    ) -> TokenStream {
        let span = ours();
        let p = self.support_at(there);
        let measured = Ident::new(if self.busy { "measured_busy" } else { "measured" }, there);
        let failed = self.failed(false, &quote_spanned!(span=> r));
        let rows = self.counted_rows(false, &quote_spanned!(span=> r));
        // A body whose type is still open has it told before it is asked for.
        let typed = output.map(|output| {
            let r = Ident::new("r", there);
            quote_spanned!(span=> if false { let _: &#output = #r; })
        });
        quote_spanned!(there=> #p::#measured(#enter, #made, move |r| { #typed #rows #failed }))
    }

    /// The labels' values, each as `&str`.
    pub(super) fn values(&self) -> impl Iterator<Item = TokenStream> + '_ {
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

    /// What polls a future on behalf of a call.
    pub(super) fn polled(&self, at: Span) -> Ident {
        Ident::new(if self.busy { "polled_busy" } else { "polled" }, at)
    }

    /// A statement that counts the rows of the value behind the reference `r`, if any are counted; `unit` when it is known to be `()`.
    pub(super) fn counted_rows(&self, unit: bool, r: &TokenStream) -> Option<TokenStream> {
        let span = ours();
        let p = self.support();
        let told = match &self.rows {
            Rows::By(closure) => {
                // An error about what it returns belongs to it.
                let there = span.located_at(syn::spanned::Spanned::span(closure));
                let p = self.support_at(there);
                quote_spanned!(there=> #p::told(#r, #closure))
            }
            Rows::ByType if !unit => quote_spanned!(span=> #p::Told(#r).told_rows()),
            Rows::ByType | Rows::Uncounted => return None,
        };
        let name = &self.name;
        Some(quote_spanned! {span=> {
            static ROWS: #p::Rows = #p::Rows::of(#(#name),*);
            ROWS.count(#told);
        }})
    }

    /// Whether the value behind the reference `r` is an error; `unit` when it is known to be `()`.
    pub(super) fn failed(&self, unit: bool, r: &TokenStream) -> TokenStream {
        let span = ours();
        let p = self.support();
        match &self.classify {
            Some(classify) => {
                let closure = &classify.closure;
                let not = classify.ok.then(|| quote_spanned!(span=> !));
                quote_spanned!(span=> #not #p::classify(#r, #closure))
            }
            None if unit => quote_spanned!(span=> false),
            None => quote_spanned!(span=> #p::Probe(#r).failed()),
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
            Bound::ErrorRate(fraction) => {
                quote_spanned!(span=> #p::Objective::error_rate(#fraction))
            }
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
