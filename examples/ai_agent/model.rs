//! The simulated model: answers by rule, and behaves as models do. It takes longer for longer answers, is overloaded now and then, and sometimes never answers.
//!
//! What it does depends on what it is asked alone, never on how fast this machine is.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use perfmon::monitor_latency;

/// A rule of thumb for English: so many letters are a token.
const LETTERS_PER_TOKEN: usize = 4;
const BEFORE_THE_FIRST_TOKEN: Duration = Duration::from_millis(4);
const PER_TOKEN: Duration = Duration::from_micros(150);
/// Of so many questions the model refuses one, and never answers one.
const OVERLOADED: u64 = 11;
const SILENT: u64 = 43;

/// The model, with its own account of tokens.
#[derive(Default)]
pub(crate) struct Model {
    input: AtomicU64,
    output: AtomicU64,
}

/// What the model is to do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Task {
    /// Choose what to look for.
    Plan,
    /// Say which of several places matters most.
    Choose,
    /// Put a text into a sentence.
    Digest,
    /// Make an answer of notes.
    Write,
}

/// An answer, and what it took.
pub(crate) struct Reply {
    pub(crate) text: String,
    pub(crate) input: u64,
    pub(crate) output: u64,
}

/// The model had too much to do.
#[derive(Debug)]
pub(crate) struct Overloaded;

impl fmt::Display for Overloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the model is overloaded")
    }
}

impl std::error::Error for Overloaded {}

impl Task {
    const fn name(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Choose => "choose",
            Self::Digest => "digest",
            Self::Write => "write",
        }
    }

    /// What is said before every question, and paid for as well.
    const fn instructions(self) -> &'static str {
        match self {
            Self::Plan => {
                "You plan the work of researchers. Name the words to look for, one on a line, and nothing else."
            }
            Self::Choose => {
                "You are given places and how many lines each has. Name the one that says most about the subject."
            }
            Self::Digest => {
                "You are given lines of a file. Answer with the one line that tells most, without its comment signs."
            }
            Self::Write => "You write answers for engineers. Use the notes and nothing but the notes, in one sentence.",
        }
    }

    /// The rules that stand for understanding.
    fn answer(self, prompt: &str) -> String {
        let lines: Vec<&str> = prompt.lines().filter(|line| !line.trim().is_empty()).collect();
        let first = lines.first().copied().unwrap_or_default();
        match self {
            // The word, and what may be its plural.
            Self::Plan => format!("{first}\n{first}s"),
            Self::Choose => {
                lines.iter().max_by_key(|line| leading_number(line)).copied().unwrap_or_default().to_owned()
            }
            Self::Digest => {
                let longest = lines.iter().map(|line| line.trim_start_matches(['/', '!', ' ', '#', '|']));
                longest.max_by_key(|line| line.len()).unwrap_or_default().chars().take(100).collect()
            }
            Self::Write => lines.join("; "),
        }
    }
}

fn leading_number(line: &str) -> u64 {
    line.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

impl Model {
    /// Asks it; another attempt is another roll of the dice.
    #[monitor_latency("model", labels(task = task.name()), p95 = "1s")]
    pub(crate) async fn complete(&self, task: Task, prompt: &str, attempt: u64) -> Result<Reply, Overloaded> {
        let luck = luck(task.name(), prompt, attempt);
        if luck.is_multiple_of(OVERLOADED) {
            tokio::time::sleep(BEFORE_THE_FIRST_TOKEN).await;
            return Err(Overloaded);
        }
        if luck % SILENT == 1 {
            std::future::pending::<()>().await;
        }
        let text = task.answer(prompt);
        let (input, output) = (tokens(task.instructions()) + tokens(prompt), tokens(&text));
        let writing = PER_TOKEN.saturating_mul(u32::try_from(output).unwrap_or(u32::MAX));
        tokio::time::sleep(BEFORE_THE_FIRST_TOKEN + writing).await;
        self.input.fetch_add(input, Ordering::Relaxed);
        self.output.fetch_add(output, Ordering::Relaxed);
        Ok(Reply { text, input, output })
    }

    /// Tokens that it read and wrote in answers it gave.
    pub(crate) fn handed_out(&self) -> (u64, u64) {
        (self.input.load(Ordering::Relaxed), self.output.load(Ordering::Relaxed))
    }
}

fn tokens(text: &str) -> u64 {
    text.len().div_ceil(LETTERS_PER_TOKEN) as u64
}

/// Looks random, and is the same each time: FNV-1a, and SplitMix64 to spread it.
fn luck(task: &str, prompt: &str, attempt: u64) -> u64 {
    let bytes = task.bytes().chain(prompt.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let mixed = hash.wrapping_add(attempt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
