//! The worker's side: warms up, then measures what it is asked for.

use std::{
    io::{self, BufRead, Write},
    thread,
    time::{Duration, Instant},
};

use crate::{Case, Group, Mode, Settle, baseline, crew::Crew, process_cpu, thread_cpu};

/// How long a batch of calls should take. Long against a scheduler's tick of 1 to 4 ms it would be interrupted more often than not.
const BATCH: Duration = Duration::from_millis(4);

/// Background threads that use less CPU than this in the time waited are only looking for work.
const IDLE: u64 = 600_000;

/// Answers questions from standard input until there are no more; then ends the process, so that no library prints its report.
pub fn serve(group: &Group) -> ! {
    let worker = Worker::warmed_up(group);
    for case in &group.cases {
        say(&format!("case {}", case.name));
    }
    say("ready");
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["run", case, mode] => {
                let (case, mode) = (case.parse().unwrap_or(0), mode.parse().unwrap_or(0));
                say(&worker.measure(case, mode));
            }
            _ => say(&(group.remark)().unwrap_or_default()),
        }
    }
    std::process::exit(0)
}

fn say(answer: &str) {
    let mut out = io::stdout().lock();
    // The table has gone away when this fails; the next question will not come.
    let _ = writeln!(out, "@{answer}").and_then(|()| out.flush());
}

struct Worker<'a> {
    group: &'a Group,
    crew: Crew,
    /// Calls in a batch: of two timestamp reads by mode, then of each case by mode.
    calls: Vec<[u64; 3]>,
    /// CPU that a batch without calls takes, by mode.
    empty: [f64; 3],
}

const BASELINE: Case = Case::new("two timestamp reads", [baseline::batch; 2]);

impl<'a> Worker<'a> {
    fn warmed_up(group: &'a Group) -> Self {
        let mut worker = Self { group, crew: Crew::new(), calls: Vec::new(), empty: [0.0; 3] };
        for (at, mode) in Mode::ALL.into_iter().enumerate() {
            let mut empty: Vec<f64> = (0..31).map(|_| worker.batch(&BASELINE, mode, 0, Settle::AtOnce).1).collect();
            empty.sort_by(f64::total_cmp);
            worker.empty[at] = empty[empty.len() / 2];
        }
        worker.calls.push(Mode::ALL.map(|mode| worker.calibrate(&BASELINE, mode)));
        for case in &group.cases {
            let calls = Mode::ALL.map(|mode| worker.calibrate(case, mode));
            worker.calls.push(calls);
        }
        worker
    }

    /// How many calls take a batch's time.
    fn calibrate(&self, case: &Case, mode: Mode) -> u64 {
        let mut calls = 1_000;
        for _ in 0..4 {
            let (wall, _) = self.batch(case, mode, calls, self.group.settle);
            calls = ((BATCH.as_nanos() as f64 / wall.max(0.1)) as u64).clamp(100, 16_000_000);
        }
        calls
    }

    fn measure(&self, case: usize, mode: usize) -> String {
        let per_call = |at: usize, case: &Case, settle| {
            let calls = self.calls[at][mode];
            let (wall, cpu) = self.batch(case, Mode::ALL[mode], calls, settle);
            let calls = calls * Mode::ALL[mode].threads();
            (wall, (cpu - self.empty[mode]).max(0.0) / calls as f64)
        };
        let (base_wall, base_cpu) = per_call(0, &BASELINE, Settle::AtOnce);
        let (wall, cpu) = per_call(case + 1, &self.group.cases[case], self.group.settle);
        format!("{base_wall} {base_cpu} {wall} {cpu}")
    }

    /// Wall nanoseconds per call, and CPU nanoseconds of the whole process for the whole batch.
    fn batch(&self, case: &Case, mode: Mode, calls: u64, settle: Settle) -> (f64, f64) {
        (case.around[0])();
        let before = process_cpu();
        let wall = self.crew.work(case.run, mode, calls);
        let cpu = match settle {
            Settle::AtOnce => process_cpu() - before,
            Settle::By(work) => {
                work();
                process_cpu() - before
            }
            Settle::Quiet(window) => quiet(window) - before,
        };
        (case.around[1])();
        (wall, cpu as f64)
    }
}

/// Waits until the process uses no CPU but this thread's; gives what all others, and this one before, used.
fn quiet(window: Duration) -> u64 {
    let own = thread_cpu();
    let others = || process_cpu() - (thread_cpu() - own);
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut used = others();
    loop {
        thread::sleep(window);
        let now = others();
        if now - used < IDLE || Instant::now() > deadline {
            return now;
        }
        used = now;
    }
}
