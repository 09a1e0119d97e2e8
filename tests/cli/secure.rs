//! With a token and with TLS.

use std::fs;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedKey, IsCa, Issuer, KeyPair, date_time_ymd,
    generate_simple_self_signed,
};

use crate::running::{Done, Running, eventually, perfmon, run, said};

const TOKEN: &str = "a-long-text-that-nobody-guesses";

const TOKENS: &str = "[[server.tokens]]\nname = \"cli\"\nsecret = \"a-long-text-that-nobody-guesses\"\n";

/// Commands with the token, without a score in the first second.
fn with_token(running: &Running, arguments: &[&str]) -> String {
    eventually("it has a score", || match run(running.ask(arguments).env("PERFMON_TOKEN", TOKEN)) {
        Done { stderr, .. } if stderr.contains("just been started") => None,
        Done { code: Some(0), stdout, .. } => Some(stdout),
        done => panic!("{done:?}"),
    })
}

#[test]
fn a_token_lets_in() {
    let running = Running::start(TOKENS);
    assert!(with_token(&running, &["health"]).contains(" of 100"));
    let file = running.path("token");
    fs::write(&file, format!("{TOKEN}\n")).expect("written");
    let file = file.to_string_lossy().into_owned();
    for command in ["health", "status", "report", "export"] {
        let done = run(&mut running.ask(&[command]));
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.stderr.contains("401") && done.stderr.contains("set PERFMON_TOKEN"), "{}", done.stderr);
        let done = run(running.ask(&[command]).env("PERFMON_TOKEN", "another-text-that-is-wrong"));
        assert_eq!(done.code, Some(1), "{done:?}");
        assert!(done.stderr.contains("does not know this token"), "{}", done.stderr);
        assert!(!done.stderr.contains("another-text"), "{}", done.stderr);
        // The file goes before the environment.
        said(running.ask(&[command, "--token-file", &file]).env("PERFMON_TOKEN", "another-text-that-is-wrong"));
        let done = run(&mut running.ask(&[command, "--debug", "--token-file", &file]));
        assert!(!done.stderr.contains(TOKEN), "{}", done.stderr);
    }
    assert!(!running.log().contains(TOKEN));
}

#[test]
fn https_needs_a_certificate_that_is_trusted() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = ["localhost", "127.0.0.1"].map(String::from);
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).expect("a certificate");
    let ca = folder.path().join("cert.pem");
    fs::write(folder.path().join("key.pem"), signing_key.serialize_pem()).expect("written");
    fs::write(&ca, cert.pem()).expect("written");
    let ca = ca.to_string_lossy().into_owned();
    let tls = format!("{TOKENS}[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n");
    let running = Running::start_in(folder, &tls);
    assert!(running.url.starts_with("https://127.0.0.1:"), "{}", running.url);

    let text = with_token(&running, &["health", "--ca", &ca]);
    assert!(text.contains(" of 100"), "{text}");
    // The configuration says which certificate it shows.
    let listen = running.url.trim_start_matches("https://");
    let config = running.path("client.toml");
    let tls = "[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n";
    fs::write(&config, format!("[server]\nlisten = \"{listen}\"\n{tls}")).expect("written");
    let mut command = perfmon(&["health", "--config"]);
    assert!(said(command.arg(&config).env("PERFMON_TOKEN", TOKEN)).contains(" of 100"));
    let done = run(&mut running.ask(&["health", "--ca", &ca]));
    assert!(done.code == Some(1) && done.stderr.contains("401"), "{done:?}");
    let done = run(running.ask(&["health"]).env("PERFMON_TOKEN", TOKEN));
    assert_eq!(done.code, Some(3), "{done:?}");
    assert!(done.stderr.contains("certificate") && done.stderr.contains("--ca"), "{}", done.stderr);

    // Speaking the wrong language is told on both sides.
    let plain = running.url.replace("https:", "http:");
    let done = run(&mut perfmon(&["health", "--url", &plain]));
    assert!(done.code == Some(1) && done.stderr.contains("https://"), "{done:?}");
    let other = Running::start("");
    let done = run(&mut perfmon(&["health", "--url", &other.url.replace("http:", "https:")]));
    assert!(done.code == Some(3) && done.stderr.contains("http://"), "{done:?}");

    let key = running.path("key.pem").to_string_lossy().into_owned();
    let done = run(&mut running.ask(&["health", "--ca", &key]));
    assert!(done.code == Some(2) && done.stderr.contains("there is none in it"), "{done:?}");
}

#[test]
fn a_user_logs_in() {
    let mut hashing = perfmon(&["hash-password"]);
    let folder = tempfile::tempdir().expect("a folder");
    let password = folder.path().join("password");
    fs::write(&password, "correct horse: battery\n").expect("written");
    let hash = said(hashing.stdin(fs::File::open(&password).expect("there")));
    let running = Running::start(&format!("[[server.users]]\nname = \"alice\"\npassword_hash = '{}'\n", hash.trim()));
    let password = password.to_string_lossy().into_owned();
    let report = said(&mut running.ask(&["report", "--user", "alice", "--password-file", &password]));
    assert!(report.contains("perfmon report"), "{report}");
    let by_environment = |name: &str, password: &str| {
        let mut command = running.ask(&["report"]);
        run(command.env("PERFMON_USER", name).env("PERFMON_PASSWORD", password))
    };
    assert_eq!(by_environment("alice", "correct horse: battery").code, Some(0));
    let done = by_environment("alice", "another battery");
    assert!(done.code == Some(1) && done.stderr.contains("this name with this password"), "{done:?}");
    assert!(!done.stderr.contains("another battery"), "{done:?}");
    for (arguments, token, says) in [
        (&["report"][..], "", "401 Unauthorized, "),
        (&["report"], "", "; write --user"),
        (&["report"], TOKEN, "it knows users alone: write --user"),
        (&["report", "--user", "alice"], "", "set PERFMON_PASSWORD or write --password-file"),
        (&["report", "--user", "a:b"], "", "has a colon"),
        (&["report", "--user", "alice", "--password-file", "/dev/null"], "", "the password is empty"),
        (
            &["report", "--user", "alice", "--password-file", "/nowhere"],
            "",
            "failed to read the password from /nowhere",
        ),
    ] {
        let done = run(running.ask(arguments).env("PERFMON_TOKEN", token).stdin(std::process::Stdio::null()));
        assert!(done.stderr.contains(says) && done.stdout.is_empty(), "{arguments:?}: {done:?}");
    }
}

