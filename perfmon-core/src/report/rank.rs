//! Which sites and series come first: the same order in every format made for people.

use crate::{
    site::Kind,
    snapshot::{Series, Site, Snapshot, Stats},
};

/// The called sites of a kind, those with the most time first.
pub(super) fn sites(snapshot: &Snapshot, kind: Kind) -> Vec<&Site> {
    let mut sites: Vec<&Site> = snapshot.of_kind(kind).filter(|site| called(site)).collect();
    sites.sort_by_key(|site| importance(site));
    sites
}

/// The series of a site that were called, those with the most time first.
pub(super) fn series(site: &Site) -> Vec<&Series> {
    let mut series: Vec<&Series> = site.series().iter().filter(|series| called(series.stats())).collect();
    series.sort_by_key(|series| importance(series.stats()));
    series
}

fn called(stats: &Stats) -> bool {
    stats.started() > 0 || stats.calls() > 0
}

fn importance(stats: &Stats) -> impl Ord + use<> {
    std::cmp::Reverse((stats.outermost(), stats.calls(), stats.started()))
}
