//! `counter!`, `gauge!`, `histogram!`: custom metrics, declared as statics.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{
    Attribute, Expr, Lit, LitStr, Meta, Path, Token, Visibility,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token::Paren,
};

use crate::{
    args::value::sets,
    errors::{Errors, nearest},
    model::{ours, support},
    valid,
};

/// What stands in the macro.
struct Metric {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    ident: Ident,
    name: LitStr,
    unit: Option<LitStr>,
    help: Option<LitStr>,
    labels: Vec<Ident>,
    label_limit: Option<(Ident, u32)>,
    root: Option<Path>,
}

const OPTIONS: [(&str, &str); 5] = [
    ("unit", "unit = \"orders\""),
    ("help", "help = \"Orders refused.\""),
    ("labels", "labels(symbol, reason)"),
    ("label_limit", "label_limit = 1000"),
    ("crate", "crate = my_crate::perfmon"),
];

/// `metric` is the type, `macro_support::Counter` and so on.
pub(crate) fn metric(metric: &str, written: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let walk = |input: ParseStream<'_>| Metric::read(input, metric, &mut errors);
    let read = match walk.parse2(written) {
        Ok(read) => Some(read),
        Err(error) => {
            errors.push(error);
            None
        }
    };
    let declared = read.map(|read| read.check(&mut errors).declared(metric)).unwrap_or_default();
    let errors = errors.into_tokens();
    quote!(#declared #errors)
}

impl Metric {
    fn read(input: ParseStream<'_>, metric: &str, errors: &mut Errors) -> syn::Result<Self> {
        let usage = format!("pub static NAME: \"{}\"", example(metric));
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        if !input.peek(Token![static]) {
            return Err(input.error(format!("expected a static: write {usage}")));
        }
        input.parse::<Token![static]>()?;
        if input.peek(Token![mut]) {
            return Err(input.error("a metric changes without `mut`: take it off"));
        }
        let ident = input.parse()?;
        if !input.peek(Token![:]) || !input.peek2(LitStr) {
            let rest = input.error(format!("expected the metric's name: write {usage}"));
            while input.parse::<TokenTree>().is_ok() {}
            return Err(rest);
        }
        input.parse::<Token![:]>()?;
        let name = input.parse()?;
        let (unit, help, labels, label_limit, root) = (None, None, Vec::new(), None, None);
        let mut read = Self { attributes, visibility, ident, name, unit, help, labels, label_limit, root };
        let mut seen = Vec::new();
        while !input.is_empty() {
            if input.peek(Token![;]) && input.peek2(syn::parse::End) {
                input.parse::<Token![;]>()?;
                break;
            }
            let option = input
                .parse::<Token![,]>()
                .map_err(|error| syn::Error::new(error.span(), "expected a comma before the next option"))
                .and_then(|_| if input.is_empty() { Ok(()) } else { read.option(input, &mut seen, errors) });
            if let Err(error) = option {
                errors.push(error);
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<TokenTree>()?;
                }
            }
        }
        Ok(read)
    }

    fn option(&mut self, input: ParseStream<'_>, seen: &mut Vec<Ident>, errors: &mut Errors) -> syn::Result<()> {
        let key = input.call(Ident::parse_any)?;
        let word = key.to_string();
        let known = || OPTIONS.iter().map(|(name, _)| *name);
        let Some((_, form)) = OPTIONS.iter().find(|(name, _)| *name == word) else {
            let meant = match nearest(&word, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("expected one of {}", known().collect::<Vec<_>>().join(", ")),
            };
            return Err(syn::Error::new(key.span(), format!("unknown option `{word}`: {meant}")));
        };
        if seen.contains(&key) {
            return Err(syn::Error::new(key.span(), format!("`{word}` is given twice: keep one of them")));
        }
        seen.push(key.clone());
        let missing = || syn::Error::new(key.span(), format!("`{word}` needs a value: write {form}"));
        if word == "labels" {
            if !input.peek(Paren) {
                return Err(missing());
            }
            return self.read_labels(input, errors);
        }
        input.parse::<Token![=]>().map_err(|_| missing())?;
        if word == "label_limit" {
            self.label_limit = Some((key, sets(input, form)?));
            return Ok(());
        }
        if word == "crate" {
            self.root = Some(input.call(Path::parse_mod_style)?);
            return Ok(());
        }
        let text: LitStr =
            input.parse().map_err(|error| syn::Error::new(error.span(), format!("expected text: write {form}")))?;
        if word == "unit" {
            self.unit = Some(text);
        } else {
            self.help = Some(text);
        }
        Ok(())
    }

    fn read_labels(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let content;
        syn::parenthesized!(content in input);
        while !content.is_empty() {
            match content.call(Ident::parse_any) {
                Ok(key) => {
                    self.labels.push(key);
                    if !content.is_empty() && !content.peek(Token![,]) {
                        let message = "keys only, their values come with each update: write labels(symbol, reason)";
                        errors.push(content.error(message));
                    }
                }
                Err(error) => errors.at(error.span(), "a label key is an identifier: write labels(symbol, reason)"),
            }
            while !content.is_empty() && !content.peek(Token![,]) {
                content.parse::<TokenTree>()?;
            }
            content.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    }

    /// With a right name and right keys in the place of wrong ones, so that the static is there all the same and each mistake is told once.
    fn check(mut self, errors: &mut Errors) -> Self {
        if !valid::metric_name(&self.name, errors) {
            self.name = LitStr::new("_", self.name.span());
        }
        let mut seen = Vec::new();
        for (place, key) in self.labels.iter_mut().enumerate() {
            let word = key.unraw().to_string();
            let capital = word.chars().any(|c| c.is_ascii_uppercase());
            let mistake = valid::key_mistake(&word)
                .or_else(|| capital.then(|| format!("label keys are lower case: write {}", word.to_lowercase())));
            if let Some(mistake) = mistake {
                errors.at(key.span(), mistake);
                *key = Ident::new(&format!("key_{place}"), key.span());
            } else if seen.contains(&word) {
                errors.at(key.span(), format!("label `{word}` is given twice: keep one of them"));
            }
            seen.push(word);
        }
        if let (Some((key, _)), true) = (&self.label_limit, self.labels.is_empty()) {
            errors.at(
                key.span(),
                "`label_limit` bounds the sets of label values, and there are no labels: write labels(symbol, reason)",
            );
        }
        if let Some(unit) = &self.unit
            && (unit.value().trim().is_empty() || unit.value().chars().any(char::is_control))
        {
            errors.at(unit.span(), "an empty unit: write one like \"orders\", or leave it out");
        }
        self
    }

    /// The static and its registration.
    fn declared(&self, metric: &str) -> TokenStream {
        let span = ours();
        let p = support(self.root.as_ref(), span);
        let metric = Ident::new(metric, span);
        let Self { attributes, visibility, ident, name, .. } = self;
        let documented = self.documentation();
        let help = self.help.as_ref().map(LitStr::value).or_else(|| documented.clone());
        let doc = self.help.as_ref().filter(|_| documented.is_none()).map(|help| quote!(#[doc = #help]));
        // `Location::caller()` is the place of this expression.
        let at = ident.span();
        let p_at = support(self.root.as_ref(), at);
        let metric_at = Ident::new(&metric.to_string(), at);
        let arguments = quote_spanned!(span=> #name, ::core::module_path!());
        let mut built = quote_spanned!(at=> #p_at::#metric_at::new(#arguments));
        if let Some(help) = help {
            built.extend(quote_spanned!(span=> .help(#help)));
        }
        if let Some(unit) = &self.unit {
            built.extend(quote_spanned!(span=> .unit(#unit)));
        }
        let labels = self.labels.len();
        let arity = (labels > 0).then(|| quote!(<#labels>));
        if labels > 0 {
            let keys = self.labels.iter().map(|key| key.unraw().to_string());
            built.extend(quote_spanned!(span=> .labels(&[#(#keys),*])));
        }
        if let Some((_, sets)) = self.label_limit {
            built.extend(quote_spanned!(span=> .label_limit(#sets)));
        }
        quote_spanned! {span=>
            #doc
            #(#attributes)*
            #visibility static #ident: #p::#metric #arity = #built;
            #p::inventory::submit! { #ident.registration() }
        }
    }

    /// The doc comment, its lines joined.
    fn documentation(&self) -> Option<String> {
        let lines: Vec<String> = self
            .attributes
            .iter()
            .filter_map(|attribute| match &attribute.meta {
                Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                    Expr::Lit(lit) => match &lit.lit {
                        Lit::Str(line) => Some(line.value().trim().to_owned()),
                        _ => None,
                    },
                    _ => None,
                },
                _ => None,
            })
            .collect();
        // Help is one line: the comment's first paragraph.
        let first: Vec<String> = lines.into_iter().take_while(|line| !line.is_empty()).collect();
        (!first.is_empty()).then(|| first.join(" "))
    }
}

fn example(metric: &str) -> &'static str {
    match metric {
        "Counter" => "orders_rejected",
        "Gauge" => "open_positions",
        _ => "order_size",
    }
}
