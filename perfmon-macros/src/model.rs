//! What a call site is once everything written about it has been checked.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Expr, LitStr, Path};

/// One of the six kinds: how it is called in macros and what its name is made of.
pub(crate) struct Kind {
    /// `macro_support::Kind`'s variant.
    pub(crate) variant: &'static str,
    pub(crate) attribute: &'static str,
    pub(crate) guard: &'static str,
    /// What the parts of the name are, which are also label keys in the metrics of this kind.
    pub(crate) parts: &'static [&'static str],
    /// How perfmon's own metrics of this kind call those parts, where it is something else.
    pub(crate) keys: &'static [&'static str],
    /// A name as it is written.
    pub(crate) example: &'static str,
}

pub(crate) const KINDS: [Kind; 6] = [
    Kind {
        variant: "Latency",
        attribute: "monitor_latency",
        guard: "latency",
        parts: &["name"],
        keys: &[],
        example: "\"order_execution\"",
    },
    Kind {
        variant: "Order",
        attribute: "monitor_order",
        guard: "order",
        parts: &["order_type"],
        keys: &[],
        example: "\"limit\"",
    },
    Kind {
        variant: "Db",
        attribute: "monitor_db",
        guard: "db",
        parts: &["operation", "table"],
        keys: &["db_operation_name", "db_collection_name"],
        example: "\"select\", \"orders\"",
    },
    Kind {
        variant: "Request",
        attribute: "monitor_request",
        guard: "request",
        parts: &["method", "route"],
        keys: &["http_request_method", "http_route", "http_response_status_code", "rpc_grpc_status_code"],
        example: "\"GET\", \"/orders\"",
    },
    Kind {
        variant: "Agent",
        attribute: "monitor_agent",
        guard: "agent",
        parts: &["agent"],
        keys: &["gen_ai_agent_name", "gen_ai_operation_name"],
        example: "\"planner\"",
    },
    Kind {
        variant: "Tool",
        attribute: "monitor_tool",
        guard: "tool",
        parts: &["tool"],
        keys: &["gen_ai_tool_name", "gen_ai_agent_name", "gen_ai_operation_name"],
        example: "\"web_search\"",
    },
];

impl Kind {
    #[cfg(test)]
    pub(crate) fn of_attribute(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.attribute == name)
    }

    /// Whether a label may say at run time what a part of the name is: of agents and tools.
    pub(crate) fn is_named_by_call(&self) -> bool {
        matches!(self.variant, "Agent" | "Tool")
    }

    pub(crate) fn of_guard(name: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.guard == name)
    }
}

/// Where options are written; some make sense only in some places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// `#[monitor_latency(…)]`
    Attribute,
    /// `let _t = latency!(…);`
    Guard,
    /// `time!(…, || …)`
    Time,
    /// `record!(…, duration)`
    Record,
}

/// A label of a call site.
pub(crate) struct Label {
    pub(crate) key: Ident,
    pub(crate) value: Expr,
    /// Written with `%`: the value is what `Display` prints.
    pub(crate) display: bool,
}

pub(crate) struct Objective {
    pub(crate) bound: Bound,
    pub(crate) severity: Option<&'static str>,
    pub(crate) window: Option<u64>,
    pub(crate) hold: Option<u64>,
}

#[derive(Clone, Copy)]
pub(crate) enum Bound {
    /// `macro_support::Statistic`'s variant, nanoseconds.
    Latency(&'static str, u64),
    /// A fraction below 1.
    ErrorRate(f64),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sample {
    Every,
    OneIn(u32),
    Auto,
}

/// `err = …` or `ok = …`.
pub(crate) struct Classify {
    pub(crate) key: Ident,
    pub(crate) closure: Expr,
    /// Whether the closure says that a call went well.
    pub(crate) ok: bool,
}

/// What is known of the rows that a call returned.
pub(crate) enum Rows {
    /// Nobody counts them.
    Uncounted,
    /// What the type of its value tells.
    ByType,
    /// What the user's own `rows = …` tells.
    By(Expr),
}

/// A call site whose options are in order.
pub(crate) struct Site {
    pub(crate) kind: &'static Kind,
    /// Empty: the path of the function.
    pub(crate) name: Vec<LitStr>,
    pub(crate) labels: Vec<Label>,
    /// Sets of their values, if the process's own limit is not its.
    pub(crate) label_limit: Option<u32>,
    pub(crate) objectives: Vec<Objective>,
    pub(crate) sample: Sample,
    pub(crate) classify: Option<Classify>,
    pub(crate) rows: Rows,
    pub(crate) busy: bool,
    pub(crate) root: Option<Path>,
    /// The agent that runs while the body does, as an expression; of other kinds nothing.
    pub(crate) agent: Option<TokenStream>,
}

/// Spans of what we introduce: our names never meet the user's, and lints know whose code it is.
pub(crate) fn ours() -> Span {
    Span::mixed_site()
}

/// The module that generated code may name, in a crate reached by this path.
pub(crate) fn support(root: Option<&Path>, span: Span) -> TokenStream {
    if let Some(root) = root {
        let support = Ident::new("macro_support", span);
        quote!(#root::#support)
    } else {
        quote_spanned!(span=> ::perfmon::macro_support)
    }
}
