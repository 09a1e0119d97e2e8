//! Which `from` is followed by a table.

use super::lex::Token;

/// Follows parentheses, and tells the `from` of a statement from that of a function or an operator: `extract(year from x)`, `is distinct from`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Froms {
    depth: u32,
    /// One bit for each depth: a statement began there and its `from` is to come.
    due: u64,
    after_distinct: bool,
}

impl Froms {
    pub(super) fn depth(self) -> u32 {
        self.depth
    }

    /// Whether this token is the `from` of a statement.
    pub(super) fn see(&mut self, token: Token<'_>) -> bool {
        let after_distinct = std::mem::replace(&mut self.after_distinct, token.is("distinct"));
        // Beyond 64 levels no table is looked for.
        let bit = 1_u64.checked_shl(self.depth).unwrap_or(0);
        match token {
            Token::Symbol("(") => {
                self.depth = self.depth.saturating_add(1);
                self.due &= !1_u64.checked_shl(self.depth).unwrap_or(0);
            }
            Token::Symbol(")") => self.depth = self.depth.saturating_sub(1),
            Token::Word(_) if token.is_any(&["select", "delete", "update"]) => self.due |= bit,
            Token::Word(_) if token.is("from") && self.due & bit != 0 && !after_distinct => {
                self.due &= !bit;
                return true;
            }
            _ => {}
        }
        false
    }
}
