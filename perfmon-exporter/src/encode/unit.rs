//! Units, and how values move from one to another.

/// A factor as a fraction, so that 35 percent is exactly 0.35: a division by 100 is rounded once, a product with 0.01 twice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    multiply: f64,
    divide: f64,
}

impl Scale {
    pub(super) const ONE: Self = Self { multiply: 1.0, divide: 1.0 };
    /// What the recorder counts durations in, as seconds.
    pub(super) const NANOSECONDS: Self = Self { multiply: 1.0, divide: 1e9 };

    pub(super) fn times(factor: f64) -> Self {
        Self::new(factor, 1.0)
    }

    fn new(multiply: f64, divide: f64) -> Self {
        if multiply >= divide && multiply % divide == 0.0 {
            Self { multiply: multiply / divide, divide: 1.0 }
        } else if divide > multiply && divide % multiply == 0.0 {
            Self { multiply: 1.0, divide: divide / multiply }
        } else {
            Self { multiply, divide }
        }
    }

    pub(super) fn apply(self, value: f64) -> f64 {
        value * self.multiply / self.divide
    }

    /// The value that becomes this one.
    pub(super) fn undo(self, value: f64) -> f64 {
        value * self.divide / self.multiply
    }

    pub(super) fn is_one(self) -> bool {
        self == Self::ONE
    }

    /// First this, then the other.
    pub(super) fn then(self, other: Self) -> Self {
        Self::new(self.multiply * other.multiply, self.divide * other.divide)
    }

    fn inverse(self) -> Self {
        Self { multiply: self.divide, divide: self.multiply }
    }
}

/// A known unit: which base unit it is a part or a multiple of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Unit {
    /// In full, in plural: `"milliseconds"`.
    pub(super) name: &'static str,
    /// As names end in it: `"seconds"`.
    pub(super) base: &'static str,
    /// From this unit to the base unit.
    pub(super) to_base: Scale,
}

impl Unit {
    pub(super) const NANOSECONDS: Self = Self { name: "nanoseconds", base: "seconds", to_base: Scale::NANOSECONDS };

    /// The unit of this name, in plural or short.
    pub(super) fn of(text: &str) -> Option<Self> {
        let row = TABLE.iter().find(|row| row.names.contains(&text))?;
        Some(Self { name: row.names[0], base: row.base, to_base: Scale::new(row.multiply, row.divide) })
    }

    /// The unit that a metric's name ends in, written out in full (a trailing `_total` set aside).
    pub(super) fn at_end_of(name: &str) -> Option<Self> {
        let name = name.strip_suffix("_total").unwrap_or(name);
        TABLE
            .iter()
            .flat_map(|row| row.names)
            .filter(|unit| ends_in(name, unit))
            .max_by_key(|unit| unit.len())
            .and_then(|unit| Self::of(unit))
    }

    /// How values in this unit become values in the other; `None` where they measure different things.
    pub(super) fn to(self, other: Self) -> Option<Scale> {
        (self.base == other.base).then(|| self.to_base.then(other.to_base.inverse()))
    }
}

/// The name without any spelling of this unit at its end.
pub(super) fn without_unit(name: &str, unit: Unit) -> &str {
    let spellings = TABLE.iter().filter(|row| row.base == unit.base).flat_map(|row| row.names);
    let stripped = spellings.filter(|unit| ends_in(name, unit)).map(|unit| &name[..name.len() - unit.len() - 1]);
    stripped.min_by_key(|name| name.len()).unwrap_or(name)
}

/// Whether a name ends in `_unit`, with something before it.
pub(super) fn ends_in(name: &str, unit: &str) -> bool {
    name.strip_suffix(unit).and_then(|rest| rest.strip_suffix('_')).is_some_and(|rest| !rest.is_empty())
}

struct Row {
    names: &'static [&'static str],
    base: &'static str,
    multiply: f64,
    divide: f64,
}

