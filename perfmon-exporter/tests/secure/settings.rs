//! What cannot be, and what is said then.

use std::path::PathBuf;

use perfmon_exporter::{
    builder, hash_password,
    settings::{Access, Role, TlsFiles, User},
};

use crate::client::{token, tokens, turn};

fn message(change: impl FnOnce(&mut Access)) -> String {
    let mut access = Access::default();
    change(&mut access);
    let error = builder().listen("127.0.0.1:0").access(access).start().expect_err("it makes no sense");
    assert!(error.is_invalid(), "{error}");
    error.to_string()
}

fn user(name: &str, hash: &str) -> User {
    User { name: name.to_owned(), password_hash: hash.into(), role: Role::Read }
}

#[test]
fn what_makes_no_sense_is_told_with_the_remedy() {
    let _turn = turn();
    let hash = hash_password("secret").expect("random numbers");
    let hash = hash.expose();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    for (message, says) in [
        (message(|access| access.tokens = vec![token("empty", "", Role::Read)]), "token \"empty\""),
        (message(|access| access.tokens = vec![token("spaced", "a b", Role::Read)]), "token \"spaced\""),
        (
            message(|access| access.tokens = vec![token("one", "abc", Role::Read), token("one", "def", Role::Operate)]),
            "two tokens \"one\"",
        ),
        (
            message(|access| access.tokens = vec![token("one", "abc", Role::Read), token("two", "abc", Role::Operate)]),
            "\"one\" and \"two\" have the same secret",
        ),
        (
            message(|access| access.users = vec![user("ann", &hash.replace("m=19456", "m=4194304"))]),
            "user \"ann\" would take too long to verify",
        ),
        (
            message(|access| access.users = vec![user("ann", &hash.replace("t=2", "t=4000000"))]),
            "at most m=262144 and t=16",
        ),
        (message(|access| access.users = vec![user("ann", "hunter2")]), "user \"ann\" is none of argon2"),
        (message(|access| access.users = vec![user("bob", "$2b$10$abcdefghijklmnopqrstuv")]), "user \"bob\""),
        (message(|access| access.users = vec![user("a:b", hash)]), "no colon"),
        (message(|access| access.users = vec![user("", hash)]), "no colon"),
        (message(|access| access.users = vec![user("ann", hash), user("ann", hash)]), "two users \"ann\""),
        (message(|access| access.origins = vec![String::from("status.example.com")]), "write scheme, host"),
        (message(|access| access.origins = vec![String::from("*")]), "the origin \"*\""),
        (message(|access| access.hosts = vec![String::from("https://a.example")]), "the host \"https://a.example\""),
        (message(|access| access.trusted_proxies = vec![String::from("0.0.0.0/0")]), "\"0.0.0.0/0\" is everybody"),
        (message(|access| access.trusted_proxies = vec![String::from("nginx")]), "\"nginx\" is no address"),
        (message(|access| access.requests_per_second = Some(0)), "at least 1"),
        (
            message(|access| {
                let missing = || PathBuf::from("/no/such/file.pem");
                access.tls = Some(TlsFiles { certificate: missing(), key: missing() });
            }),
            "failed to read the certificate /no/such/file.pem",
        ),
    ] {
        assert!(message.contains(says), "{message}");
        assert!(!message.contains("hunter2") && !message.contains("a b"), "{message}");
    }
}

#[test]
fn a_public_address_needs_somebody_who_may() {
    let _turn = turn();
    let error = builder().listen("0.0.0.0:0").start().expect_err("nobody has to say who they are");
    assert!(error.is_invalid());
    insta::assert_snapshot!(error.to_string(), @"refused to listen on 0.0.0.0:0: other machines could read everything there without authentication; give it tokens or users (`access()`, or [server] of the configuration), listen on 127.0.0.1 behind a proxy, or say that everybody may read (`allow_public()`, or allow_public = true)");
    // With one it is tried, and this machine does not have that address.
    let error = builder().listen("240.0.0.1:0").access(tokens()).start().expect_err("not an address of this machine");
    assert!(error.is_invalid(), "{error}");
}