#[test]
fn a_certificate_that_has_ended_is_told_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut params = CertificateParams::new([String::from("127.0.0.1")]).expect("a name");
    params.not_after = date_time_ymd(2020, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    fs::write(folder.path().join("cert.pem"), certificate.pem()).expect("written");
    fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("written");
    let tls = "[log]\nlevel = \"info\"\n[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n[report]\nfinal = \"last.json\"\n";
    let running = Running::start_in(folder, tls);
    assert!(running.log().contains("is no longer valid, since "), "{}", running.log());
    let done = run(perfmon(&["check", "--config", "perfmon.toml"]).current_dir(running.folder.path()));
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(
        done.stderr.contains("perfmon.toml:3:1, server.tls: the certificate cert.pem is no longer valid"),
        "{done:?}"
    );
    let ca = running.path("cert.pem").to_string_lossy().into_owned();
    let done = run(&mut running.ask(&["health", "--ca", &ca]));
    assert!(done.code == Some(3) && done.stderr.contains("renewed there"), "{done:?}");
}

#[test]
fn a_certificate_of_a_private_authority_is_trusted_by_itself_and_by_its_authority() {
    let mut authority = CertificateParams::new([]).expect("no names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().expect("a key");
    let root = authority.self_signed(&authority_key).expect("a certificate");
    let issuer = Issuer::new(authority, authority_key);
    // Made out to another name: who names the certificate itself asks for none.
    for (name, by_authority) in [("127.0.0.1", 0), ("perfmon.example.com", 3)] {
        let key = KeyPair::generate().expect("a key");
        let leaf = CertificateParams::new([String::from(name)]).expect("a name");
        let leaf = leaf.signed_by(&key, &issuer).expect("a certificate");
        let other = generate_simple_self_signed([String::from("127.0.0.1")]).expect("a certificate");
        let begun = tempfile::tempdir().expect("a folder");
        for (file, text) in [
            ("root.pem", root.pem()),
            ("leaf.pem", leaf.pem()),
            ("other.pem", other.cert.pem()),
            ("key.pem", key.serialize_pem()),
        ] {
            fs::write(begun.path().join(file), text).expect("written");
        }
        let tls = "[server.tls]\ncertificate = \"leaf.pem\"\nkey = \"key.pem\"\n";
        let running = Running::start_in(begun, tls);
        for (file, code) in [("leaf.pem", 0), ("root.pem", by_authority), ("other.pem", 3)] {
            let ca = running.path(file).to_string_lossy().into_owned();
            let done = run(&mut running.ask(&["report", "--ca", &ca]));
            assert_eq!(done.code, Some(code), "{name} {file}: {done:?}");
        }
        let config = running.path("client.toml");
        let listen = running.url.trim_start_matches("https://");
        fs::write(&config, format!("[server]\nlisten = \"{listen}\"\n{tls}")).expect("written");
        said(&mut perfmon(&["report", "--config", &config.to_string_lossy()]));
    }
}

#[test]
fn an_authority_s_certificate_as_a_server_s_own_is_trusted_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut params = CertificateParams::new([String::from("127.0.0.1")]).expect("a name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    fs::write(folder.path().join("cert.pem"), certificate.pem()).expect("written");
    fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("written");
    let running = Running::start_in(folder, "[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n");
    said(&mut running.ask(&["report", "--ca", &running.path("cert.pem").to_string_lossy()]));
    let done = run(&mut running.ask(&["report"]));
    assert_eq!(done.code, Some(3), "{done:?}");
}

#[test]
fn keys_that_cannot_be_used_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let CertifiedKey { cert, .. } = generate_simple_self_signed([String::from("127.0.0.1")]).expect("a certificate");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("cert.pem"), cert.pem()).expect("written");
    fs::write(path("locked.pem"), "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n")
        .expect("written");
    fs::write(path("empty.pem"), "").expect("written");
    fs::create_dir(path("folder.pem")).expect("made");
    for (key, says) in [
        ("gone.pem", "gone.pem: it is not there; check its path"),
        ("folder.pem", "folder.pem: it is a folder; name the file in it"),
        ("locked.pem", "locked.pem: it is encrypted; decrypt it with `openssl pkey -in locked.pem"),
        ("empty.pem", "empty.pem: there is no private key in it; it has to be a PEM file"),
        ("cert.pem", "cert.pem: there is no private key in it"),
    ] {
        let text = format!("[server.tls]\ncertificate = \"cert.pem\"\nkey = \"{key}\"\n");
        fs::write(path("perfmon.toml"), text).expect("written");
        let done = run(perfmon(&["check", "--config", "perfmon.toml"]).current_dir(folder.path()));
        assert!(done.code == Some(2) && done.stderr.contains(says), "{done:?}");
        assert!(!done.stderr.contains("os error"), "{done:?}");
    }
}
