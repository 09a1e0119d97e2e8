//! Prometheus' text format, 0.0.4 and 1.0.0, and `OpenMetrics` 1.0.0.
//!
//! Sources: <https://prometheus.io/docs/instrumenting/exposition_formats/> and <https://prometheus.io/docs/specs/om/open_metrics_spec/>.

use super::{
    exemplar::{self, Exemplar},
    family::{Encoder, FamilyType, Head, HistogramPoint, Labels, Number, SummaryPoint},
    number,
};

/// Writes lines.
#[derive(Debug)]
pub(super) struct Text {
    out: Vec<u8>,
    open_metrics: bool,
    /// The open family's name, as its samples have it before their suffix.
    name: String,
    /// What lines of one series begin with.
    prefix: Vec<u8>,
}

impl Text {
    pub(super) fn new(open_metrics: bool, capacity: usize) -> Self {
        Self { out: Vec::with_capacity(capacity), open_metrics, name: String::new(), prefix: Vec::new() }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        if self.open_metrics {
            self.out.extend_from_slice(b"# EOF\n");
        }
        self.out
    }

    fn said(&mut self, what: &str, name: &str, text: &str) {
        for part in ["# ", what, " ", name, " "] {
            self.out.extend_from_slice(part.as_bytes());
        }
        self.out.extend_from_slice(text.as_bytes());
        self.out.push(b'\n');
    }

    /// `name_suffix{labels,` into `prefix`, so that a label or the end can follow.
    fn begin_series(&mut self, suffix: &str, labels: &Labels<'_>) {
        self.prefix.clear();
        push_series(&mut self.prefix, &self.name, suffix, labels);
    }

    /// A line of a series that begins with `prefix`.
    fn line_with(&mut self, key: &[u8], value: &str) {
        self.out.extend_from_slice(&self.prefix);
        self.out.extend_from_slice(key);
        self.out.extend_from_slice(value.as_bytes());
        self.out.extend_from_slice(b"\"} ");
    }

    fn plain_line(&mut self, suffix: &str, labels: &Labels<'_>) {
        push_series(&mut self.out, &self.name, suffix, labels);
        end_labels(&mut self.out);
    }

    fn exemplar(&mut self, exemplar: &Exemplar) {
        self.out.extend_from_slice(b" # {");
        for (key, value) in exemplar.pairs() {
            push_label(&mut self.out, key, value);
        }
        end_labels(&mut self.out);
        number::push(&mut self.out, exemplar.seconds());
        self.out.push(b' ');
        number::push(&mut self.out, exemplar.since_epoch().as_secs_f64());
    }
}

impl Encoder for Text {
    fn open(&mut self, head: &Head<'_>) {
        let kind = match head.kind {
            FamilyType::Info if !self.open_metrics => FamilyType::Gauge,
            kind => kind,
        };
        let name = if self.open_metrics { head.stem() } else { &head.name };
        let mut help = String::with_capacity(head.help.len());
        for character in head.help.chars() {
            match character {
                '\\' => help.push_str("\\\\"),
                '\n' => help.push_str("\\n"),
                '"' if self.open_metrics => help.push_str("\\\""),
                other => help.push(other),
            }
        }
        self.said("HELP", name, &help);
        self.said("TYPE", name, kind.as_str());
        if self.open_metrics && !head.unit.is_empty() && head.kind != FamilyType::Info {
            self.said("UNIT", name, &head.unit);
        }
        self.name.clear();
        self.name.push_str(&head.name);
    }

    fn number(&mut self, labels: &Labels<'_>, value: Number) {
        self.plain_line("", labels);
        push_number(&mut self.out, value);
        self.out.push(b'\n');
    }

