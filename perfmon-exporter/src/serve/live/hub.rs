//! Who listens to what, and the newest frame of it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use axum::extract::ws::Utf8Bytes;
use perfmon_core::snapshot::{Metric, Site};
use tokio::{sync::watch, task::yield_now};

use super::topic::{Of, Topic};
use crate::{
    near::hint,
    state::{Shared, Tick},
};

/// Different topics at once, of all clients together.
const MOST_TOPICS: usize = 4_096;
/// Besides, names of which there is nothing to tell yet: whoever invents them takes nothing from those who want what there is.
const MOST_WAITING: usize = 1_024;
/// Frames written before others get a turn on the thread.
const TURN: usize = 64;

/// A topic that somebody listens to.
#[derive(Debug, Default)]
pub(super) struct Feed {
    newest: Mutex<Option<Frame>>,
}

/// A frame by the number of its tick.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) number: u64,
    pub(super) text: Utf8Bytes,
}

/// All feeds. Clients hold them; here they are only known.
#[derive(Debug)]
pub(super) struct Hub {
    shared: Arc<Shared>,
    feeds: Mutex<Feeds>,
    /// The number of the last tick whose frames are written.
    told: watch::Sender<u64>,
}

/// Feeds by topic.
#[derive(Debug, Default)]
struct Feeds {
    told: Known,
    waiting: Known,
}

type Known = BTreeMap<Topic, Weak<Feed>>;

impl Feed {
    /// Whether there has been anything to tell.
    pub(super) fn is_told(&self) -> bool {
        self.newest().is_some()
    }

    /// The newest frame, if there is one after a number.
    pub(super) fn after(&self, number: u64) -> Option<Frame> {
        self.newest().clone().filter(|frame| frame.number > number)
    }

    fn newest(&self) -> MutexGuard<'_, Option<Frame>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feeds {
    fn find(&self, topic: &Topic) -> Option<Arc<Feed>> {
        self.told.get(topic).or_else(|| self.waiting.get(topic))?.upgrade()
    }

    /// Those that somebody listens to.
    fn heard(&mut self) -> Vec<(Topic, Arc<Feed>)> {
        let held = |feeds: &mut Known| {
            feeds.retain(|_, feed| feed.strong_count() > 0);
        };
        held(&mut self.told);
        held(&mut self.waiting);
        let all = self.told.iter().chain(&self.waiting);
        all.filter_map(|(topic, feed)| Some((topic.clone(), feed.upgrade()?))).collect()
    }

    /// Gives a feed its place; `false` when all are taken.
    fn add(&mut self, topic: &Topic, feed: &Arc<Feed>) -> bool {
        let (feeds, most) =
            if feed.is_told() { (&mut self.told, MOST_TOPICS) } else { (&mut self.waiting, MOST_WAITING) };
        if feeds.len() >= most {
            feeds.retain(|_, feed| feed.strong_count() > 0);
        }
        let has_room = feeds.len() < most;
        if has_room {
            feeds.insert(topic.clone(), Arc::downgrade(feed));
        }
        has_room
    }
}

impl Hub {
    /// Nobody listens yet. Runs as long as the runtime does.
    pub(super) fn start(shared: Arc<Shared>) -> Arc<Self> {
        let hub = Arc::new(Self { shared, feeds: Mutex::default(), told: watch::Sender::new(0) });
        let running = hub.clone();
        tokio::spawn(async move {
            let mut ticks = running.shared.subscribe();
            while ticks.changed().await.is_ok() {
                let tick = ticks.borrow_and_update().clone();
                if let Some(tick) = tick {
                    running.tell(&tick).await;
                }
            }
        });
        hub
    }

    /// The feed of a topic, with the frame of the last second; `None` when there are too many topics.
    pub(super) fn feed(&self, topic: &Topic) -> Option<Arc<Feed>> {
        if let Some(known) = self.feeds().find(topic) {
            return Some(known);
        }
        let frame = self.shared.latest().and_then(|tick| {
            let text = topic.frame(&self.shared, &tick)?;
            Some(Frame { number: tick.number, text })
        });
        let feed = Arc::new(Feed { newest: Mutex::new(frame) });
        // Another client's may have come in between.
        let mut feeds = self.feeds();
        feeds.find(topic).or_else(|| feeds.add(topic, &feed).then_some(feed))
    }

    /// The names of what there is.
    pub(super) fn hint(&self, topic: &Topic) -> String {
        let Some(tick) = self.shared.latest() else { return String::from(".") };
        let now = &tick.snapshot;
        match &topic.of {
            Of::Metric(name) => hint(name, now.metrics().iter().map(Metric::name)),
            Of::Site(_, name) => hint(name, now.sites().iter().map(Site::name)),
        }
    }

    /// Wakes whenever there are new frames.
    pub(super) fn told(&self) -> watch::Receiver<u64> {
        self.told.subscribe()
    }

    /// Writes the frames of a tick, each once, then wakes all clients.
    async fn tell(&self, tick: &Tick) {
        let heard = self.feeds().heard();
        if heard.is_empty() {
            return;
        }
        for turn in heard.chunks(TURN) {
            for (topic, feed) in turn {
                if let Some(text) = topic.frame(&self.shared, tick) {
                    let before = feed.newest().replace(Frame { number: tick.number, text });
                    if before.is_none() {
                        self.appears(topic, feed);
                    }
                }
            }
            yield_now().await;
        }
        self.told.send_replace(tick.number);
    }

    /// There is something to tell of it now.
    fn appears(&self, topic: &Topic, feed: &Arc<Feed>) {
        let mut feeds = self.feeds();
        if feeds.add(topic, feed) {
            feeds.waiting.remove(topic);
        }
    }

    fn feeds(&self) -> MutexGuard<'_, Feeds> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
