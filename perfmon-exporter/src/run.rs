//! The exporter's thread: a runtime of its own that ticks and serves.

use std::{
    net::TcpListener,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    time::{Instant, MissedTickBehavior, interval},
};

use crate::{
    pump::{Pump, sampler::PATIENCE},
    serve::{Door, serve},
    state::Shared,
};

const SECOND: Duration = Duration::from_secs(1);
/// Threads for what takes time (two scrapes, and one for passwords and certificates), and how long they wait for more.
const WORKERS: usize = 3;
const WORKER_IDLE: Duration = Duration::from_secs(30);
/// How long requests under way get when it stops.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Runs until told to stop.
pub(crate) fn run(listener: TcpListener, door: Door, shared: &Arc<Shared>, pump: Pump, stop: watch::Receiver<bool>) {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .thread_name("perfmon-render")
        .max_blocking_threads(WORKERS)
        .thread_keep_alive(WORKER_IDLE)
        .build();
    match runtime {
        Ok(runtime) => turn(runtime, listener, door, shared, pump, stop),
        Err(error) => {
            tracing::error!(target: "perfmon", %error, "failed to start the exporter's runtime: nothing is exported");
        }
    }
}

fn turn(
    runtime: Runtime,
    listener: TcpListener,
    door: Door,
    shared: &Arc<Shared>,
    mut pump: Pump,
    mut stop: watch::Receiver<bool>,
) {
    runtime.block_on(async {
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => {
                tokio::spawn(serve(listener, door, shared.clone(), stop.clone()));
            }
            Err(error) => tracing::error!(target: "perfmon", %error, "failed to serve: nothing is exported"),
        }
        let mut seconds = interval(SECOND);
        // After a pause (an overloaded machine, a suspended one) one tick takes it all in.
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut patience = interval(PATIENCE);
        patience.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = patience.tick() => pump.look_after(),
                planned = seconds.tick() => tick(&mut pump, shared, Instant::now().saturating_duration_since(planned)),
                _ = stop.wait_for(|stop| *stop) => break,
            }
        }
        tick(&mut pump, shared, Duration::ZERO);
        let until = Instant::now() + LAST_ANSWERS;
        while shared.connections.busy() + shared.audience.len() > 0 && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    runtime.shutdown_timeout(LAST_ANSWERS);
}

/// A tick whose panic, which would be our mistake, ends nothing.
fn tick(pump: &mut Pump, shared: &Shared, late: Duration) {
    if catch_unwind(AssertUnwindSafe(|| pump.tick(late))).is_err() {
        shared.count_fault();
    }
}
