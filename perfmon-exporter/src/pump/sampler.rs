//! The threads that run collectors, so that one that hangs holds up nobody else.
//!
//! Normally there is one. When a collector keeps it for longer than [`PATIENCE`], it is left to that collector and another thread takes
//! over its work; the first ends when the collector returns. There is never more than one thread for each collector that hangs.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use perfmon_core::collect::Turn;
use tokio::{runtime::Runtime, time::Instant};

/// How long a collector may keep the others waiting; looked after as often.
pub(crate) const PATIENCE: Duration = Duration::from_millis(250);
/// How long a collector that is a future may take altogether.
const LONGEST: Duration = Duration::from_secs(60);

/// Runs collectors.
#[derive(Debug)]
pub(crate) struct Sampler {
    work: Arc<Work>,
}

#[derive(Debug, Default)]
struct Work {
    queue: Mutex<Queue>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    turns: VecDeque<Turn>,
    /// The number of the thread that has the work; an older one leaves when it comes back.
    thread: Option<u64>,
    /// Threads begun so far.
    begun: u64,
    /// Since when that thread is at its present turn.
    busy_since: Option<Instant>,
    stop: bool,
}

impl Work {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sampler {
    /// One without a thread yet.
    pub(crate) fn new() -> Self {
        Self { work: Arc::default() }
    }

    /// Has the turns run, in order, by a thread that is not held up.
    ///
    /// # Errors
    /// When the system gives no thread; the turns wait.
    pub(crate) fn run(&self, turns: Vec<Turn>) -> std::io::Result<()> {
        self.work.queue().turns.extend(turns);
        self.look_after()
    }

    /// Gives what waits to another thread if the present one is held up.
    ///
    /// # Errors
    /// When the system gives no thread; the turns wait.
    pub(crate) fn look_after(&self) -> std::io::Result<()> {
        let mut queue = self.work.queue();
        if queue.turns.is_empty() {
            return Ok(());
        }
        let held_up = queue.busy_since.is_some_and(|since| since.elapsed() > PATIENCE);
        if queue.thread.is_none() || held_up {
            (queue.thread, queue.busy_since) = (None, None);
            // Collectors may be futures that need timers and sockets.
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (work, number) = (self.work.clone(), queue.begun);
            let body = move || work_off(&work, number, &runtime);
            thread::Builder::new().name(String::from("perfmon-sampler")).spawn(body)?;
            (queue.thread, queue.begun) = (Some(number), number + 1);
        }
        self.work.more.notify_all();
        Ok(())
    }
}

impl Drop for Sampler {
    /// Threads end with the turn they are at. A hanging one is not waited for.
    fn drop(&mut self) {
        let mut queue = self.work.queue();
        queue.stop = true;
        queue.turns.clear();
        self.work.more.notify_all();
    }
}

fn work_off(work: &Work, number: u64, runtime: &Runtime) {
    let mut queue = work.queue();
    loop {
        if queue.stop || queue.thread != Some(number) {
            return;
        }
        let Some(turn) = queue.turns.pop_front() else {
            queue = work.more.wait(queue).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        queue.busy_since = Some(Instant::now());
        drop(queue);
        // A future that takes too long is dropped, which counts as a failure.
        let _ = runtime.block_on(async { tokio::time::timeout(LONGEST, turn.run()).await });
        queue = work.queue();
        if queue.thread == Some(number) {
            queue.busy_since = None;
        }
    }
}
