//! Taking what is wrong out of a configuration, so that the rest can be read.

use super::{
    mistake::{Mistake, Sort, Step},
    node::{Entry, Node, Table, Value},
};
use crate::near::near;

/// What taking a mistake out was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Nobody has told it yet.
    New,
    /// It would not be there without another, which is told.
    Consequence,
    /// It cannot be taken out.
    Nothing,
}

impl Node {
    /// Takes a mistake out, so that reading does not come upon it again. Each time something becomes [`Value::Told`] or [`Value::Gone`], so there is an end.
    pub(super) fn take_out(&mut self, mistake: &Mistake) -> Taken {
        let mut node = self;
        for step in mistake.path() {
            // What a variable holds is not there before it is read: it goes as a whole.
            if matches!(node.value, Value::Word(_)) {
                break;
            }
            let Some(inner) = node.below(step) else { return Taken::Nothing };
            node = inner;
        }
        let at = node.at.clone();
        match (&mut node.value, mistake.sort()) {
            (Value::Gone, _) => Taken::Nothing,
            // It could not be read as whatever was asked for.
            (value @ Value::Told, _) => {
                *value = Value::Gone;
                Taken::Consequence
            }
            (Value::Table(table), Sort::Unknown(key)) => remove(table.live(key).next()),
            (Value::Table(table), Sort::Twice(key)) => remove(table.live(key).last()),
            (value @ Value::Table(_), Sort::Missing(key)) => {
                let Value::Table(table) = value else { return Taken::Nothing };
                if table.0.iter().any(|entry| entry.key == *key) {
                    *value = Value::Gone;
                    return Taken::Consequence;
                }
                let misspelt = |entry: &Entry| entry.node.is_gone() && near(&entry.key, [*key].into_iter()).is_some();
                let taken = if table.0.iter().any(misspelt) { Taken::Consequence } else { Taken::New };
                table.0.push(Entry { key: (*key).to_owned(), at: at.clone(), node: Self::new(Value::Told, at) });
                taken
            }
            (value, _) => {
                *value = Value::Told;
                Taken::New
            }
        }
    }

    /// Whether it is as good as absent.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self.value, Value::Gone)
    }

    fn below(&mut self, step: &Step) -> Option<&mut Self> {
        match (&mut self.value, step) {
            (Value::List(list), Step::Number(number)) => list.get_mut(*number),
            // The first of two: before the second is read, there being two is the mistake.
            (Value::Table(table), Step::Key(key)) => table.live(key).next(),
            _ => None,
        }
    }
}

impl Table {
    /// What a key has that is not gone.
    fn live(&mut self, key: &str) -> impl Iterator<Item = &mut Node> {
        self.0.iter_mut().filter(move |entry| entry.key == key && !entry.node.is_gone()).map(|entry| &mut entry.node)
    }
}

fn remove(node: Option<&mut Node>) -> Taken {
    let Some(node) = node else { return Taken::Nothing };
    node.value = Value::Gone;
    Taken::New
}
