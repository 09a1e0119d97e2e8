//! Secrets appear nowhere.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use perfmon_exporter::{
    builder, hash_password,
    settings::{Role, Secret, User},
};

use crate::client::{OPERATE, ask, start, token, tokens, turn};

const CANARY: &str = "canary-5d41402abc4b2a76";

/// All that is logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// What this thread logs meanwhile.
    pub(crate) fn of<T>(work: impl FnOnce() -> T) -> (T, String) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        let done = tracing::subscriber::with_default(subscriber, work);
        (done, log.text())
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_secret_is_told_to_nobody() {
    let _turn = turn();
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    let writer = log.clone();
    tracing::subscriber::set_global_default(subscriber.with_writer(move || writer.clone()).finish())
        .expect("the first");

    let hash = hash_password(CANARY).expect("random numbers");
    let salt = hash.expose().rsplit('$').next().expect("a hash").to_owned();
    let secrets = [CANARY, salt.as_str()];
    let clean = |what: &str, text: &str| {
        for secret in secrets {
            assert!(!text.contains(secret), "{what} tells a secret: {text}");
        }
    };
    assert_eq!(format!("{0} {0:?}", Secret::from(CANARY)), "*** ***");

    let mut access = tokens();
    access.tokens.push(token("canary", CANARY, Role::Read));
    access.users = vec![User { name: String::from("ann"), password_hash: hash, role: Role::Operate }];
    clean("Access", &format!("{access:?}"));
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("last.json");
    let chosen = builder().listen("127.0.0.1:0").access(access.clone()).final_report(&report);
    clean("the builder", &format!("{chosen:?}"));
    let exporter = start(chosen);
    clean("the exporter", &format!("{exporter:?}"));

    let bearer = format!("Bearer {CANARY}");
    let wrong = format!("Bearer {CANARY}x");
    // `ann:` and the canary.
    let basic = "Basic YW5uOmNhbmFyeS01ZDQxNDAyYWJjNGIyYTc2";
    let operate = format!("Bearer {OPERATE}");
    // The wrong one last: after its guesses, passwords that are new have to wait.
    for credential in [&bearer, &operate, basic, &wrong] {
        for route in [
            "GET /",
            "GET /metrics",
            "GET /health",
            "GET /ready",
            "GET /nowhere",
            "GET /api/v1/catalogue",
            "GET /api/v1/sites",
            "GET /api/v1/sites/latency/nothing",
            "GET /api/v1/metrics?name=nothing",
            "GET /api/v1/health",
            "GET /api/v1/report",
            "GET /api/v1/report?format=md",
            "GET /api/v1/report?format=csv",
            "GET /api/v1/report?format=txt",
            "GET /api/v1/dashboard",
            "GET /api/v1/openapi.json",
            "GET /api/metrics?metric_name=nothing",
            "GET /api/health",
            "GET /api/alerts",
            "GET /ws",
            "POST /metrics",
            "PUT /api/v1/dashboard",
        ] {
            let answer = ask(exporter.address(), route, &[("Authorization", credential)]);
            clean(route, &answer.body);
            clean(route, &answer.head());
        }
    }
    for offer in [format!("perfmon, bearer.{CANARY}"), format!("bearer.{CANARY}x")] {
        let answer =
            ask(exporter.address(), "GET /ws", &[("Upgrade", "websocket"), ("Sec-WebSocket-Protocol", &offer)]);
        clean("/ws", &(answer.head() + &answer.body));
    }
    assert_eq!(
        ask(exporter.address(), "GET /metrics", &[("Authorization", basic)]).status,
        200,
        "the password is right"
    );

    let mut broken = access.clone();
    broken.tokens.push(token("broken", &format!("{CANARY} with spaces"), Role::Read));
    clean("an error", &exporter.set_access(broken).expect_err("spaces").to_string());
    let mut broken = access;
    broken.users[0].password_hash = CANARY.into();
    clean("an error", &exporter.set_access(broken).expect_err("no hash").to_string());

    exporter.stop().expect("it stops");
    clean("the report", &std::fs::read_to_string(&report).expect("the report"));
    let log = log.text();
    assert!(log.contains("a wrong token"), "the log is read: {log}");
    clean("the log", &log);
}
