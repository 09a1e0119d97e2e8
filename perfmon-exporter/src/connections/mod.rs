//! The connections that are open: bounded, and the idle ones give way.
//!
//! A client that opens connections and says nothing, or reads nothing, must neither keep others out nor take the file descriptors of the service around us. So
//! there is a bound for all, and one for each address. A new connection beyond takes the place of the one that has been idle for longest (of its own address, if that is what has too
//! many), or else of the one whose client has left an answer unread for longest. Where nobody gives way there are a few places more, over which only the vital signs are told: who restarts
//! what does not answer has to be answered.

mod pace;
mod share;

use std::{
    collections::BTreeMap,
    io,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{task::AbortHandle, time::Instant};

pub(crate) use self::{
    pace::Pace,
    share::{chosen_connections, most_connections, most_listeners},
};

/// One address may have a quarter of all; some connections are always possible.
const ADDRESS_SHARE: usize = 4;
const ADDRESS_LEAST: usize = 16;
/// Places for vital signs: an eighth of all as well, at most so many; one address may have a quarter of those.
const VITAL_SHARE: usize = 8;
const VITAL_MOST: usize = 16;
const VITAL_ADDRESS_SHARE: usize = 4;
/// How long an answer may be left unread before its connection gives way, in milliseconds.
const STALLED: u64 = 1_000;

/// For how long health tells of a failure.
const LATELY: Duration = Duration::from_secs(60);

/// All open connections.
#[derive(Debug)]
pub(crate) struct Connections {
    most: usize,
    open: Mutex<BTreeMap<u64, Connection>>,
    next: Arc<AtomicU64>,
    epoch: Instant,
    evicted: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    last_failure: Mutex<Option<(Instant, String)>>,
}

#[derive(Debug)]
struct Connection {
    /// `None` of a trusted proxy, until it says for whom it asks.
    client: Option<IpAddr>,
    is_vital: bool,
    pace: Pace,
    task: Option<AbortHandle>,
}

/// A place among the connections, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    connections: Arc<Connections>,
    number: u64,
    pub(crate) pace: Pace,
    /// Nothing but vital signs is told over it.
    pub(crate) is_vital: bool,
}

type Open = BTreeMap<u64, Connection>;

