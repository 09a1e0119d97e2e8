//! Who may do what.

use perfmon_exporter::settings::Access;

use crate::client::{
    OPERATE, OPERATOR, READ, READER, UNKNOWN_USER, WRONG_PASSWORD, ask, everybody, local, tokens, turn,
};

/// What each asks for, in the order of the columns below.
const ROUTES: [&str; 9] = [
    "GET /",
    "GET /metrics",
    "GET /health",
    "HEAD /health",
    "GET /ready",
    "GET /nowhere",
    "POST /metrics",
    "POST /health",
    "DELETE /nowhere",
];

#[test]
fn role_by_route_by_credential() {
    let _turn = turn();
    let access = everybody();
    let bearer = |secret: &str| format!("Bearer {secret}");
    let nobody = [401; 9];
    let reads = [200, 200, 200, 200, 200, 404, 403, 403, 403];
    let operates = [200, 200, 200, 200, 200, 404, 405, 405, 404];
    for (credential, expected) in [
        (None, [401, 401, 200, 200, 200, 401, 401, 401, 401]),
        (Some(bearer(READ)), reads),
        (Some(bearer(OPERATE)), operates),
        (Some(format!("bearer   {READ}")), reads),
        (Some(READER.to_owned()), reads),
        (Some(OPERATOR.to_owned()), operates),
        (Some(bearer("another")), nobody),
        (Some(bearer(&READ[..READ.len() - 1])), nobody),
        (Some(bearer(&format!("{READ}x"))), nobody),
        (Some(bearer("prometheus")), nobody),
        (Some(READ.to_owned()), nobody),
        (Some(String::from("Bearer")), nobody),
        (Some(WRONG_PASSWORD.to_owned()), nobody),
        (Some(UNKNOWN_USER.to_owned()), nobody),
        (Some(String::from("Basic ****")), nobody),
        (Some(String::from("Digest username=\"reader\"")), nobody),
    ] {
        // Each has a server of its own, so that wrong guesses do not add up.
        let exporter = local(access.clone());
        let headers: Vec<_> = credential.iter().map(|value| ("Authorization", value.as_str())).collect();
        for (route, expected) in ROUTES.into_iter().zip(expected) {
            let answer = ask(exporter.address(), route, &headers);
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
        for (route, expected) in ROUTES.into_iter().zip([200, 200, 200, 200, 200, 404, 403, 403, 403]) {
            let answer = ask(exporter.address(), route, headers);
            assert_eq!(answer.status, expected, "{route} with {headers:?}: {}", answer.body);
        }
    }
    assert!(ask(exporter.address(), "GET /health", &[]).body.contains("\"score\""));
    let own = exporter.url();
    assert_eq!(ask(exporter.address(), "POST /metrics", &[("Origin", &own)]).status, 405, "it passes the gate");
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
