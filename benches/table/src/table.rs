//! Tables, for the terminal or as Markdown.

/// A table; its first column is text, all others are figures.
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Row>,
}

enum Row {
    /// A line above the rows of one library.
    Heading(String),
    Cells(Vec<String>),
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { head: head.iter().map(ToString::to_string).collect(), rows: Vec::new() }
    }

    pub(crate) fn heading(&mut self, text: &str) {
        self.rows.push(Row::Heading(text.to_owned()));
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(Row::Cells(cells));
    }

    pub(crate) fn print(&self, markdown: bool) {
        if markdown { self.print_markdown() } else { self.print_text() }
    }

    fn print_markdown(&self) {
        println!("\n| {} |", self.head.join(" | "));
        println!("|---|{}", "---:|".repeat(self.head.len() - 1));
        for row in &self.rows {
            match row {
                Row::Heading(text) => println!("| **{text}** |{}", " |".repeat(self.head.len() - 1)),
                Row::Cells(cells) => println!("| {} |", cells.join(" | ")),
            }
        }
        println!();
    }

    fn print_text(&self) {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| match row {
                Row::Cells(cells) => Some(cells[column].chars().count()),
                Row::Heading(_) => None,
            });
            cells.chain([self.head[column].chars().count()]).max().unwrap_or(0) + 2
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let line = |cells: &[String]| {
            let figures = cells.iter().zip(&widths).skip(1).map(|(cell, width)| format!("{cell:>width$}"));
            println!("  {:<width$}{}", cells[0], figures.collect::<String>(), width = widths[0]);
        };
        println!();
        line(&self.head);
        for row in &self.rows {
            match row {
                Row::Heading(text) => println!("{text}"),
                Row::Cells(cells) => line(cells),
            }
        }
        println!();
    }
}
