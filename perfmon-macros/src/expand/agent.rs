//! With the feature `agents`: who runs while an agent's body does, and which agent calls a tool.
//!
//! Nothing but the body is wrapped, and only an agent's: calls are begun and ended as those of every kind.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::{Expr, ext::IdentExt};

use super::Mode;
use crate::model::{Label, Site, ours};

impl Site {
    /// A tool's calls carry the agent that makes them as a label, unless the program says itself who it is.
    pub(super) fn know_caller(&mut self, mode: Mode) {
        let told = self.labels.iter().any(|label| label.key.unraw() == "agent");
        if self.is(mode, "Tool") && !told {
            let (span, p) = (ours(), self.support());
            let value = Expr::Verbatim(quote_spanned!(span=> #p::running_agent()));
            self.labels.push(Label { key: Ident::new("agent", span), value, display: false });
        }
    }

    /// An agent's name: that of the site, or what the label `agent` says, which is then read once for both.
    pub(super) fn know_agent(&mut self, mode: Mode) {
        if !self.is(mode, "Agent") {
            return;
        }
        let (span, p) = (ours(), self.support());
        let named = self.labels.iter().position(|label| label.key.unraw() == "agent");
        self.agent = Some(if let Some(place) = named {
            let text = self.values().nth(place);
            let value = quote_spanned!(span=> a.name());
            self.labels[place] =
                Label { key: self.labels[place].key.clone(), value: Expr::Verbatim(value), display: false };
            quote_spanned!(span=> #p::Agent::named(#text))
        } else if self.name.is_empty() {
            quote_spanned!(span=> { fn here() {} #p::Agent::of(#p::path_of(here)) })
        } else {
            let name = self.name.iter();
            quote_spanned!(span=> #p::Agent::of(#(#name),*))
        });
    }

    fn is(&self, mode: Mode, variant: &str) -> bool {
        matches!(mode, Mode::On { agents: true }) && self.kind.variant == variant
    }

    /// A statement that names the agent `a`.
    pub(super) fn agent_bound(&self) -> Option<TokenStream> {
        self.agent.as_ref().map(|agent| quote_spanned!(ours()=> let a = #agent;))
    }

    /// The closure called; the agent runs meanwhile.
    pub(super) fn called(&self, closure: &TokenStream) -> TokenStream {
        let (span, p) = (ours(), self.support());
        let called = quote_spanned!(span=> #p::call(#closure));
        if self.agent.is_some() { quote_spanned!(span=> { let _a = a.enter(); #called }) } else { called }
    }

    /// The future; the agent runs whenever it is polled.
    pub(super) fn carried(&self, future: TokenStream) -> TokenStream {
        if self.agent.is_some() { quote_spanned!(ours()=> a.carry(#future)) } else { future }
    }
}
