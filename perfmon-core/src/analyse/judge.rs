//! Whether sites keep what they promise: each objective over its own window, and since when it is missed.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use super::Window;
use crate::{
    site::{Kind, Objective},
    snapshot::{ObjectiveStatus, Snapshot},
};

/// How an objective of a site stands over its own window. From [`Judge::judge`].
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What sort of site promises it.
    pub kind: Kind,
    /// The site's name.
    pub name: String,
    /// The objective, and what the calls in its window made of it.
    pub status: ObjectiveStatus,
    /// The calls in its window.
    pub calls: u64,
    /// The window, as [`Window::covering`] chooses it.
    pub window: Window,
    /// The time that the window truly covers.
    pub span: Duration,
    /// For how long it has been missed without a break; `None` if it is not.
    pub missed_for: Option<Duration>,
}

impl Verdict {
    /// Whether it has been missed for as long as it asks ([`Objective::hold`]): that is what counts against health.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        self.missed_for.is_some_and(|lasted| lasted >= self.status.objective.hold())
    }
}

/// Judges objectives over their windows, moment after moment, and so knows for how long each is missed.
///
/// Without clock and thread: time is the snapshots' own [`span`](Snapshot::span). A break is a moment, of those it was asked for, at which the objective held or its
/// window had no calls.
///
/// ```
/// # use perfmon_core as perfmon;
/// use std::borrow::Cow;
/// use perfmon::analyse::{Judge, Windows};
///
/// let (mut windows, mut judge) = (Windows::default(), Judge::default());
/// // Once a second:
/// let now = perfmon::snapshot();
/// windows.advance(&now);
/// let verdicts = judge.judge(&now, |window| Cow::Owned(windows.interval(window, &now)));
/// assert!(verdicts.iter().all(|verdict| !verdict.is_missed()));
/// ```
#[derive(Debug, Default)]
pub struct Judge {
    /// The process it knows of.
    process: u64,
    /// By site, since when each of its objectives is missed, in the order of the site's objectives.
    missed: HashMap<(Kind, String), Vec<Option<Duration>>>,
}

impl Judge {
    /// How every objective stands now, by sites in the order of snapshots. It asks once for each window that some objective is judged over; a site that the window
    /// leaves out is not judged.
    pub fn judge<'a>(&mut self, now: &Snapshot, mut interval: impl FnMut(Window) -> Cow<'a, Snapshot>) -> Vec<Verdict> {
        let known = std::mem::take(&mut self.missed);
        let known = if self.process == now.process { known } else { HashMap::new() };
        self.process = now.process;
        let promised = now.sites.iter().flat_map(|site| &site.objectives).map(window_of);
        let mut verdicts = Vec::new();
        for window in promised.collect::<BTreeSet<_>>() {
            let recent = interval(window);
            for site in recent.sites() {
                let own = site.objectives().enumerate().filter(|(_, status)| window_of(&status.objective) == window);
                for (place, status) in own {
                    let before = known.get(&site.key).and_then(|since| since.get(place).copied().flatten());
                    // A clock that went back would make it last for less than nothing.
                    let since = (status.met == Some(false)).then(|| before.unwrap_or(now.span).min(now.span));
                    if since.is_some() {
                        let missed = self.missed.entry(site.key.clone()).or_default();
                        missed.resize(site.objectives.len(), None);
                        missed[place] = since;
                    }
                    verdicts.push(Verdict {
                        kind: site.key.0,
                        name: site.key.1.clone(),
                        status,
                        calls: site.calls(),
                        window,
                        span: recent.span,
                        missed_for: since.map(|since| now.span.saturating_sub(since)),
                    });
                }
            }
        }
        verdicts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        verdicts
    }
}

fn window_of(objective: &Objective) -> Window {
    Window::covering(objective.window())
}
