//! Who may do what.

use perfmon_exporter::{Exporter, settings::Access};
use serde_json::{Value, json};

use crate::client::{
    OPERATE, OPERATOR, READ, READER, UNKNOWN_USER, WRONG_PASSWORD, ask, everybody, local, tokens, turn,
};

/// What is asked for, and the status for a stranger, a reader and an operator.
const ROUTES: [(&str, [u16; 3]); 24] = [
    ("GET /", [401, 200, 200]),
    ("GET /metrics", [401, 200, 200]),
    ("GET /health", [200, 200, 200]),
    ("HEAD /health", [200, 200, 200]),
    ("GET /ready", [200, 200, 200]),
    ("GET /nowhere", [401, 404, 404]),
    ("GET /api/v1/catalogue", [401, 200, 200]),
    ("GET /api/v1/sites", [401, 200, 200]),
    ("GET /api/v1/sites/latency/nothing", [401, 404, 404]),
    ("GET /api/v1/metrics?name=nothing", [401, 404, 404]),
    ("GET /api/v1/health", [401, 200, 200]),
    ("GET /api/v1/report", [401, 200, 200]),
    ("GET /api/v1/dashboard", [401, 200, 200]),
    ("HEAD /api/v1/dashboard", [401, 200, 200]),
    ("GET /api/v1/openapi.json", [401, 200, 200]),
    ("GET /api/metrics?metric_name=nothing", [401, 404, 404]),
    ("GET /api/health", [401, 200, 200]),
    ("GET /api/alerts", [401, 200, 200]),
    // A plain request, which /ws does not serve; browsers.rs has those that upgrade.
    ("GET /ws", [401, 426, 426]),
    ("POST /metrics", [401, 403, 405]),
    ("POST /health", [401, 403, 405]),
    ("PUT /api/v1/dashboard", [401, 403, 405]),
    ("POST /ws", [401, 403, 405]),
    ("DELETE /nowhere", [401, 403, 404]),
];

/// Routes that are tried at one server: fewer than the wrong guesses that an address has.
const AT_ONCE: usize = 9;

/// Who asks.
#[derive(Clone, Copy, PartialEq)]
enum Who {
    Stranger,
    Reader,
    Operator,
    /// With a credential that is wrong: a stranger, whatever it is.
    Wrong,
}

impl Who {
    fn status(self, [stranger, reader, operator]: [u16; 3]) -> u16 {
        match self {
            Self::Stranger | Self::Wrong => stranger,
            Self::Reader => reader,
            Self::Operator => operator,
        }
    }
}

#[test]
fn role_by_route_by_credential() {
    let _turn = turn();
    let access = everybody();
    let bearer = |secret: &str| format!("Bearer {secret}");
    for (credential, who) in [
        (None, Who::Stranger),
        (Some(bearer(READ)), Who::Reader),
        (Some(bearer(OPERATE)), Who::Operator),
        (Some(format!("bearer   {READ}")), Who::Reader),
        (Some(READER.to_owned()), Who::Reader),
        (Some(OPERATOR.to_owned()), Who::Operator),
        (Some(bearer("another")), Who::Wrong),
        (Some(bearer(&READ[..READ.len() - 1])), Who::Wrong),
        (Some(bearer(&format!("{READ}x"))), Who::Wrong),
        (Some(bearer("prometheus")), Who::Wrong),
        (Some(READ.to_owned()), Who::Wrong),
        (Some(String::from("Bearer")), Who::Wrong),
        (Some(WRONG_PASSWORD.to_owned()), Who::Wrong),
        (Some(UNKNOWN_USER.to_owned()), Who::Wrong),
        (Some(String::from("Basic ****")), Who::Wrong),
        (Some(String::from("Digest username=\"reader\"")), Who::Wrong),
    ] {
        let headers: Vec<_> = credential.iter().map(|value| ("Authorization", value.as_str())).collect();
        for routes in ROUTES.chunks(AT_ONCE) {
            // Each has a server of its own, so that wrong guesses do not add up.
            let exporter = local(access.clone());
            for (route, expected) in routes {
                let answer = ask(exporter.address(), route, &headers);
                let expected = who.status(*expected);
                assert_eq!(answer.status, expected, "{route} with {credential:?}: {}", answer.body);
                let challenge = answer.header("www-authenticate");
                if expected == 401 {
                    let challenge = challenge.expect("it says how to identify");
                    assert!(challenge.contains("Basic realm") && challenge.contains("Bearer realm"), "{challenge}");
                    assert_eq!(answer.header("content-type").as_deref(), Some("application/problem+json"));
                } else {
                    assert_eq!(challenge, None, "{route} with {credential:?}");
                }
            }
            let twice: Vec<_> = headers.iter().chain(&headers).copied().collect();
            if !twice.is_empty() {
                assert_eq!(ask(exporter.address(), "GET /", &twice).status, 401, "two headers with {credential:?}");
            }
        }
    }
}

