//! Label values that are looked up once and kept.

use crate::{
    record::series_of,
    site::{CallSite, SeriesId},
};

/// A set of label values of a call site, looked up once and kept by whoever gives it to many calls: what [`Bound`](crate::Bound) is for metrics.
///
/// ```
/// # use perfmon_core as perfmon;
/// # mod sites { pub use perfmon_core::{call::{LabelSet, announce, guard}, site::CallSite}; }
/// use perfmon::site::Kind;
/// use sites::{CallSite, LabelSet};
///
/// let site = sites::announce(CallSite::made(Kind::Latency, &["upload"], module_path!()).labels(&["tier"]));
/// let free = LabelSet::of(site, &["free"]);
/// let mut upload = sites::guard(site);
/// upload.relabel_as(free); // its account is known now
/// drop(upload);
/// assert_eq!(perfmon::snapshot().get("upload").unwrap().with_labels(&["free"]).unwrap().calls(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelSet {
    /// 0, which is none, where it was looked up from inside the recorder.
    pub(super) series: SeriesId,
}

impl LabelSet {
    /// Looks up the series of a site with these label values, in the order of its keys; the series without labels if there are no values. It counts among those
    /// of its site from now on: beyond [the limit](crate::Setup::label_limit) it is `other`, and stays so. Costs a lock, and memory the first time.
    #[must_use]
    pub fn of(site: &'static CallSite, values: &[&str]) -> Self {
        // What has no key is no label.
        let values = values.get(..site.declaration.labels.len()).unwrap_or(values);
        Self { series: series_of(site, values).unwrap_or(SeriesId(0)) }
    }
}
