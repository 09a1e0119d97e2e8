//! Columns under each other, fitted to a width.
//!
//! A [`Table`] is blocks of rows on one grid, so that the same column stands in the same place in all of them. Each
//! column says how wide the names must be before it may stay: as room gets short, the one that asks for the most goes
//! first, and names are cut only when few columns are left.

use super::{
    style::Tint,
    text::{ellipsis, left, right, shorten, width, wrap},
};

/// Blanks between columns.
const GAP: usize = 2;

pub(super) struct Table<'a> {
    pub(super) columns: Vec<Column>,
    /// What stands last and takes the room that is left, within these bounds.
    pub(super) tail: Column,
    pub(super) tail_widest: usize,
    pub(super) blocks: Vec<Block<'a>>,
}

/// A column: how wide names must be for it to stay, and how wide it is at least.
pub(super) struct Column {
    pub(super) yields: usize,
    pub(super) width: usize,
}

pub(super) struct Block<'a> {
    pub(super) title: String,
    /// One for each column; empty where the block has nothing to say in it.
    pub(super) heads: Vec<String>,
    pub(super) tail_head: Tail<'a>,
    pub(super) rows: Vec<Row<'a>>,
}

/// What fills a tail of so many columns.
pub(super) type Tail<'a> = Box<dyn Fn(usize) -> String + 'a>;

pub(super) struct Row<'a> {
    pub(super) indent: usize,
    pub(super) name: String,
    /// Follow the name and are never cut.
    pub(super) marks: String,
    pub(super) cells: Vec<Cell>,
    pub(super) tail: Tail<'a>,
    pub(super) notes: Vec<Note>,
}

#[derive(Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) tint: Tint,
    /// What a note says when there is no room for the column; empty when nothing is lost.
    pub(super) instead: String,
}

/// Lines of text below a row, behind a mark.
pub(super) struct Note {
    pub(super) indent: usize,
    /// Text below the first line starts where it starts behind the mark.
    pub(super) mark: String,
    pub(super) tint: Tint,
    pub(super) text: String,
}

/// What fits into a width.
pub(super) struct Fit {
    columns: usize,
    name: usize,
    shown: Vec<bool>,
    tail: usize,
}

impl Row<'_> {
    fn name_width(&self) -> usize {
        self.indent + width(&self.name) + width(&self.marks)
    }
}

impl Note {
    /// That there is more of what stands above.
    pub(super) fn more(indent: usize, text: String) -> Self {
        Self { indent, mark: String::new(), tint: Tint::Faint, text }
    }

    /// Its lines, each within the width.
    pub(super) fn lines(&self, columns: usize, color: bool) -> Vec<String> {
        let hang = self.indent + if self.mark.is_empty() { 0 } else { width(&self.mark) + 1 };
        // Good news needs no more colour than its mark has.
        let tint = if self.tint == Tint::Good { Tint::Plain } else { self.tint };
        let first = left(&format!("{}{}", " ".repeat(self.indent), self.mark), hang);
        wrap(&self.text, columns.saturating_sub(hang))
            .into_iter()
            .enumerate()
            .map(|(at, line)| {
                let lead = if at == 0 { first.clone() } else { " ".repeat(hang) };
                format!("{}{}", self.tint.paint(&lead, color), tint.paint(&line, color))
            })
            .collect()
    }
}

