//! How the value of each option is read.

use proc_macro2::{Ident, Span, TokenTree};
use syn::{Expr, Lit, LitInt, LitStr, Path, Token, ext::IdentExt, parse::ParseStream, spanned::Spanned, token::Paren};

use super::{Args, Skip, form, skip_to_comma, unit};
use crate::{
    errors::{Errors, nearest},
    model::{Bound, Classify, KINDS, Kind, Label, Sample},
};

type Done = syn::Result<()>;

const SEVERITIES: [(&str, &str); 10] = [
    ("info", "Info"),
    ("warning", "Warning"),
    ("p2", "Warning"),
    ("medium", "Warning"),
    ("error", "Error"),
    ("p1", "Error"),
    ("high", "Error"),
    ("critical", "Critical"),
    ("p0", "Critical"),
    ("emergency", "Emergency"),
];

/// Of the windows in which calls are looked at while the program runs, in nanoseconds.
const LONGEST_WINDOW: u64 = 3_600_000_000_000;

pub(super) fn percentile(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    let statistic = if key == "p50" {
        "P50"
    } else if key == "p95" {
        "P95"
    } else if key == "p99" {
        "P99"
    } else {
        "P999"
    };
    let bound = duration(key, input)?;
    args.bounds.push(Bound::Latency(statistic, bound));
    Ok(())
}

pub(super) fn error_rate(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    let text = text(key, input)?;
    let fraction = unit::fraction(&text.value()).map_err(|error| syn::Error::new(text.span(), error))?;
    args.bounds.push(Bound::ErrorRate(fraction));
    Ok(())
}

pub(super) fn severity(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    let text = text(key, input)?;
    let word = text.value().to_lowercase();
    if let Some((_, variant)) = SEVERITIES.iter().find(|(name, _)| *name == word) {
        args.severity = Some((key.clone(), variant));
        Ok(())
    } else {
        let meant = match nearest(&word, SEVERITIES.iter().map(|(name, _)| *name)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "expected info, warning (P2, medium), error (P1, high), critical (P0) or emergency".to_owned(),
        };
        Err(syn::Error::new(text.span(), format!("unknown severity \"{}\": {meant}", text.value())))
    }
}

pub(super) fn window(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    let text = text(key, input)?;
    let nanos = unit::duration(&text.value()).map_err(|error| syn::Error::new(text.span(), error))?;
    if nanos > LONGEST_WINDOW {
        let message = format!("the longest live window is an hour, and `{key}` is more: write {key} = \"1h\" or less");
        return Err(syn::Error::new(text.span(), message));
    }
    args.window = Some((key.clone(), nanos));
    Ok(())
}

pub(super) fn hold(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    args.hold = Some((key.clone(), duration(key, input)?));
    Ok(())
}

pub(super) fn sample(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    const WRITE: &str = "write sample = 1/64 or sample = \"auto\"";
    equals(key, input)?;
    let (rate, span) = if input.peek(LitInt) && input.peek2(Token![/]) {
        let one: LitInt = input.parse()?;
        input.parse::<Token![/]>()?;
        let Ok(many) = input.parse::<LitInt>() else {
            return Err(input.error(format!("expected a whole number: {WRITE}")));
        };
        (format!("{one}/{}", many.base10_digits()), many.span())
    } else if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        if text.value() == "auto" {
            args.sample = Some(Sample::Auto);
            return Ok(());
        }
        (text.value(), text.span())
    } else {
        return Err(input.error(format!("expected a sampling rate: {WRITE}")));
    };
    let many = unit::one_in(&rate).map_err(|error| syn::Error::new(span, error))?;
    args.sample = Some(if many == 1 { Sample::Every } else { Sample::OneIn(many) });
    Ok(())
}