    fn histogram(&mut self, labels: &Labels<'_>, point: &HistogramPoint<'_>) {
        let shown = self.open_metrics && !point.exemplars.is_empty();
        let exemplars = if shown { exemplar::by_bucket(point.edges, point.exemplars) } else { Vec::new() };
        self.begin_series("_bucket", labels);
        let les = point.edges.iter().map(|edge| &*edge.le).chain(["+Inf"]);
        let counts = point.cumulative.iter().copied().chain([point.count]);
        for (at, (le, count)) in les.zip(counts).enumerate() {
            self.line_with(b"le=\"", le);
            number::push_whole(&mut self.out, count);
            if let Some(exemplar) = exemplars.get(at).copied().flatten() {
                self.exemplar(exemplar);
            }
            self.out.push(b'\n');
        }
        self.sum_and_count(labels, Some(point.sum), Some(point.count));
    }

    fn summary(&mut self, labels: &Labels<'_>, point: &SummaryPoint<'_>) {
        self.begin_series("", labels);
        for &(quantile, value) in point.quantiles {
            self.line_with(b"quantile=\"", &quantile.text);
            number::push(&mut self.out, value);
            self.out.push(b'\n');
        }
        self.sum_and_count(labels, point.sum, point.count);
    }

    fn close(&mut self) {}
}

impl Text {
    fn sum_and_count(&mut self, labels: &Labels<'_>, sum: Option<f64>, count: Option<u64>) {
        let numbers = [("_sum", sum.map(Number::Float)), ("_count", count.map(Number::Whole))];
        for (suffix, number) in numbers {
            if let Some(number) = number {
                self.plain_line(suffix, labels);
                push_number(&mut self.out, number);
                self.out.push(b'\n');
            }
        }
    }
}

fn push_number(out: &mut Vec<u8>, value: Number) {
    match value {
        Number::Whole(value) => number::push_whole(out, value),
        Number::Float(value) => number::push(out, value),
    }
}

/// `name_suffix{key="value",`, with the last comma.
fn push_series(out: &mut Vec<u8>, name: &str, suffix: &str, labels: &Labels<'_>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(suffix.as_bytes());
    out.push(b'{');
    for (key, value) in labels {
        push_label(out, key, value);
    }
}

fn push_label(out: &mut Vec<u8>, key: &str, value: &str) {
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"=\"");
    push_escaped(out, value);
    out.extend_from_slice(b"\",");
}

/// Turns the last comma, or a lone opening brace, into the end of the labels.
fn end_labels(out: &mut Vec<u8>) {
    match out.last_mut() {
        Some(last @ b',') => {
            *last = b'}';
            out.push(b' ');
        }
        Some(last @ b'{') => *last = b' ',
        _ => {}
    }
}

fn push_escaped(out: &mut Vec<u8>, value: &str) {
    let mut rest = value.as_bytes();
    while let Some(at) = first_special(rest) {
        out.extend_from_slice(&rest[..at]);
        out.push(b'\\');
        out.push(if rest[at] == b'\n' { b'n' } else { rest[at] });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// Where the first byte is that must be escaped.
fn first_special(bytes: &[u8]) -> Option<usize> {
    let is_special = |byte: &u8| matches!(byte, b'\\' | b'"' | b'\n');
    if bytes.len() < 8 {
        return bytes.iter().position(is_special);
    }
    // Most values have none, so eight bytes are asked at a time; the last eight may overlap those before.
    let (words, _) = bytes.as_chunks::<8>();
    let clean = words.iter().chain(bytes.last_chunk::<8>()).all(|word| !has_special(u64::from_le_bytes(*word)));
    if clean { None } else { bytes.iter().position(is_special) }
}

/// Whether one of eight bytes must be escaped. A byte is zero in `x` where the high bit of `(x - 0x01…) & !x & 0x80…` is the lowest set one:
/// <https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>.
fn has_special(word: u64) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let zero = |x: u64| x.wrapping_sub(ONES) & !x & HIGH;
    let has = |byte: u8| zero(word ^ (ONES * u64::from(byte)));
    (has(b'\\') | has(b'"') | has(b'\n')) != 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::push_escaped;

    proptest! {
        #[test]
        fn escapes_as_one_would_by_hand(value in "([a-zé\"\\\\\n]|.){0,40}") {
            let mut out = Vec::new();
            push_escaped(&mut out, &value);
            let by_hand = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
            prop_assert_eq!(String::from_utf8(out).expect("UTF-8"), by_hand);
        }
    }
}
