//! Figures of your own, and times without an attribute: `cargo run --release --example custom_metrics`.
//!
//! A mail room: letters wait in two queues, two workers render, address and deliver them. Everything that is measured is measured without
//! an attribute, because a function is not always what one wants to know about.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use perfmon::{Aggregate, BoxError, Collector, Samples};
use tokio::time::Instant;

// Statics, registered before `main`: a report shows them even when they were never touched. The doc comment becomes the help text.
perfmon::counter! {
    /// Letters that left the room, by what became of them.
    static LETTERS: "letters", unit = "letters", labels(fate)
}
perfmon::gauge! {
    /// Workers that hold a letter now.
    static BUSY: "workers_busy", unit = "workers"
}
perfmon::histogram! {
    /// Size of a rendered letter.
    static SIZE: "letter_size", unit = "bytes"
}

const LETTERS_WRITTEN: u64 = 3_000;

struct Letter {
    number: u64,
    written: Instant,
}

/// The two queues: what the workers share.
#[derive(Default)]
struct Room {
    express: Mutex<VecDeque<Letter>>,
    ordinary: Mutex<VecDeque<Letter>>,
}

impl Room {
    fn put(&self, number: u64) {
        let queue = if number.is_multiple_of(5) { &self.express } else { &self.ordinary };
        lock(queue).push_back(Letter { number, written: Instant::now() });
    }

    fn take(&self) -> Option<(Letter, &'static str)> {
        let express = lock(&self.express).pop_front().map(|letter| (letter, "express"));
        express.or_else(|| lock(&self.ordinary).pop_front().map(|letter| (letter, "ordinary")))
    }
}

fn lock(queue: &Mutex<VecDeque<Letter>>) -> MutexGuard<'_, VecDeque<Letter>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A family of figures that are not counted but asked for: whenever a snapshot is taken, though at most every 20 ms.
struct Queues(Arc<Room>);

impl Collector for Queues {
    fn name(&self) -> &'static str {
        "queues"
    }

    fn interval(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn collect(&self, out: &mut Samples) -> Result<(), BoxError> {
        for (name, queue) in [("express", &self.0.express), ("ordinary", &self.0.ordinary)] {
            let length = lock(queue).len() as f64;
            out.gauge_with("queue_length", &[("queue", name)], length).describe("Letters that wait", "letters");
        }
        Ok(())
    }
}

async fn work(room: Arc<Room>) {
    while let Some((letter, queue)) = room.take() {
        // A gauge is shared by all threads and moves both ways.
        BUSY.add(1.0);
        handle(&letter, queue).await;
        BUSY.add(-1.0);
    }
}

async fn handle(letter: &Letter, queue: &'static str) {
    // A duration that is known already. Labels work as they do in an attribute.
    perfmon::record!("queue_wait", labels(queue), letter.written.elapsed());

    // A closure: measured, and its value handed on.
    let text =
        perfmon::time!("render", || "Dear reader, ".repeat(20 + usize::try_from(letter.number % 400).unwrap_or(0)));
    SIZE.record(text.len() as u64);

    // A future: measured from the first poll to the result, and cancelled when dropped before. A `Result` that is `Err` is an error.
    let address = perfmon::time!("look_up_address", p99 = "10ms", async {
        tokio::task::yield_now().await;
        if letter.number % 50 == 49 { Err("moved away") } else { Ok(letter.number) }
    });
    let outcome = match address.await {
        Ok(address) => {
            // A guard: measured until the end of the block it is in, whichever way that is left.
            let _delivery = perfmon::latency!("deliver", labels(queue));
            if address % 2 == 0 {
                tokio::time::sleep(Duration::from_micros(100)).await;
            }
            "delivered"
        }
        Err(_) => "returned",
    };
    LETTERS.with(&[outcome]).inc();
}

fn main() -> std::io::Result<()> {
    let room = Arc::new(Room::default());
    perfmon::register_collector(Queues(room.clone()));
    // One figure needs no trait: a closure will do.
    let begin = Instant::now();
    perfmon::observe("room_open", move || begin.elapsed().as_secs_f64()).help("Since the room opened").unit("seconds");

    (0..LETTERS_WRITTEN).for_each(|number| room.put(number));
    // Reading back: what collectors say is asked for here, and kept for ten minutes.
    println!("waiting at first: {} letters", sum_of("queue_length"));

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    let morning = perfmon::snapshot();
    runtime.block_on(async {
        let workers = [tokio::spawn(work(room.clone())), tokio::spawn(work(room))];
        for worker in workers {
            worker.await?;
        }
        Ok::<_, tokio::task::JoinError>(())
    })?;

    // Counts only grow, so what happened meanwhile is a subtraction.
    let day = perfmon::snapshot() - morning;
    for series in perfmon::series("letters") {
        let count = series.points.last().map_or(0.0, |point| point.value);
        println!("{}: {count} letters", series.labels.iter().map(|(_, value)| value.as_str()).collect::<String>());
    }
    if let Some(wait) = day.get("queue_wait") {
        println!("half of them waited {:.0?} or less\n", wait.percentile(50.0));
    }
    perfmon::Report::new(day).print();
    Ok(())
}

/// Over all label values.
fn sum_of(metric: &str) -> f64 {
    perfmon::aggregate(metric, Aggregate::Sum, Duration::ZERO).unwrap_or(0.0)
}