impl Connections {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            open: Mutex::default(),
            next: Arc::default(),
            epoch: Instant::now(),
            evicted: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            last_failure: Mutex::default(),
        })
    }

    /// A place for a new connection of a client, or of a trusted proxy (`None`), which has no bound of its own; `None` when all are busy.
    pub(crate) fn enter(self: &Arc<Self>, client: Option<IpAddr>) -> Option<Place> {
        let mut open = self.open();
        let is_crowd = client.is_some() && of(&open, client, false).count() >= self.most_of_address();
        let is_full = open.values().filter(|one| !one.is_vital).count() >= self.most;
        let is_vital = if !is_crowd && !is_full {
            false
        } else {
            let of_all = |_: &(&u64, &Connection)| true;
            let of_client = |(_, one): &(&u64, &Connection)| one.client == client;
            let victim = if is_crowd { victim(&open, of_client) } else { victim(&open, of_all) };
            match victim {
                Some(number) => self.evict(&mut open, number),
                None if self.makes_vital_room(&mut open, client) => {}
                None => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    return None;
                }
            }
            victim.is_none()
        };
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let pace = Pace::new(&self.next, self.epoch);
        open.insert(number, Connection { client, is_vital, pace: pace.clone(), task: None });
        Some(Place { connections: self.clone(), number, pace, is_vital })
    }

    /// Whether there is room for one more that asks for vital signs: these connections are short, so the oldest gives way.
    fn makes_vital_room(&self, open: &mut Open, client: Option<IpAddr>) -> bool {
        let most = (self.most / VITAL_SHARE).clamp(1, VITAL_MOST);
        let is_crowd = client.is_some() && of(open, client, true).count() >= (most / VITAL_ADDRESS_SHARE).max(1);
        let vital = open.iter().filter(|(_, one)| one.is_vital);
        if !is_crowd && vital.clone().count() < most {
            return true;
        }
        let oldest = vital.filter(|(_, one)| !is_crowd || one.client == client).find(|(_, one)| !one.pace.is_busy());
        let Some(oldest) = oldest.map(|(number, _)| *number) else { return false };
        self.evict(open, oldest);
        true
    }

    fn evict(&self, open: &mut Open, number: u64) {
        if let Some(task) = open.remove(&number).and_then(|one| one.task) {
            task.abort();
        }
        self.evicted.fetch_add(1, Ordering::Relaxed);
    }

    fn most_of_address(&self) -> usize {
        (self.most / ADDRESS_SHARE).max(ADDRESS_LEAST).min(self.most)
    }

    /// Connections open now.
    pub(crate) fn len(&self) -> usize {
        self.open().len()
    }

    /// Connections being answered now.
    pub(crate) fn busy(&self) -> usize {
        self.open().values().filter(|one| one.pace.is_busy()).count()
    }

    /// Connections that were closed to make room: idle ones, and those whose clients did not read.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted.load(Ordering::Relaxed)
    }

    /// Connections turned away because all others were busy.
    pub(crate) fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Notes that the system gave no connection.
    pub(crate) fn fail(&self, error: &io::Error) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        *self.last_failure() = Some((Instant::now(), error.to_string()));
    }

    /// How often the system gave no connection.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Why the system gave no connection lately.
    pub(crate) fn failing(&self) -> Option<String> {
        self.last_failure().as_ref().filter(|(at, _)| at.elapsed() < LATELY).map(|(_, error)| error.clone())
    }

    /// Tells which task serves a connection, so that it can be ended.
    pub(crate) fn serve_with(&self, number: u64, task: AbortHandle) {
        match self.open().get_mut(&number) {
            Some(connection) => connection.task = Some(task),
            // It had to give way before it began.
            None => task.abort(),
        }
    }

    fn last_failure(&self) -> MutexGuard<'_, Option<(Instant, String)>> {
        self.last_failure.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of(open: &Open, client: Option<IpAddr>, vital: bool) -> impl Iterator<Item = &Connection> {
    open.values().filter(move |one| one.client == client && one.is_vital == vital)
}

/// The one that has been idle for longest, or else the one whose client has left something unread for longest.
fn victim(open: &Open, may: impl Fn(&(&u64, &Connection)) -> bool) -> Option<u64> {
    let plain = || open.iter().filter(|(_, one)| !one.is_vital).filter(&may);
    let idle = plain().filter_map(|(number, one)| Some((one.pace.idle_since()?, *number))).min();
    let stalled = || plain().filter_map(|(number, one)| Some((one.pace.stalled_for()?, *number))).max();
    idle.or_else(|| stalled().filter(|(time, _)| *time >= STALLED)).map(|(_, number)| number)
}

impl Place {
    /// The number by which [`Connections::serve_with`] knows it.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Takes a request of a client that a trusted proxy asks for, unless too many others are being answered for it, or left unread by it.
    pub(crate) fn admits(&self, client: IpAddr) -> bool {
        let mut open = self.connections.open();
        let others = open.iter().filter(|(number, one)| **number != self.number && one.client == Some(client));
        let is_room =
            others.filter(|(_, one)| one.pace.idle_since().is_none()).count() < self.connections.most_of_address();
        if let Some(one) = open.get_mut(&self.number).filter(|_| is_room) {
            one.client = Some(client);
        }
        is_room
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, sync::Arc, time::Duration};

    use tokio::time::advance;

    use super::{Connections, Place};

    fn enter(connections: &Arc<Connections>, address: u32) -> Option<Place> {
        connections.enter(Some(IpAddr::V4(address.into())))
    }

    /// One that is being answered.
    fn busy(connections: &Arc<Connections>, address: u32) -> Place {
        let place = enter(connections, address).expect("room");
        place.pace.begin();
        place
    }

    /// One whose client does not read.
    fn stalled(connections: &Arc<Connections>, address: u32) -> Place {
        let place = busy(connections, address);
        place.pace.end();
        place.pace.stall(true);
        place
    }

