//! Two threads that live as long as the worker, pinned to a core each where the system allows it.

use std::{
    sync::{
        Arc, Barrier,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Instant,
};

use crate::Mode;

struct Job {
    run: fn(u64),
    calls: u64,
    together: Option<Arc<Barrier>>,
}

struct Hand {
    jobs: Sender<Job>,
    /// Nanoseconds that a job took.
    done: Receiver<u64>,
}

pub(crate) struct Crew([Hand; 2]);

impl Crew {
    pub(crate) fn new() -> Self {
        Self([0, 1].map(|core| {
            let (jobs, inbox) = channel::<Job>();
            let (outbox, done) = channel();
            thread::spawn(move || {
                pin(core);
                for job in inbox {
                    if let Some(barrier) = &job.together {
                        barrier.wait();
                    }
                    let start = Instant::now();
                    (job.run)(job.calls);
                    if outbox.send(start.elapsed().as_nanos() as u64).is_err() {
                        return;
                    }
                }
            });
            Hand { jobs, done }
        }))
    }

    /// Makes so many calls on each thread of the mode; gives nanoseconds per call.
    pub(crate) fn work(&self, run: [fn(u64); 2], mode: Mode, calls: u64) -> f64 {
        let runs: &[fn(u64)] = match mode {
            Mode::One => &[run[0]],
            Mode::Same => &[run[0], run[0]],
            Mode::Apart => &run,
        };
        let together = (runs.len() > 1).then(|| Arc::new(Barrier::new(runs.len())));
        for (hand, &run) in self.0.iter().zip(runs) {
            let job = Job { run, calls, together: together.clone() };
            hand.jobs.send(job).expect("the crew lives as long as the worker");
        }
        let nanos = self.0[..runs.len()].iter().map(|hand| hand.done.recv().expect("a measured call panicked"));
        nanos.sum::<u64>() as f64 / (runs.len() as u64 * calls.max(1)) as f64
    }
}

/// Keeps this thread on a core. False where there is no such core or no such call.
pub fn pin(core: usize) -> bool {
    #[cfg(target_os = "linux")]
    // SAFETY: the set is a plain value, zeroed and then filled by libc's own function.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(core, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) == 0
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = core;
        false
    }
}
