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

/// The series of a site that were called, those with the most time first. A route has one row, whatever its requests were answered: a status is a label that no
/// request begins with.
pub(super) fn series(site: &Site) -> Vec<&Series> {
    let begins = |series: &&Series| site.kind() != Kind::Request || series.stats().started() > 0;
    let called = site.series().iter().filter(|series| called(series.stats()));
    let mut series: Vec<&Series> = called.filter(begins).collect();
    series.sort_by_key(|series| importance(series.stats()));
    series
}

fn called(stats: &Stats) -> bool {
    stats.started() > 0 || stats.calls() > 0
}

fn importance(stats: &Stats) -> impl Ord + use<> {
    std::cmp::Reverse((stats.outermost(), stats.calls(), stats.started()))
}

#[cfg(test)]
mod tests {
    use super::series;
    use crate::{
        report::tests::fixture::site,
        site::Kind,
        snapshot::{Series, Stats},
    };

    #[test]
    fn labels_that_requests_end_with_are_no_rows() {
        let ended = Stats { ok: 3, arrived: 3, ..Stats::default() };
        let begun = Stats { ok: 3, started: 3, ..Stats::default() };
        let rows = |kind| {
            let mut site = site(kind, &["GET", "/orders"], Stats::default(), 1);
            site.series = [("200", &ended), ("a tenant", &begun)]
                .map(|(value, stats)| Series { values: vec![value.to_owned()], stats: stats.clone() })
                .into();
            series(&site).iter().map(|one| one.values()[0].clone()).collect::<Vec<_>>()
        };
        assert_eq!(rows(Kind::Request), ["a tenant"]);
        assert_eq!(rows(Kind::Latency).len(), 2);
    }
}