#[test]
fn every_described_route_is_tried() {
    let _turn = turn();
    let exporter = local(tokens());
    let bearer = format!("Bearer {READ}");
    let document = ask(exporter.address(), "GET /api/v1/openapi.json", &[("Authorization", &bearer)]).body;
    let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    for (path, item) in document["paths"].as_object().expect("paths") {
        let fixed = format!("GET {}", path.split('{').next().expect("a part"));
        assert!(ROUTES.iter().any(|(route, _)| route.starts_with(&fixed)), "{path} is not tried");
        let tells = |status: &str| item["get"]["responses"][status].is_object();
        assert!(tells("421") && tells("429"), "{path}");
        assert_eq!(tells("401"), !["/health", "/ready"].contains(&path.as_str()), "{path}");
        let asks =
            if ["/health", "/ready"].contains(&path.as_str()) { json!([{}, {"bearer": []}]) } else { Value::Null };
        assert_eq!(item["get"]["security"], asks, "{path}");
        assert_eq!(tells("403"), path == "/ws", "whoever is known may read: {path}");
    }
    assert_eq!(document["security"], json!([{"bearer": []}]), "there are tokens, and no users");
    // What it asks follows the settings.
    let security = |exporter: &Exporter, credential: &[(&str, &str)]| -> Value {
        let document = ask(exporter.address(), "GET /api/v1/openapi.json", credential).body;
        serde_json::from_str::<Value>(&document).expect("JSON")["security"].clone()
    };
    exporter.set_access(everybody()).expect("it makes sense");
    assert_eq!(security(&exporter, &[("Authorization", READER)]), json!([{"bearer": []}, {"basic": []}]));
    drop(exporter);
    assert_eq!(security(&local(Access::default()), &[]), json!([{}]));
}

#[test]
fn strangers_learn_whether_it_lives_and_nothing_else() {
    let _turn = turn();
    let exporter = local(tokens());
    let brief: serde_json::Value =
        serde_json::from_str(&ask(exporter.address(), "GET /health", &[]).body).expect("JSON");
    assert_eq!(brief.as_object().map(|brief| brief.keys().collect::<Vec<_>>()), Some(vec![&String::from("status")]));
    let full = ask(exporter.address(), "GET /health", &[("Authorization", "Bearer a-token-to-read")]).body;
    assert!(full.contains("\"score\"") && full.contains("\"collectors\""), "{full}");
    let challenge = ask(exporter.address(), "GET /", &[]).header("www-authenticate");
    assert_eq!(challenge.as_deref(), Some("Bearer realm=\"perfmon\""), "nobody has a password");
}

#[test]
fn without_anybody_configured_this_machine_reads() {
    let _turn = turn();
    let exporter = local(Access::default());
    for headers in [&[][..], &[("Authorization", "Bearer whatever")], &[("Authorization", "nonsense")]] {
        for (route, expected) in ROUTES {
            let answer = ask(exporter.address(), route, headers);
            assert_eq!(answer.status, Who::Reader.status(expected), "{route} with {headers:?}: {}", answer.body);
        }
    }
    assert!(ask(exporter.address(), "GET /health", &[]).body.contains("\"score\""));
    let own = exporter.url();
    assert_eq!(ask(exporter.address(), "POST /metrics", &[("Origin", &own)]).status, 405, "it passes the gate");
}

#[test]
fn methods_that_mean_nothing_are_told_so() {
    let _turn = turn();
    for access in [Access::default(), tokens()] {
        let exporter = local(access);
        for method in ["TRACE", "FOO", "PROPFIND"] {
            let answer = ask(exporter.address(), &format!("{method} /metrics"), &[]);
            assert_eq!((answer.status, answer.header("allow").as_deref()), (405, Some("GET,HEAD")), "{method}");
        }
        assert_eq!(ask(exporter.address(), "CONNECT localhost:80", &[]).status, 405);
    }
}

#[test]
fn credentials_can_change_while_it_runs() {
    let _turn = turn();
    let exporter = local(tokens());
    let read = |secret: &str| {
        ask(exporter.address(), "GET /metrics", &[("Authorization", &format!("Bearer {secret}"))]).status
    };
    assert_eq!((read(READ), read("new")), (200, 401));
    let mut access = Access::default();
    access.tokens = vec![crate::client::token("prometheus", "new", perfmon_exporter::settings::Role::Read)];
    exporter.set_access(access.clone()).expect("it makes sense");
    assert_eq!((read(READ), read("new")), (401, 200));
    access.origins = vec![String::from("*")];
    assert!(exporter.set_access(access).expect_err("any origin is none").is_invalid());
    assert_eq!(read("new"), 200, "nothing has changed");
}
