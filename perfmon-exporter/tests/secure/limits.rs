//! How much one may ask, guess and send.

use perfmon_exporter::settings::Access;

use crate::{
    client::{OPERATE, OPERATOR, READER, WRONG_PASSWORD, ask, ask_as, everybody, local, tokens, turn},
    support::eventually,
};

#[test]
fn too_many_requests_are_told_when_to_come_again() {
    let _turn = turn();
    let mut access = Access::default();
    access.requests_per_second = Some(1);
    let exporter = perfmon_exporter::builder().listen("127.0.0.1:0").access(access).start().expect("it starts");
    let answer = eventually("there is a limit", || {
        let answer = ask(exporter.address(), "GET /health", &[]);
        (answer.status == 429).then_some(answer)
    });
    assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
    assert!(answer.body.contains("too many requests"), "{}", answer.body);
    eventually("it is let in again", || (ask(exporter.address(), "GET /ready", &[]).status == 200).then_some(()));
}

#[test]
fn guessing_is_slow_and_keeps_nobody_out() {
    let _turn = turn();
    let exporter = local(everybody());
    let with = |credential: &str| ask(exporter.address(), "GET /metrics", &[("Authorization", credential)]);
    assert_eq!(with(READER).status, 200);
    for guess in [WRONG_PASSWORD, "Bearer guess"] {
        let refused = eventually("guesses run out", || {
            let answer = with(guess);
            if answer.status != 429 {
                assert_eq!(answer.status, 401);
            }
            (answer.status == 429).then_some(answer)
        });
        assert!(refused.header("retry-after").is_some_and(|after| after.parse::<u64>().is_ok_and(|after| after >= 1)));
        // Whether it lives is told all the same.
        for vital in ["GET /health", "GET /ready"] {
            assert_eq!(ask(exporter.address(), vital, &[("Authorization", guess)]).status, 200);
        }
        // Whoever is known already, from the same address at that, does not notice.
        assert_eq!(with(READER).status, 200);
        assert_eq!(with(&format!("Bearer {OPERATE}")).status, 200);
    }
}

#[test]
fn who_has_logged_in_stays_known_when_other_settings_change() {
    let _turn = turn();
    let access = everybody();
    let exporter = local(access.clone());
    let with = |credential: &str| ask(exporter.address(), "GET /metrics", &[("Authorization", credential)]).status;
    assert_eq!(with(READER), 200);
    // Every few seconds one more guess is free, which may be the one right after.
    let mut other = eventually("somebody new has to wait", || {
        let mut other = access.clone();
        other.hosts = vec![String::from("perfmon.example.com")];
        // With a salt that was not there before.
        other.users[1] = everybody().users.swap_remove(1);
        eventually("guesses run out", || (with(WRONG_PASSWORD) == 429).then_some(()));
        exporter.set_access(other.clone()).expect("it makes sense");
        assert_eq!(with(READER), 200, "nothing to guess");
        (with(OPERATOR) == 429).then_some(other)
    });
    // A password that is another one is not remembered.
    other.users[0].password_hash = everybody().users[1].password_hash.clone();
    exporter.set_access(other).expect("it makes sense");
    assert_ne!(with(READER), 200);
}

#[test]
fn changes_are_small_json() {
    let _turn = turn();
    let exporter = local(tokens());
    let host = exporter.address().to_string();
    let bearer = format!("Bearer {OPERATE}");
    let change = |headers: &[(&str, &str)], body: &str| {
        let mut all = vec![("Host", host.as_str()), ("Authorization", bearer.as_str())];
        all.extend(headers);
        ask_as(exporter.address(), "POST /metrics", &all, body).status
    };
    for json in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        assert_eq!(change(&[("Content-Type", json), ("Content-Length", "2")], "{}"), 405, "{json}");
    }
    for other in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/jsonp",
        "text/plain; application/json",
    ] {
        assert_eq!(change(&[("Content-Type", other), ("Content-Length", "2")], "{}"), 415, "{other}");
    }
    assert_eq!(change(&[("Content-Length", "0")], ""), 415, "a form can be sent empty");
    let json = ("Content-Type", "application/json");
    assert_eq!(change(&[json, ("Content-Length", "1048577")], ""), 413, "refused before it is sent");
    assert_eq!(change(&[json, ("Content-Length", "18446744073709551616")], ""), 400, "the number is too large");
    assert_eq!(
        ask_as(exporter.address(), "DELETE /nowhere", &[("Host", &host), ("Authorization", &bearer)], "").status,
        404
    );
}
