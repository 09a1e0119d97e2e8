//! What windows take in memory, and what is given up when it is too much.

use std::{cmp::Reverse, collections::BTreeSet, time::Duration};

use super::{
    frame::Frame,
    track::{OwnedKey, Track},
    windows::{Stage, Windows},
};

/// A series that no snapshot had for so long is forgotten. By then nothing of it is left in any frame.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(2 * 3_600);

impl Windows {
    /// Gives up series until a quarter of the limit is free again: first those with labels and custom metrics, then site totals.
    pub(super) fn give_up(&mut self) {
        let mut costs = vec![0; self.tracks.len()];
        for (cost, track) in costs.iter_mut().zip(&self.tracks) {
            *cost = track.as_ref().map_or(0, Track::footprint);
        }
        for (place, growth) in self.stages.iter().flat_map(Stage::frames).flat_map(Frame::growths) {
            costs[place as usize] += growth.len() + 2;
        }
        let mut candidates: Vec<_> = self
            .keys
            .iter()
            .filter(|(key, _)| !matches!(key, OwnedKey::Losses))
            .map(|(key, place)| (key.as_key().is_total(), *place, key.footprint()))
            .collect();
        // Those that came last go first.
        candidates.sort_unstable_by_key(|(total, place, _)| (*total, Reverse(*place)));
        let mut excess = self.footprint.saturating_sub(self.limit / 4 * 3);
        let mut given_up = BTreeSet::new();
        for (total, place, key) in candidates {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(costs[place as usize] + key);
            given_up.insert(place);
            let counted = self.tracks[place as usize].as_ref().is_some_and(|track| track.seen == self.at);
            let count = if total { &mut self.untracked.totals } else { &mut self.untracked.others };
            *count += u64::from(counted);
        }
        self.remove(&given_up);
        self.footprint = self.measure();
    }

    /// Forgets series that no snapshot has had for two hours.
    pub(super) fn forget(&mut self) {
        let gone = |track: &Track| self.at.saturating_sub(track.seen) > FORGOTTEN_AFTER;
        let found = (0_u32..).zip(&self.tracks).filter(|(_, track)| track.as_ref().is_some_and(gone));
        let found: BTreeSet<u32> = found.map(|(place, _)| place).collect();
        self.remove(&found);
    }

    fn remove(&mut self, places: &BTreeSet<u32>) {
        if places.is_empty() {
            return;
        }
        self.keys.retain(|(_, place)| !places.contains(place));
        for &place in places {
            self.tracks[place as usize] = None;
        }
        // Their places will be taken by others.
        for frame in self.stages.iter_mut().flat_map(Stage::frames_mut) {
            frame.retain(|place| !places.contains(&place));
        }
    }

    /// Bytes in use, counted anew.
    pub(super) fn measure(&self) -> usize {
        let keys: usize = self.keys.iter().map(|(key, _)| size_of::<u64>() + key.footprint()).sum();
        let tracks: usize = self.tracks.iter().flatten().map(Track::footprint).sum();
        let frames: usize = self.stages.iter().flat_map(Stage::frames).map(Frame::footprint).sum();
        keys + tracks + frames
    }
}