impl Table<'_> {
    /// Fits the table into so many columns.
    pub(super) fn fitted(&mut self, columns: usize) -> Fit {
        self.measure();
        self.fit(columns)
    }

    /// The table in lines.
    pub(super) fn lines(&self, fit: &Fit, color: bool) -> Vec<String> {
        let mut lines = Vec::new();
        for block in &self.blocks {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.push(fit.head(block, &self.columns, color));
            for row in &block.rows {
                lines.push(fit.row(row, &self.columns, color));
                for note in fit.instead(row).iter().chain(&row.notes) {
                    lines.extend(note.lines(fit.columns, color));
                }
            }
        }
        lines
    }

    fn measure(&mut self) {
        for block in &self.blocks {
            for (at, column) in self.columns.iter_mut().enumerate() {
                let cells = block.rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| width(&cell.text));
                let head = block.heads.get(at).map_or(0, |head| width(head));
                column.width = cells.fold(column.width.max(head), usize::max);
            }
        }
    }

    fn fit(&self, columns: usize) -> Fit {
        let rows = self.blocks.iter().flat_map(|block| &block.rows).map(Row::name_width);
        let titles = self.blocks.iter().map(|block| width(&block.title));
        let longest = rows.chain(titles).max().unwrap_or(0);
        // Empty in every block: not there at all.
        let mut shown: Vec<bool> = self.columns.iter().map(|column| column.width > 0).collect();
        let mut tail = self.tail.width > 0;
        loop {
            let cells: usize =
                self.columns.iter().zip(&shown).filter(|(_, shown)| **shown).map(|(c, _)| c.width + GAP).sum();
            let taken = cells + if tail { self.tail.width + GAP } else { 0 };
            let name = columns.saturating_sub(taken);
            let asking = (0..shown.len()).filter(|&at| shown[at]).max_by_key(|&at| self.columns[at].yields);
            let asked = asking.map_or(0, |at| self.columns[at].yields);
            if tail && self.tail.yields > asked && name < longest.min(self.tail.yields) {
                tail = false;
            } else if let Some(at) = asking.filter(|_| name < longest.min(asked)) {
                shown[at] = false;
            } else {
                let name = name.min(longest);
                let rest = columns.saturating_sub(name + cells + GAP);
                return Fit { columns, name, shown, tail: if tail { rest.min(self.tail_widest) } else { 0 } };
            }
        }
    }
}

impl Fit {
    /// Whether the column at this place is there.
    pub(super) fn shows(&self, column: usize) -> bool {
        self.shown.get(column).copied().unwrap_or(false)
    }

    pub(super) fn shows_tail(&self) -> bool {
        self.tail > 0
    }

    /// What the columns that are not there would have said.
    fn instead(&self, row: &Row<'_>) -> Vec<Note> {
        let hidden = || row.cells.iter().zip(&self.shown).filter(|(cell, shown)| !**shown && !cell.instead.is_empty());
        let texts: Vec<&str> = hidden().map(|(cell, _)| cell.instead.as_str()).collect();
        let any = |tint| hidden().any(|(cell, _)| cell.tint == tint).then_some(tint);
        let tint = any(Tint::Bad).or(any(Tint::Caution)).unwrap_or(Tint::Faint);
        if texts.is_empty() {
            Vec::new()
        } else {
            vec![Note { indent: row.indent + 2, mark: "·".to_owned(), tint, text: texts.join(", ") }]
        }
    }

    fn head(&self, block: &Block<'_>, columns: &[Column], color: bool) -> String {
        let heads = block.heads.iter().map(|head| (head.as_str(), Tint::Faint));
        let title = left(&ellipsis(&block.title, self.name), self.name);
        let tail = if self.tail > 0 { (block.tail_head)(self.tail) } else { String::new() };
        self.line(&Tint::Strong.paint(&title, color), heads, &tail, Tint::Faint, columns, color)
    }

    fn row(&self, row: &Row<'_>, columns: &[Column], color: bool) -> String {
        let room = self.name.saturating_sub(row.indent + width(&row.marks));
        // Labels are told apart by their beginnings too, paths by their ends.
        let name = if row.indent > 0 { ellipsis(&row.name, room) } else { shorten(&row.name, room) };
        let name = format!("{}{name}{}", " ".repeat(row.indent), row.marks);
        let cells = row.cells.iter().map(|cell| (cell.text.as_str(), cell.tint));
        let tail = if self.tail > 0 { (row.tail)(self.tail) } else { String::new() };
        self.line(&left(&ellipsis(&name, self.name), self.name), cells, &tail, Tint::Plain, columns, color)
    }

    fn line<'a>(
        &self,
        name: &str,
        cells: impl Iterator<Item = (&'a str, Tint)>,
        tail: &str,
        tail_tint: Tint,
        columns: &[Column],
        color: bool,
    ) -> String {
        let mut line = name.to_owned();
        let cells = cells.chain(std::iter::repeat(("", Tint::Plain)));
        for (((text, tint), column), _) in cells.zip(columns).zip(&self.shown).filter(|(_, shown)| **shown) {
            line.push_str(&" ".repeat(GAP));
            line.push_str(&tint.paint(&right(text, column.width), color));
        }
        if !tail.is_empty() {
            line.push_str(&" ".repeat(GAP));
            line.push_str(&tail_tint.paint(tail, color));
        }
        line.truncate(line.trim_end().len());
        line
    }
}
