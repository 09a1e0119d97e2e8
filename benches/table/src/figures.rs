//! Many measurements of one thing, as few figures.

/// Measurements of one thing.
#[derive(Default, Clone)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    pub(crate) fn push(&mut self, value: f64) {
        self.0.push(value);
        self.0.sort_by(f64::total_cmp);
    }

    fn at(&self, part: f64) -> f64 {
        if self.0.is_empty() { f64::NAN } else { self.0[((self.0.len() - 1) as f64 * part).round() as usize] }
    }

    pub(crate) fn median(&self) -> f64 {
        self.at(0.5)
    }

    pub(crate) fn min(&self) -> f64 {
        self.at(0.0)
    }

    pub(crate) fn max(&self) -> f64 {
        self.at(1.0)
    }

    /// Half the distance between the quartiles, in parts of the median.
    pub(crate) fn spread(&self) -> f64 {
        (self.at(0.75) - self.at(0.25)) / 2.0 / self.median()
    }
}

impl FromIterator<f64> for Figures {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut figures = Self(values.into_iter().collect());
        figures.0.sort_by(f64::total_cmp);
        figures
    }
}
