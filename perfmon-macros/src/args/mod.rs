//! Reading the options of an attribute or macro.
//!
//! The options are the table [`OPTIONS`]; [`Args::parse`] walks over what was written, looks each key up there, and
//! goes on after a mistake, so that all are told at once.

pub(crate) mod unit;
pub(crate) mod value;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Expr, Lit, LitStr, Path, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token::Paren,
};

use crate::{
    errors::{Errors, nearest},
    model::{Bound, Classify, Kind, Label, Place, Sample},
};

/// Everything written in one attribute or macro, each value well-formed.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) names: Vec<Lit>,
    pub(crate) labels: Vec<Label>,
    pub(crate) label_limit: Option<(Ident, u32)>,
    pub(crate) bounds: Vec<Bound>,
    pub(crate) severity: Option<(Ident, &'static str)>,
    pub(crate) window: Option<(Ident, u64)>,
    pub(crate) hold: Option<(Ident, u64)>,
    pub(crate) sample: Option<Sample>,
    pub(crate) classify: Option<Classify>,
    pub(crate) rows: Option<(Ident, Expr)>,
    pub(crate) busy: Option<Ident>,
    pub(crate) skip: Option<Skip>,
    pub(crate) root: Option<Path>,
    pub(crate) kind: Option<&'static Kind>,
    /// What `time!` measures, what `record!` records.
    pub(crate) subject: Option<Expr>,
    /// The options as written, for handing them on to the functions of a container.
    pub(crate) written: Vec<(Ident, TokenStream)>,
    /// How many options there are.
    pub(crate) count: usize,
}

/// `skip`, or `skip(names)` on a container.
pub(crate) struct Skip {
    pub(crate) key: Ident,
    pub(crate) names: Option<Vec<Ident>>,
}

/// One row of the table.
struct Row {
    name: &'static str,
    /// How it is written.
    form: &'static str,
    read: fn(&mut Args, &Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
    /// Where it has no meaning, and why.
    never: &'static [(Place, &'static str)],
}

const OF_FUNCTIONS: &str = "it counts what a function with `monitor_db` returns";
const NO_VALUE: &str = "a guard sees no value; measure with `perfmon::time!`";

const OPTIONS: &[Row] = &[
    Row { name: "labels", form: "labels(symbol = order.symbol, venue)", read: value::labels, never: &[] },
    Row { name: "label_limit", form: "label_limit = 1000", read: value::label_limit, never: &[] },
    Row { name: "p50", form: "p50 = \"250ms\"", read: value::percentile, never: &[] },
    Row { name: "p95", form: "p95 = \"250ms\"", read: value::percentile, never: &[] },
    Row { name: "p99", form: "p99 = \"250ms\"", read: value::percentile, never: &[] },
    Row { name: "p999", form: "p999 = \"250ms\"", read: value::percentile, never: &[] },
    Row { name: "error_rate", form: "error_rate = \"5%\"", read: value::error_rate, never: &[] },
    Row { name: "severity", form: "severity = \"error\"", read: value::severity, never: &[] },
    Row { name: "window", form: "window = \"5m\"", read: value::window, never: &[] },
    Row { name: "for", form: "for = \"30s\"", read: value::hold, never: &[] },
    Row {
        name: "sample",
        form: "sample = 1/64",
        read: value::sample,
        never: &[(Place::Record, "a duration that is already measured costs nothing more to keep")],
    },
    Row {
        name: "err",
        form: "err = |r| r.is_none()",
        read: value::classify,
        never: &[(Place::Guard, NO_VALUE), (Place::Record, "a duration comes without a value")],
    },
    Row {
        name: "ok",
        form: "ok = |r| r.is_some()",
        read: value::classify,
        never: &[(Place::Guard, NO_VALUE), (Place::Record, "a duration comes without a value")],
    },
    Row {
        name: "rows",
        form: "rows = |r| r.len()",
        read: value::rows,
        never: &[(Place::Guard, OF_FUNCTIONS), (Place::Time, OF_FUNCTIONS), (Place::Record, OF_FUNCTIONS)],
    },
    Row {
        name: "busy",
        form: "busy",
        read: value::busy,
        never: &[(Place::Guard, "a guard polls no future"), (Place::Record, "it polls no future")],
    },
    Row {
        name: "skip",
        form: "skip",
        read: value::skip,
        never: &[
            (Place::Guard, "leave the macro out"),
            (Place::Time, "leave the macro out"),
            (Place::Record, "leave the macro out"),
        ],
    },
    Row { name: "crate", form: "crate = my_crate::perfmon", read: value::root, never: &[] },
    Row {
        name: "kind",
        form: "kind = db",
        read: value::kind,
        never: &[
            (Place::Attribute, "each kind has an attribute of its own, like `monitor_db`"),
            (Place::Guard, "each kind has a macro of its own, like `perfmon::db!`"),
        ],
    },
];

/// Words of other libraries and what they are here.
const FOREIGN: &[(&str, &str)] = &[
    ("name", "the name comes first, in quotes and without `name =`"),
    ("fields", "write labels(symbol = order.symbol)"),
    ("p90", "the percentiles are p50, p95, p99 and p999"),
    ("p75", "the percentiles are p50, p95, p99 and p999"),
    ("p100", "the percentiles are p50, p95, p99 and p999"),
    ("level", "write severity = \"error\""),
    ("threshold", "write the percentile it is for: p99 = \"250ms\""),
];

