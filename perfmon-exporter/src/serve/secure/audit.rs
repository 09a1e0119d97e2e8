//! What is refused, for whoever reads the log: by whom, of what, and how often.
//!
//! Whoever is refused can ask again as fast as the network is, and the log must not grow so fast. So the first of a kind (the reason, the client) has a line at once, and what
//! follows within a while is one line with its number. Secrets are not part of it, nor is what a query says.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::rate::client;
use crate::state::Refusal;

/// How long the next ones of a kind are gathered.
const GATHER: Duration = Duration::from_secs(10);
/// Kinds that are told apart; of further clients those of one reason are one.
const MOST: usize = 64;
/// Characters of a name or path that are told.
const LONGEST: usize = 80;

/// What is kept of refusals until it has been told.
#[derive(Debug, Default)]
pub(crate) struct Audit(Mutex<BTreeMap<(Refusal, IpAddr), Gathered>>);

/// What was refused.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) reason: Refusal,
    pub(crate) client: IpAddr,
    /// The name of the user or token, as it was said.
    pub(crate) who: Option<String>,
    pub(crate) method: String,
    pub(crate) path: String,
}

#[derive(Debug)]
struct Gathered {
    since: Instant,
    /// The last one, and how many there have been since there was a line.
    last: Option<(Entry, u64)>,
}

impl Audit {
    /// Takes note of one.
    pub(crate) fn refused(&self, entry: Entry) {
        let mut all = self.all();
        let mut kind = (entry.reason, client(entry.client));
        if all.len() >= MOST && !all.contains_key(&kind) {
            kind.1 = Ipv4Addr::UNSPECIFIED.into();
        }
        if let Some(gathered) = all.get_mut(&kind) {
            let count = gathered.last.as_ref().map_or(0, |(_, count)| *count);
            gathered.last = Some((entry, count + 1));
            return;
        }
        all.insert(kind, Gathered { since: Instant::now(), last: None });
        drop(all);
        entry.tell(1);
    }

    /// Tells what has been gathered for long enough; to be called once a second.
    pub(crate) fn tell(&self) {
        let now = Instant::now();
        let mut told = Vec::new();
        self.all().retain(|_, gathered| {
            if now.saturating_duration_since(gathered.since) < GATHER {
                return true;
            }
            gathered.since = now;
            let last = gathered.last.take();
            let goes_on = last.is_some();
            told.extend(last);
            goes_on
        });
        told.into_iter().for_each(|(entry, count)| entry.tell(count));
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<(Refusal, IpAddr), Gathered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Levels are part of a call site, so each has its own.
macro_rules! line {
    ($level:ident, $entry:ident, $count:ident, $($what:tt)+) => {
        tracing::$level!(
            target: "perfmon", client = %$entry.client, who = $entry.who.as_deref().map(short), method = $entry.method, path = ?short(&$entry.path), count = $count, $($what)+
        )
    };
}

impl Entry {
    fn tell(&self, count: u64) {
        match self.reason {
            // Browsers ask without before they ask with it, so only what was wrong is worth a warning.
            Refusal::Credential if self.who.is_none() => line!(debug, self, count, "refused: without a credential"),
            Refusal::Credential => line!(warn, self, count, "refused: a wrong token, or a wrong name or password"),
            Refusal::Role => line!(debug, self, count, "refused: the role does not suffice"),
            Refusal::Rate => line!(warn, self, count, "refused: too many requests or guesses"),
            Refusal::Host => line!(warn, self, count, "refused: it means another server"),
            Refusal::Origin => line!(warn, self, count, "refused: a page of another site"),
            Refusal::Body => line!(warn, self, count, "refused: a body that is too large or no JSON"),
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, sync::Arc};

    use tokio::time::advance;

    use super::{Audit, Entry, GATHER, MOST};
    use crate::{serve::secure::tests::Log, state::Refusal};

    fn entry(number: u32, who: &str) -> Entry {
        let client = IpAddr::V4(number.into());
        let who = Some(who.to_owned());
        Entry { reason: Refusal::Credential, client, who, method: String::from("GET"), path: String::from("/metrics") }
    }

    #[tokio::test(start_paused = true)]
    async fn many_of_a_kind_are_a_line_with_their_number() {
        let (log, audit) = (Log::default(), Arc::new(Audit::default()));
        let _writing = log.begin();
        for _ in 0..1_000 {
            audit.refused(entry(1, "ann"));
            audit.tell();
        }
        assert_eq!(log.lines().len(), 1, "{:?}", log.lines());
        audit.refused(entry(2, "bob\n\u{1b}[31m"));
        advance(GATHER).await;
        audit.tell();
        let lines = log.lines();
        let [first, other, rest] = lines.as_slice() else { panic!("{lines:?}") };
        assert!(first.contains("client=0.0.0.1 who=\"ann\" method=\"GET\" path=\"/metrics\" count=1"), "{first}");
        assert!(other.contains("who=\"bob\\n\\u{1b}[31m\""), "{other}");
        assert!(rest.contains("client=0.0.0.1") && rest.contains("count=999"), "{rest}");
        // Nothing more came, so it is forgotten.
        advance(GATHER).await;
        audit.tell();
        assert!(log.lines().len() == 3 && audit.all().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_clients_is_few_lines() {
        let (log, audit) = (Log::default(), Audit::default());
        let _writing = log.begin();
        (0..10_000).for_each(|number| audit.refused(entry(number + 1, &"x".repeat(10_000))));
        advance(GATHER).await;
        audit.tell();
        assert!(log.lines().len() <= MOST + 2 && audit.all().len() <= MOST + 1, "{}", log.lines().len());
        assert!(log.lines().iter().all(|line| line.len() < 500));
    }
}
