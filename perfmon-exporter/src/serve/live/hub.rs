//! Who listens to what, and the newest frame of it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use axum::extract::ws::Utf8Bytes;
use tokio::{sync::watch, task::yield_now};

use super::topic::{Second, Topic};
use crate::state::{Shared, Tick};

/// Different topics at once, of all clients together.
const MOST_TOPICS: usize = 4_096;
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
    feeds: Mutex<BTreeMap<Topic, Weak<Feed>>>,
    /// The number of the last tick whose frames are written.
    told: watch::Sender<u64>,
}

impl Feed {
    /// The newest frame, if there is one after a number.
    pub(super) fn after(&self, number: u64) -> Option<Frame> {
        self.newest().clone().filter(|frame| frame.number > number)
    }

    fn newest(&self) -> MutexGuard<'_, Option<Frame>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hub {
    /// Nobody listens yet. Runs as long as the runtime does.
    pub(super) fn start(shared: Arc<Shared>) -> Arc<Self> {
        let hub = Arc::new(Self { feeds: Mutex::default(), told: watch::Sender::new(0) });
        let running = hub.clone();
        tokio::spawn(async move {
            let mut ticks = shared.subscribe();
            while ticks.changed().await.is_ok() {
                let tick = ticks.borrow_and_update().clone();
                if let Some(tick) = tick {
                    running.tell(&shared, &tick).await;
                }
            }
        });
        hub
    }

    /// The feed of a topic; `None` when there are too many topics.
    pub(super) fn feed(&self, topic: &Topic) -> Option<Arc<Feed>> {
        let mut feeds = self.feeds();
        if let Some(known) = feeds.get(topic).and_then(Weak::upgrade) {
            return Some(known);
        }
        if feeds.len() >= MOST_TOPICS {
            feeds.retain(|_, feed| feed.strong_count() > 0);
        }
        (feeds.len() < MOST_TOPICS).then(|| {
            let feed = Arc::new(Feed::default());
            feeds.insert(topic.clone(), Arc::downgrade(&feed));
            feed
        })
    }

    /// Wakes whenever there are new frames.
    pub(super) fn told(&self) -> watch::Receiver<u64> {
        self.told.subscribe()
    }

    /// Writes the frames of a tick, each once, then wakes all clients.
    async fn tell(&self, shared: &Shared, tick: &Tick) {
        let heard: Vec<(Topic, Arc<Feed>)> = {
            let mut feeds = self.feeds();
            feeds.retain(|_, feed| feed.strong_count() > 0);
            feeds.iter().filter_map(|(topic, feed)| Some((topic.clone(), feed.upgrade()?))).collect()
        };
        if heard.is_empty() {
            return;
        }
        let second = Second::new(shared, &tick.snapshot);
        for turn in heard.chunks(TURN) {
            for (topic, feed) in turn {
                if let Some(text) = topic.frame(&second) {
                    *feed.newest() = Some(Frame { number: tick.number, text });
                }
            }
            yield_now().await;
        }
        self.told.send_replace(tick.number);
    }

    fn feeds(&self) -> MutexGuard<'_, BTreeMap<Topic, Weak<Feed>>> {
        self.feeds.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