impl Args {
    /// Reads what stands between the parentheses. `keep` keeps the options as written, too.
    pub(crate) fn parse(tokens: TokenStream, place: Place, keep: bool, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let mut reader = Reader { place, keep, seen: Vec::new(), errors };
        let walk = |input: ParseStream<'_>| reader.walk(&mut args, input);
        if let Err(error) = walk.parse2(tokens) {
            errors.push(error);
        }
        args
    }
}

struct Reader<'a> {
    place: Place,
    keep: bool,
    seen: Vec<Ident>,
    errors: &'a mut Errors,
}

impl Reader<'_> {
    fn walk(&mut self, args: &mut Args, input: ParseStream<'_>) -> syn::Result<()> {
        while !input.is_empty() {
            if matches!(self.place, Place::Time | Place::Record) && is_subject(input) {
                args.subject = Some(input.parse()?);
                if input.parse::<Option<Token![,]>>()?.is_none() || !input.is_empty() {
                    self.refuse_rest(input);
                }
                return Ok(());
            }
            if let Err(error) = self.one(args, input) {
                self.errors.push(error);
                skip_to_comma(input);
            }
            if !input.is_empty() && !input.peek(Token![,]) {
                self.errors.push(input.error("expected a comma before the next option"));
                skip_to_comma(input);
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(())
    }

    fn refuse_rest(&mut self, input: ParseStream<'_>) {
        if !input.is_empty() {
            self.errors.push(input.error("what is measured comes last: write name and options before it"));
            while input.parse::<TokenTree>().is_ok() {}
        }
    }

    /// A name or an option.
    fn one(&mut self, args: &mut Args, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(Lit) {
            let name: Lit = input.parse()?;
            if let Some(option) = self.seen.first() {
                let message = format!("the name comes first: write it before `{option}`");
                return Err(syn::Error::new(name.span(), message));
            }
            args.names.push(name);
            return Ok(());
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected a name in quotes or an option like p99 = \"250ms\""));
        }
        let before = self.keep.then(|| input.cursor().token_stream());
        let key = input.call(Ident::parse_any)?;
        self.option(args, &key, input)?;
        if let Some(before) = before {
            let left = input.cursor().token_stream().into_iter().count();
            let taken = before.clone().into_iter().count() - left;
            args.written.push((key, before.into_iter().take(taken).collect()));
        }
        Ok(())
    }

    fn option(&mut self, args: &mut Args, key: &Ident, input: ParseStream<'_>) -> syn::Result<()> {
        let word = key.to_string();
        let Some(option) = OPTIONS.iter().find(|option| option.name == word) else {
            let bare = args.names.is_empty() && (input.is_empty() || input.peek(Token![,]));
            return Err(syn::Error::new(key.span(), unknown(&word, self.place, bare)));
        };
        if let Some((_, why)) = option.never.iter().find(|(place, _)| *place == self.place) {
            return Err(syn::Error::new(key.span(), format!("`{word}` has no meaning here: {why}")));
        }
        if self.seen.contains(key) {
            return Err(syn::Error::new(key.span(), format!("`{word}` is given twice: keep one of them")));
        }
        self.seen.push(key.clone());
        args.count += 1;
        (option.read)(args, key, input, self.errors)
    }
}

/// The option as it is written, for messages.
fn form(key: &Ident) -> &'static str {
    OPTIONS.iter().find(|option| key == option.name).map_or("", |option| option.form)
}

/// `bare`: it may have been meant as the name.
fn unknown(word: &str, place: Place, bare: bool) -> String {
    if let Some((_, advice)) = FOREIGN.iter().find(|(foreign, _)| *foreign == word) {
        return format!("unknown option `{word}`: {advice}");
    }
    let known = || {
        OPTIONS
            .iter()
            .filter(move |option| option.never.iter().all(|(never, _)| *never != place))
            .map(|option| option.name)
    };
    match nearest(word, known()) {
        Some(near) => format!("unknown option `{word}`: did you mean `{near}`?"),
        None if bare => format!("unknown option `{word}`: if it is the name, write it in quotes: \"{word}\""),
        None => format!(
            "unknown option `{word}`: expected a name in quotes or one of {}",
            known().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// Whether what comes is the thing to measure rather than a name or an option.
fn is_subject(input: ParseStream<'_>) -> bool {
    if input.peek(LitStr) {
        return false;
    }
    if !input.peek(Ident::peek_any) || input.peek(Token![move]) || input.peek(Token![async]) {
        return true;
    }
    if input.peek2(Token![=]) {
        return input.peek2(Token![==]) || input.peek2(Token![=>]);
    }
    // `busy, …` and `labels(…), …` are options as long as something follows them.
    let ahead = input.fork();
    let flag = ahead.call(Ident::parse_any).is_ok();
    if ahead.peek(Paren) && ahead.parse::<TokenTree>().is_err() {
        return true;
    }
    let more = ahead.parse::<Option<Token![,]>>().is_ok_and(|comma| comma.is_some());
    !(flag && more && !ahead.is_empty())
}

fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}