const fn row(base: &'static str, multiply: f64, divide: f64, names: &'static [&'static str]) -> Row {
    Row { names, base, multiply, divide }
}

/// Base units are those of <https://prometheus.io/docs/practices/naming/#base-units>, and rates of bytes.
const TABLE: [Row; 31] = [
    row("seconds", 1.0, 1.0, &["seconds", "second", "s"]),
    row("seconds", 1.0, 1e3, &["milliseconds", "millisecond", "ms"]),
    row("seconds", 1.0, 1e6, &["microseconds", "microsecond", "us", "µs"]),
    row("seconds", 1.0, 1e9, &["nanoseconds", "nanosecond", "ns"]),
    row("seconds", 60.0, 1.0, &["minutes", "minute"]),
    row("seconds", 3_600.0, 1.0, &["hours", "hour"]),
    row("seconds", 86_400.0, 1.0, &["days", "day"]),
    row("bytes", 1.0, 1.0, &["bytes", "byte", "B"]),
    row("bytes", 1.0, 8.0, &["bits", "bit"]),
    row("bytes", 1e3, 1.0, &["kilobytes", "kilobyte", "kB", "kb"]),
    row("bytes", 1e6, 1.0, &["megabytes", "megabyte", "MB", "mb"]),
    row("bytes", 1e9, 1.0, &["gigabytes", "gigabyte", "GB", "gb"]),
    row("bytes", 1e12, 1.0, &["terabytes", "terabyte", "TB", "tb"]),
    row("bytes", 1_024.0, 1.0, &["kibibytes", "kibibyte", "KiB", "kib"]),
    row("bytes", 1_048_576.0, 1.0, &["mebibytes", "mebibyte", "MiB", "mib"]),
    row("bytes", 1_073_741_824.0, 1.0, &["gibibytes", "gibibyte", "GiB", "gib"]),
    row("bytes", 1_099_511_627_776.0, 1.0, &["tebibytes", "tebibyte", "TiB", "tib"]),
    row("bytes_per_second", 1.0, 1.0, &["bytes_per_second", "bytes/s", "B/s"]),
    row("bytes_per_second", 1e3, 1.0, &["kilobytes_per_second", "kB/s"]),
    row("bytes_per_second", 1e6, 1.0, &["megabytes_per_second", "MB/s"]),
    row("ratio", 1.0, 1.0, &["ratio", "fraction"]),
    row("ratio", 1.0, 1e2, &["percent", "pct", "%"]),
    row("ratio", 1.0, 1e3, &["permille", "‰"]),
    row("ratio", 1.0, 1e4, &["basis_points"]),
    row("ratio", 1.0, 1e5, &["millipercent"]),
    row("celsius", 1.0, 1.0, &["celsius", "°C"]),
    row("meters", 1.0, 1.0, &["meters", "meter", "metres", "metre"]),
    row("volts", 1.0, 1.0, &["volts", "volt"]),
    row("amperes", 1.0, 1.0, &["amperes", "ampere"]),
    row("joules", 1.0, 1.0, &["joules", "joule"]),
    row("grams", 1.0, 1.0, &["grams", "gram"]),
];

#[cfg(test)]
mod tests {
    use super::{Scale, Unit, without_unit};

    #[test]
    fn parts_and_multiples_are_exact() {
        let ratio = Unit::of("percent").expect("known");
        assert_eq!(ratio.to_base.apply(35.0).to_bits(), 0.35_f64.to_bits());
        let to_ms = Unit::NANOSECONDS.to(Unit::of("ms").expect("known")).expect("both times");
        assert_eq!(to_ms, Scale { multiply: 1.0, divide: 1e6 });
        let mebibytes = Unit::of("bytes").and_then(|unit| unit.to(Unit::of("mebibytes").expect("known")));
        assert_eq!(mebibytes.expect("both sizes").apply(3_145_728.0).to_bits(), 3.0_f64.to_bits());
        assert_eq!(ratio.to(Unit::NANOSECONDS), None);
    }

    #[test]
    fn names_end_in_units() {
        assert_eq!(Unit::at_end_of("process_cpu_milliseconds_total"), Unit::of("ms"));
        assert_eq!(Unit::at_end_of("network_io_bytes_per_second"), Unit::of("bytes/s"));
        assert_eq!(Unit::at_end_of("latency_ms"), Unit::of("ms"));
        assert_eq!(Unit::at_end_of("seconds"), None);
        let percent = Unit::of("percent").expect("known");
        assert_eq!(without_unit("cpu_usage_percent", percent), "cpu_usage");
        assert_eq!(without_unit("hit_rate", percent), "hit_rate");
        assert_eq!(without_unit("percent", percent), "percent");
    }
}