pub(super) fn classify(args: &mut Args, key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Done {
    equals(key, input)?;
    let closure = expression(key, input)?;
    if let Some(other) = &args.classify {
        errors
            .at(key.span(), format!("`{}` and `{key}` say the same thing from two sides: keep one of them", other.key));
        return Ok(());
    }
    args.classify = Some(Classify { ok: key == "ok", key: key.clone(), closure });
    Ok(())
}

pub(super) fn rows(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    equals(key, input)?;
    args.rows = Some((key.clone(), expression(key, input)?));
    Ok(())
}

pub(super) fn busy(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    flag(key, input)?;
    args.busy = Some(key.clone());
    Ok(())
}

pub(super) fn skip(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    let names = if input.peek(Paren) {
        let content;
        syn::parenthesized!(content in input);
        let mut names = Vec::new();
        while !content.is_empty() {
            let Ok(name) = content.call(Ident::parse_any) else {
                let error = content.error("expected names of functions: write skip(new, len)");
                while !content.is_empty() {
                    content.parse::<TokenTree>()?;
                }
                return Err(error);
            };
            names.push(name);
            content.parse::<Option<Token![,]>>()?;
        }
        Some(names)
    } else {
        flag(key, input)?;
        None
    };
    args.skip = Some(Skip { key: key.clone(), names });
    Ok(())
}

pub(super) fn root(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    equals(key, input)?;
    if input.peek(LitStr) {
        let text: LitStr = input.parse()?;
        let message = format!("write the path without quotes: crate = {}", text.value());
        return Err(syn::Error::new(text.span(), message));
    }
    args.root = Some(
        Path::parse_mod_style(input)
            .map_err(|error| syn::Error::new(error.span(), format!("expected a path: write {}", form(key))))?,
    );
    Ok(())
}

pub(super) fn kind(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    equals(key, input)?;
    let word = input.call(Ident::parse_any)?;
    let known = || KINDS.iter().map(|kind| kind.guard);
    if let Some(kind) = Kind::of_guard(&word.to_string()) {
        args.kind = Some(kind);
    } else {
        let meant = match nearest(&word.to_string(), known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected one of {}", known().collect::<Vec<_>>().join(", ")),
        };
        return Err(syn::Error::new(word.span(), format!("unknown kind `{word}`: {meant}")));
    }
    Ok(())
}

pub(super) fn labels(args: &mut Args, key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Done {
    if !input.peek(Paren) {
        return Err(syn::Error::new(key.span(), format!("expected parentheses: write {}", form(key))));
    }
    let content;
    let paren = syn::parenthesized!(content in input);
    if content.is_empty() {
        errors.at(paren.span.join(), format!("no labels: write {}", form(key)));
    }
    while !content.is_empty() {
        match label(&content) {
            Ok(label) => args.labels.push(label),
            Err(error) => {
                errors.push(error);
                skip_to_comma(&content);
            }
        }
        if !content.is_empty() && !content.peek(Token![,]) {
            errors.push(unexpected_in_label(&content));
            skip_to_comma(&content);
        }
        content.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

pub(super) fn label_limit(args: &mut Args, key: &Ident, input: ParseStream<'_>, _: &mut Errors) -> Done {
    equals(key, input)?;
    args.label_limit = Some((key.clone(), sets(input, form(key))?));
    Ok(())
}

/// A number of sets of label values.
pub(crate) fn sets(input: ParseStream<'_>, form: &str) -> syn::Result<u32> {
    if !input.peek(LitInt) {
        return Err(input.error(format!("expected a whole number: write {form}")));
    }
    let number: LitInt = input.parse()?;
    unit::sets(number.base10_digits()).map_err(|error| syn::Error::new(number.span(), error))
}

/// `symbol = order.symbol`, `side = %order.side`, `venue`.
fn label(input: ParseStream<'_>) -> syn::Result<Label> {
    if input.peek(Lit) {
        let lit: Lit = input.parse()?;
        let message = match &lit {
            Lit::Str(text) if syn::parse_str::<Ident>(&text.value()).is_ok() => {
                format!("a label key is an identifier: write {} without quotes", text.value())
            }
            _ => "a label key is an identifier: write symbol = order.symbol".to_owned(),
        };
        return Err(syn::Error::new(lit.span(), message));
    }
    if input.peek(Token![%]) || input.peek(Token![?]) {
        return Err(input.error("a label starts with its key: write side = %order.side"));
    }
    if !input.peek(Ident::peek_any) {
        return Err(input.error("a label key is an identifier: write symbol = order.symbol"));
    }
    let key = input.call(Ident::parse_any)?;
    if !input.peek(Token![=]) {
        if input.peek(Token![.]) || input.peek(Token![::]) || input.peek(Paren) {
            return Err(unexpected_in_label(input));
        }
        let value = syn::parse2(quote::ToTokens::to_token_stream(&key))
            .map_err(|_| syn::Error::new(key.span(), format!("`{key}` is a keyword: write {key} = value")))?;
        return Ok(Label { key, value, display: false });
    }
    input.parse::<Token![=]>()?;
    if input.peek(Token![?]) {
        return Err(input.error("a label's value is text for people: use `%` (Display), not `?` (Debug)"));
    }
    let display = input.parse::<Option<Token![%]>>()?.is_some();
    if input.is_empty() || input.peek(Token![,]) {
        return Err(syn::Error::new(key.span(), format!("label `{key}` has no value: write {key} = value")));
    }
    Ok(Label { key, value: input.parse()?, display })
}

fn unexpected_in_label(input: ParseStream<'_>) -> syn::Error {
    input.error("expected `= value` or a comma: write symbol = order.symbol")
}

fn duration(key: &Ident, input: ParseStream<'_>) -> syn::Result<u64> {
    let text = text(key, input)?;
    unit::duration(&text.value()).map_err(|error| syn::Error::new(text.span(), error))
}

/// `= "text"`.
fn text(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    equals(key, input)?;
    if input.peek(LitStr) {
        return input.parse();
    }
    if input.peek(Lit) {
        let lit: Lit = input.parse()?;
        let message = match &lit {
            // `p99 = 250ms`: a number with a suffix, as Rust reads it; `error_rate = 5%`.
            Lit::Int(_) | Lit::Float(_) => {
                let mut written = quote::ToTokens::to_token_stream(&lit).to_string();
                if input.peek(Token![%]) {
                    input.parse::<Token![%]>()?;
                    written.push('%');
                }
                if written.ends_with(|c: char| c.is_ascii_digit()) {
                    format!("expected text: write {}", form(key))
                } else {
                    format!("expected text: write {key} = \"{written}\"")
                }
            }
            _ => format!("expected text: write {}", form(key)),
        };
        return Err(syn::Error::new(lit.span(), message));
    }
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing(key));
    }
    Err(input.error(format!("expected a literal, read while compiling: write {}", form(key))))
}

fn equals(key: &Ident, input: ParseStream<'_>) -> Done {
    if !input.peek(Token![=]) {
        return Err(missing(key));
    }
    input.parse::<Token![=]>()?;
    Ok(())
}

fn missing(key: &Ident) -> syn::Error {
    syn::Error::new(key.span(), format!("`{key}` needs a value: write {}", form(key)))
}

fn expression(key: &Ident, input: ParseStream<'_>) -> syn::Result<Expr> {
    if input.is_empty() || input.peek(Token![,]) {
        return Err(missing(key));
    }
    let expr: Expr = input.parse()?;
    if let Expr::Lit(lit) = &expr {
        return Err(syn::Error::new(lit.span(), format!("expected a closure: write {}", form(key))));
    }
    Ok(expr)
}

/// Nothing may follow a flag.
fn flag(key: &Ident, input: ParseStream<'_>) -> Done {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    let span: Span = input.span();
    skip_to_comma(input);
    Err(syn::Error::new(span, format!("`{key}` takes no value: write it alone")))
}
