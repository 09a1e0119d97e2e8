//! One client: its subscriptions, and the conversation with it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Error,
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
};
use futures_util::SinkExt;
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout},
};
use tungstenite::error::ProtocolError;

use super::{
    hub::{Feed, Hub},
    message::{Echo, Reply, Wish},
    topic::{Of, Topic},
};
use crate::{
    audience::Seat,
    serve::secure::{Caller, Gate},
    state::Shared,
};

/// What a client may subscribe to at once.
const MOST_SUBSCRIPTIONS: usize = 100;
/// Messages that mean nothing, or ask for too much, between two pulses before a client is told to leave.
const MOST_FAULTS: u32 = 100;
/// Messages that are heard in a second; further ones wait.
const MOST_HEARD: u32 = 1_000;
/// Names without anything behind them for which the nearest is looked for, which takes time.
const MOST_HINTS: u32 = 10;
/// How long a client may take no byte of what is sent to it.
const STALLED: Duration = Duration::from_secs(30);
/// How often it is asked whether it is there, and how long it may say nothing at all.
const PULSE: Duration = Duration::from_secs(30);
const SILENCE: Duration = Duration::from_secs(90);
const SECOND: Duration = Duration::from_secs(1);
/// How long a client has to answer a close, or to read one that it cannot answer any more.
const LEAVE: Duration = Duration::from_secs(1);

/// A client and its place among the listeners.
pub(super) struct Client {
    socket: WebSocket,
    hub: Arc<Hub>,
    /// By topic the feed, and the number of the frame that was sent last.
    feeds: BTreeMap<Topic, (Arc<Feed>, u64)>,
    faults: u32,
    hints: u32,
    _seat: Seat,
}

/// How a client came in, and what can end its stay.
pub(super) struct Way {
    pub(super) shared: Arc<Shared>,
    pub(super) gate: Arc<Gate>,
    pub(super) caller: Caller,
    pub(super) stop: watch::Receiver<bool>,
}

