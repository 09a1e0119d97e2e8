use std::{
    sync::{Arc, Mutex},
    thread,
};

use perfmon::trading::{KillSwitchChange, KillSwitches, kill_switches, on_kill_switch};

use crate::{seconds, snapshot, value};

#[test]
fn those_of_every_book_are_inactive_at_first() {
    let switches = KillSwitches::new("fresh");
    let snapshot = snapshot();
    for name in ["pnl", "psr", "drawdown"] {
        assert!(!switches.switch(name).is_active());
        let labels = [("book", "fresh"), ("switch", name)];
        assert_eq!(value(&snapshot, "trading_kill_switch_active", &labels), Some(0.0));
        assert_eq!(value(&snapshot, "trading_kill_switch_activations_total", &labels), Some(0.0));
    }
    let state = switches.switch("psr").state();
    assert_eq!((state.active, state.reason, state.since, state.activations), (false, None, None, 0));
    assert!(!switches.any_active());
}

#[test]
fn a_switch_keeps_the_first_reason_and_its_time() {
    let switch = KillSwitches::new("reasons").switch("pnl");
    assert!(switch.at(seconds(10)).activate("-5.2 %"));
    assert!(!switch.at(seconds(11)).activate("-5.3 %"));
    let state = switch.state();
    assert_eq!((state.reason.as_deref(), state.since, state.activations), (Some("-5.2 %"), Some(seconds(10)), 1));
    let labels = [("book", "reasons"), ("switch", "pnl")];
    assert_eq!(value(&snapshot(), "trading_kill_switch_active", &labels), Some(1.0));

    assert!(switch.at(seconds(60)).deactivate());
    assert!(!switch.deactivate());
    let state = switch.state();
    assert_eq!((state.active, state.reason, state.since), (false, None, Some(seconds(60))));
    assert!(switch.activate("again"));
    let snapshot = snapshot();
    assert_eq!(value(&snapshot, "trading_kill_switch_activations_total", &labels), Some(2.0));
}

#[test]
fn a_name_is_one_switch() {
    let custom = KillSwitches::new("shared").switch("volatility");
    custom.activate("VIX at 80");
    assert!(KillSwitches::new("shared").switch("volatility").is_active());
    assert!(KillSwitches::new("shared").any_active());
    assert!(!KillSwitches::new("another").switch("volatility").is_active());
    assert!(kill_switches().iter().any(|one| one.book() == "shared" && one.name() == "volatility" && one.is_active()));
}

#[test]
fn those_of_a_book_that_is_done_can_be_taken_out() {
    let (done, labels) = (KillSwitches::new("done"), [("book", "done"), ("switch", "pnl")]);
    done.switch("pnl").activate("-5.2 %");
    done.remove();
    assert_eq!(value(&snapshot(), "trading_kill_switch_active", &labels), None);
    assert!(done.any_active(), "the handles there are go on working");

    let next = KillSwitches::new("done");
    assert!(!next.any_active());
    done.remove();
    assert_eq!(value(&snapshot(), "trading_kill_switch_active", &labels), Some(0.0));
}

/// The switch, whether it became active, why.
type Heard = (String, bool, Option<String>);

#[test]
fn whoever_listens_is_told_at_once_and_may_switch_others() {
    let heard: Arc<Mutex<Vec<Heard>>> = Arc::default();
    let here = heard.clone();
    on_kill_switch(move |change: &KillSwitchChange| {
        if change.switch.book() != "heard" {
            return;
        }
        let told = (change.switch.name().to_owned(), change.active, change.reason.clone());
        here.lock().expect("nobody panics").push(told);
        // No lock is held: other switches, and this one, can be asked and switched.
        assert_eq!(change.switch.is_active(), change.active);
        if change.switch.name() == "pnl" && change.active {
            KillSwitches::new("heard").switch("drawdown").activate("after pnl");
        }
    });
    on_kill_switch(|change| {
        assert!(change.switch.book() != "heard", "a listener that panics (this one does on purpose)");
    });

    let switches = KillSwitches::new("heard");
    switches.switch("pnl").activate("-6 %");
    switches.switch("pnl").activate("-7 %");
    switches.switch("pnl").deactivate();
    let told = |name: &str, active, reason: Option<&str>| (name.to_owned(), active, reason.map(str::to_owned));
    assert_eq!(
        *heard.lock().expect("nobody panics"),
        [told("pnl", true, Some("-6 %")), told("drawdown", true, Some("after pnl")), told("pnl", false, None)]
    );
}

#[test]
fn of_many_threads_one_activates() {
    let switch = KillSwitches::new("race").switch("pnl");
    let first = thread::scope(|scope| {
        let activate = |number: usize| switch.activate(format!("thread {number}"));
        let threads: Vec<_> = (0..8).map(|number| scope.spawn(move || activate(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("ends well")).filter(|first| *first).count()
    });
    assert_eq!((first, switch.state().activations), (1, 1));
}

/// A listener that switches back what it is told of has those after it hear the later change first, as threads may.
#[test]
fn changes_have_numbers_to_go_by() {
    let heard: Arc<Mutex<Vec<(u64, bool, bool)>>> = Arc::default();
    let here = heard.clone();
    on_kill_switch(|change| {
        if change.switch.book() == "numbered" && change.active {
            change.switch.deactivate();
        }
    });
    on_kill_switch(move |change| {
        if change.switch.book() == "numbered" {
            let told = (change.sequence, change.active, change.switch.is_active());
            here.lock().expect("nobody panics").push(told);
        }
    });
    let switch = KillSwitches::new("numbered").switch("pnl");
    assert_eq!(switch.state().sequence, 0);
    switch.activate("-5.2 %");
    assert_eq!(*heard.lock().expect("nobody panics"), [(2, false, false), (1, true, false)]);
    assert_eq!(switch.state().sequence, 2);
}
