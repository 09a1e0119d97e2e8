//! The agents. Each is a function with `monitor_agent`; what they do in it is theirs, tokens and tools.

use std::{error::Error, sync::Arc, time::Duration};

use perfmon::{
    agents::{self, Agent},
    monitor_agent, monitor_latency,
};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    calculator::calculate,
    library::{Hit, Kind, Library},
    model::{Model, Overloaded, Task},
    notebook::Notebook,
};

/// How often an agent is tried, and how long the first pause is.
const ATTEMPTS: u64 = 4;
const PAUSE: Duration = Duration::from_millis(5);
/// How long an agent may take, and one that waits for others.
const PATIENCE: Duration = Duration::from_millis(500);
const LONG_PATIENCE: Duration = Duration::from_millis(1_500);

type Failure = Box<dyn Error + Send + Sync>;

/// The model and the tools that agents share.
pub(crate) struct Team {
    pub(crate) model: Model,
    library: Library,
    notebook: Notebook,
}

impl Team {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        Ok(Self { model: Model::default(), library: Library::open()?, notebook: Notebook::open()? })
    }

    /// Answers a question, from plan to text.
    #[monitor_latency("answer", error_rate = "10%")]
    pub(crate) async fn answer(self: &Arc<Self>, topic: &'static str) -> Result<String, Failure> {
        let terms = patiently(PATIENCE, |attempt| self.plan(topic, attempt)).await?;
        patiently(LONG_PATIENCE, |attempt| self.clone().research(topic, terms.clone(), attempt)).await?;
        patiently(PATIENCE, |attempt| self.write(topic, attempt)).await
    }

    /// What to look for.
    #[monitor_agent("planner", error_rate = "10%", p95 = "10s")]
    async fn plan(&self, topic: &str, attempt: u64) -> Result<Vec<String>, Failure> {
        let plan = self.ask(Task::Plan, topic, attempt).await?;
        Ok(plan.lines().map(str::to_owned).collect())
    }

    /// Looks for it, has the best places read, and keeps notes.
    #[monitor_agent("researcher", error_rate = "10%", p95 = "10s")]
    async fn research(self: Arc<Self>, topic: &'static str, terms: Vec<String>, attempt: u64) -> Result<(), Failure> {
        let mut found = Vec::new();
        let mut failure = None;
        for term in terms {
            match self.clone().search(term).await? {
                Ok(hits) => found.extend(hits),
                Err(error) => failure = Some(error),
            }
        }
        if let Some(failure) = failure.filter(|_| found.is_empty()) {
            return Err(failure);
        }
        let named: usize = found.iter().map(|hit| hit.lines.len()).sum();
        let share = calculate(&format!("{named} / {} * 100", self.library.lines()))?;
        self.notebook.write(topic, &format!("{topic}: on {named} lines, {share:.2} % of all"))?;

        // Dropped, when the researcher is given up, it gives up the readers too.
        let mut readings = JoinSet::new();
        for kind in [Kind::Code, Kind::Prose] {
            let places: Vec<&Hit> = found.iter().filter(|hit| hit.kind == kind).take(5).collect();
            if places.is_empty() {
                continue;
            }
            let list: Vec<String> = places.iter().map(|hit| format!("{} {}", hit.lines.len(), hit.file)).collect();
            let chosen = self.ask(Task::Choose, &list.join("\n"), attempt).await?;
            let best = places.into_iter().find(|hit| chosen.ends_with(&hit.file)).cloned();
            let best = best.ok_or("the model chose a place that is none")?;
            // A task of its own, and still the researcher's: the agent is carried along. The reader that it calls is another.
            readings.spawn(agents::carry(self.clone().have_read(topic, best)));
        }
        while let Some(reading) = readings.join_next().await {
            reading??;
        }
        Ok(())
    }

    /// Has a reader read a file, and notes what it says.
    async fn have_read(self: Arc<Self>, topic: &str, hit: Hit) -> Result<(), Failure> {
        let digest = patiently(PATIENCE, |attempt| self.read(&hit, attempt)).await?;
        self.notebook.write(topic, &format!("most in {}: {digest:?}", hit.file))?;
        Ok(())
    }

    /// Reads a file. There is a reader for each kind of file, known when there is one to read.
    #[monitor_agent("reader", labels(agent = reader_of(hit.kind)))]
    async fn read(&self, hit: &Hit, attempt: u64) -> Result<String, Failure> {
        let first = &hit.lines[..hit.lines.len().min(40)];
        Ok(self.ask(Task::Digest, &first.join("\n"), attempt).await?)
    }

    /// Makes an answer of the notes.
    #[monitor_agent("writer", error_rate = "10%", p95 = "10s")]
    async fn write(&self, topic: &str, attempt: u64) -> Result<String, Failure> {
        let notes = self.notebook.read(topic)?;
        Ok(self.ask(Task::Write, &notes.join("\n"), attempt).await?)
    }

    /// One question to the model. Its tokens are used by the agent that asks.
    async fn ask(&self, task: Task, prompt: &str, attempt: u64) -> Result<String, Overloaded> {
        let reply = self.model.complete(task, prompt, attempt).await?;
        perfmon::tokens(reply.input, reply.output);
        Ok(reply.text)
    }

    /// Searching keeps a processor busy, so it is done where that holds up nobody; in the name of the agent that wants it.
    async fn search(self: Arc<Self>, term: String) -> Result<Result<Vec<Hit>, Failure>, Failure> {
        let agent = Agent::current();
        let found = tokio::task::spawn_blocking(move || {
            let _within = agent.enter();
            self.library.search(&term)
        });
        Ok(found.await?.map_err(Into::into))
    }
}

fn reader_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Code => "code_reader",
        Kind::Prose => "prose_reader",
    }
}

/// Runs an agent until it succeeds, a few times, with longer and longer pauses; one that takes too long is given up and counts as cancelled.
async fn patiently<T, F>(patience: Duration, mut run: impl FnMut(u64) -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut attempt = 0;
    loop {
        let failure = match timeout(patience, run(attempt)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(failure)) => failure,
            Err(late) => late.into(),
        };
        attempt += 1;
        if attempt == ATTEMPTS {
            return Err(failure);
        }
        sleep(PAUSE * (1 << attempt)).await;
    }
}