/// Why a conversation ends.
enum End {
    /// The client is gone, or takes nothing any more.
    Gone,
    /// It says that it leaves.
    Left,
    /// It is told to leave.
    Close(u16, &'static str),
    /// It sent what cannot be read, and nothing behind that can be.
    Broken(u16, &'static str),
}

const REVOKED: End = End::Close(close_code::POLICY, "who may listen has changed, and you are no longer among them");

impl From<Error> for End {
    fn from(_: Error) -> Self {
        Self::Gone
    }
}

impl End {
    /// What a frame that is refused says of the client: each violation has a code of its own (RFC 6455, 7.4.1).
    fn refused(error: Error) -> Self {
        use tungstenite::Error::{Capacity, Protocol, Utf8};
        let inner = error.into_inner();
        match inner.downcast_ref() {
            Some(Utf8(_)) => Self::Broken(close_code::INVALID, "a text message has to be UTF-8"),
            Some(Capacity(_)) => Self::Broken(close_code::SIZE, "a message may have 16 KiB"),
            Some(Protocol(ProtocolError::ResetWithoutClosingHandshake)) | None => Self::Gone,
            Some(Protocol(_)) => Self::Broken(close_code::PROTOCOL, "not a frame that is taken here"),
            Some(_) => Self::Gone,
        }
    }
}

impl Client {
    pub(super) fn new(socket: WebSocket, hub: Arc<Hub>, seat: Seat) -> Self {
        Self { socket, hub, feeds: BTreeMap::new(), faults: 0, hints: 0, _seat: seat }
    }

    /// Serves until either side has enough, and then takes leave: whoever closes is answered, whoever is told to leave has a moment to hear it.
    pub(super) async fn serve(mut self, way: Way) {
        let (farewell, can_hear) = match self.converse(way).await {
            End::Gone => return,
            // The answer is the library's, which waits to be sent.
            End::Left => (None, true),
            End::Close(code, reason) => (Some((code, reason)), true),
            End::Broken(code, reason) => (Some((code, reason)), false),
        };
        let said = match farewell {
            Some((code, reason)) => {
                let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
                timeout(STALLED, self.socket.send(Message::Close(Some(frame)))).await
            }
            None => timeout(STALLED, self.socket.flush()).await,
        };
        if matches!(said, Ok(Ok(()))) {
            let _ = timeout(LEAVE, self.until_gone(can_hear)).await;
        }
    }

    /// Waits until the client has closed too. What has been cut off in the middle of a frame is not read on: that would have no bounds.
    async fn until_gone(&mut self, can_hear: bool) {
        if !can_hear {
            std::future::pending::<()>().await;
        }
        while let Some(Ok(_)) = self.socket.recv().await {}
    }

    async fn converse(&mut self, mut way: Way) -> End {
        let mut access = way.shared.access_changes();
        // It may have changed since the gate.
        access.mark_changed();
        let mut told = self.hub.told();
        let mut pulse = interval_at(Instant::now() + PULSE, PULSE);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard_at = Instant::now();
        let mut heard = Heard { since: heard_at, messages: 0 };
        loop {
            let done = tokio::select! {
                message = self.socket.recv(), if !heard.is_enough() => {
                    heard_at = Instant::now();
                    heard.count(heard_at);
                    match message {
                        Some(Ok(message)) => self.hear(message).await,
                        Some(Err(error)) => Err(End::refused(error)),
                        None => Err(End::Gone),
                    }
                }
                () = sleep_until(heard.since + SECOND), if heard.is_enough() => {
                    heard = Heard { since: Instant::now(), messages: 0 };
                    Ok(())
                }
                changed = told.changed() => match changed {
                    Ok(()) => self.push().await,
                    Err(_) => Err(End::Gone),
                },
                _ = pulse.tick() => {
                    self.faults = 0;
                    if heard_at.elapsed() > SILENCE {
                        Err(End::Gone)
                    } else {
                        self.send([Message::Ping(Bytes::new())]).await
                    }
                }
                // Ends with the process only.
                _ = access.changed() => {
                    if way.gate.still_admits(&way.caller, &way.shared) { Ok(()) } else { Err(REVOKED) }
                }
                () = stopped(&mut way.stop) => Err(End::Close(close_code::AWAY, "the exporter stops")),
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    /// Sends the newest frame of everything it listens to, as far as it has not got it yet.
    async fn push(&mut self) -> Result<(), End> {
        let mut news = Vec::new();
        for (feed, sent) in self.feeds.values_mut() {
            if let Some(frame) = feed.after(*sent) {
                *sent = frame.number;
                news.push(Message::Text(frame.text));
            }
        }
        self.send(news).await
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        let wish = match message {
            Message::Text(text) => Wish::parse(&text),
            Message::Binary(_) => Err(String::from("binary messages mean nothing here: write JSON as text")),
            // Answered by the library, or an answer to ours.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Left),
        };
        let text = match wish {
            Ok(Wish::Ping) => Reply::Pong.text(),
            Ok(Wish::Subscribe(topic, note)) => match self.subscribe(topic, note) {
                Ok(reply) => {
                    self.send([Message::Text(reply)]).await?;
                    // What there is comes at once, not with the next second.
                    return self.push().await;
                }
                Err(error) => self.fault(error)?,
            },
            Ok(Wish::Unsubscribe(topic)) => {
                self.feeds.remove(&topic);
                Reply::Unsubscribed(Echo::of(&topic)).text()
            }
            Err(error) => self.fault(error)?,
        };
        self.send([Message::Text(text)]).await
    }

    /// Answers a mistake, as long as there are not too many.
    fn fault(&mut self, error: String) -> Result<Utf8Bytes, End> {
        self.faults += 1;
        if self.faults > MOST_FAULTS {
            return Err(End::Close(close_code::POLICY, "too many messages that mean nothing or ask for too much"));
        }
        Ok(Reply::Error { error }.text())
    }

    fn subscribe(&mut self, topic: Topic, note: Option<String>) -> Result<Utf8Bytes, String> {
        let reply = |topic: &Topic, note| Reply::Subscribed { topic: Echo::of(topic), note }.text();
        if self.feeds.contains_key(&topic) {
            return Ok(reply(&topic, note));
        }
        if self.feeds.len() >= MOST_SUBSCRIPTIONS {
            return Err(format!("a client may have {MOST_SUBSCRIPTIONS} subscriptions: unsubscribe from some first"));
        }
        let Some(feed) = self.hub.feed(&topic) else {
            return Err(String::from(
                "all clients together listen to too many different names, or to too many that there is nothing of: try again later",
            ));
        };
        let nothing = (!feed.is_told()).then(|| self.nothing(&topic));
        let notes: Vec<String> = nothing.into_iter().chain(note).collect();
        let text = reply(&topic, (!notes.is_empty()).then(|| notes.join(" ")));
        self.feeds.insert(topic, (feed, 0));
        Ok(text)
    }

    /// Says that there is nothing of that name.
    fn nothing(&mut self, topic: &Topic) -> String {
        self.hints += 1;
        let hint = if self.hints > MOST_HINTS { String::from(".") } else { self.hub.hint(topic) };
        let what = if matches!(topic.of, Of::Metric(_)) { "metric" } else { "call site" };
        let with = if topic.labels.is_empty() { "" } else { " with these labels" };
        format!("there is no such {what}{with} yet, and its figures come when there is one{hint}")
    }

    /// Sends messages together. Who takes none of it for too long is given up.
    async fn send(&mut self, messages: impl IntoIterator<Item = Message>) -> Result<(), End> {
        let sending = async {
            for message in messages {
                self.socket.feed(message).await?;
            }
            self.socket.flush().await
        };
        timeout(STALLED, sending).await.map_err(|_| End::Gone)?.map_err(End::from)
    }
}

/// How much was heard in a second.
struct Heard {
    since: Instant,
    messages: u32,
}

impl Heard {
    fn count(&mut self, now: Instant) {
        if now >= self.since + SECOND {
            *self = Self { since: now, messages: 0 };
        }
        self.messages += 1;
    }

    fn is_enough(&self) -> bool {
        self.messages >= MOST_HEARD
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Without a sender it has stopped as well.
    let _ = stop.wait_for(|stop| *stop).await;
}