    fn has(connections: &Connections, place: &Place) -> bool {
        connections.open().contains_key(&place.number())
    }

    #[tokio::test(start_paused = true)]
    async fn the_idle_give_way_and_the_busy_stay() {
        let connections = Connections::new(2);
        let first = busy(&connections, 1);
        let second = enter(&connections, 1).expect("room");
        let third = busy(&connections, 1);
        assert_eq!((connections.len(), connections.evicted()), (2, 1), "the second is idle and gives way");
        let vital = enter(&connections, 1).expect("a place for vital signs");
        vital.pace.begin();
        assert!(vital.is_vital && !first.is_vital && !third.is_vital);
        assert!(enter(&connections, 1).is_none(), "all are busy");
        assert_eq!(connections.refused(), 1);
        // The one that had to go leaves nothing behind, nor takes another's place with it.
        drop((second, vital));
        assert_eq!(connections.len(), 2);
        drop((first, third));
        assert_eq!(connections.len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asked_lately_stays() {
        let connections = Connections::new(2);
        let old = busy(&connections, 1);
        let silent = enter(&connections, 1).expect("room");
        old.pace.end();
        let _new = enter(&connections, 1).expect("the silent one gives way");
        assert!(has(&connections, &old) && !has(&connections, &silent));
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_gives_way_when_nobody_is_idle() {
        let connections = Connections::new(2);
        let first = stalled(&connections, 1);
        advance(Duration::from_millis(500)).await;
        let second = stalled(&connections, 1);
        assert!(enter(&connections, 1).expect("a place").is_vital, "they have some time to read");
        advance(Duration::from_millis(500)).await;
        let third = busy(&connections, 1);
        assert!(!third.is_vital && !has(&connections, &first) && has(&connections, &second));
        second.pace.stall(false);
        let idle = enter(&connections, 1).expect("it has read all, and is idle");
        assert!(!idle.is_vital && !has(&connections, &second));
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_a_share() {
        let connections = Connections::new(512);
        let many: Vec<_> = (0..128).map(|_| busy(&connections, 1)).collect();
        let others: Vec<_> = (0..4).map(|_| busy(&connections, 1)).collect();
        assert!(many.iter().all(|place| !place.is_vital) && others.iter().all(|place| place.is_vital));
        assert!(enter(&connections, 1).is_none(), "also of places for vital signs");
        assert!(!busy(&connections, 2).is_vital, "another address does not notice");
        // Its own idle ones give way, and nobody else's.
        let idle = enter(&connections, 2).expect("room");
        many[7].pace.end();
        assert!(!busy(&connections, 1).is_vital);
        assert!(!has(&connections, &many[7]) && has(&connections, &idle));
        // A proxy has the places that there are, and each of its clients its share.
        let proxied: Vec<_> = (0..200).map(|_| connections.enter(None).expect("room")).collect();
        let asks = |place: &&Place| {
            let admitted = place.admits(IpAddr::V4(3.into()));
            place.pace.begin();
            admitted
        };
        assert_eq!(proxied[..150].iter().filter(asks).count(), 128);
        assert!(proxied[199].admits(IpAddr::V4(4.into())));
    }

    #[tokio::test(start_paused = true)]
    async fn vital_signs_are_told_to_the_last_that_ask() {
        let connections = Connections::new(512);
        let _busy: Vec<_> = (0..512).map(|number| busy(&connections, number / 100)).collect();
        // As many as one address may have, none of which says anything.
        let silent: Vec<_> = (0..100).map(|_| enter(&connections, 1).expect("room")).collect();
        assert!(silent.iter().all(|place| place.is_vital));
        let probe = enter(&connections, 9).expect("room");
        assert!(probe.is_vital && silent.iter().filter(|place| has(&connections, place)).count() == 4);
        let _crowd: Vec<_> = (0..100).map(|_| enter(&connections, 1)).collect();
        assert!(has(&connections, &probe), "another's crowd does not push it out");
    }
}
