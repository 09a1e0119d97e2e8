//! TLS, from handshake to a new certificate.

use std::{
    fs,
    io::Read,
    net::{SocketAddr, TcpStream},
    path::Path,
    sync::Arc,
};

use perfmon_exporter::{Exporter, builder, settings::TlsFiles};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName},
};
use tempfile::TempDir;

use crate::{
    canary::Log,
    client::{Answer, READ, ask, raw, talk, tokens, turn},
    support::{LONG, eventually},
};

/// A certificate for localhost, in files.
fn certificate(folder: &Path) -> (TlsFiles, CertificateDer<'static>) {
    let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    (files.clone(), renew(&files))
}

fn renew(files: &TlsFiles) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed([String::from("localhost")]).expect("a certificate");
    fs::write(&files.key, signing_key.serialize_pem()).expect("written");
    fs::write(&files.certificate, cert.pem()).expect("written");
    cert.der().clone()
}

/// Asks with a client that trusts one certificate.
fn ask_trusting(address: SocketAddr, root: &CertificateDer<'static>, request: &str) -> Result<Answer, String> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let mut connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let mut socket = TcpStream::connect(address).expect("the exporter takes connections");
    socket.set_read_timeout(Some(LONG)).expect("a timeout");
    while connection.is_handshaking() {
        connection.complete_io(&mut socket).map_err(|error| error.to_string())?;
    }
    Ok(talk(&mut StreamOwned::new(connection, socket), request))
}

fn health(exporter: &Exporter, root: &CertificateDer<'static>) -> Result<u16, String> {
    let host = format!("localhost:{}", exporter.address().port());
    ask_trusting(exporter.address(), root, &raw("GET /health", &[("Host", &host)], "")).map(|answer| answer.status)
}

/// An exporter, whom to trust, and the folder of both files.
fn running() -> (Exporter, CertificateDer<'static>, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let (files, root) = certificate(folder.path());
    let mut access = tokens();
    access.tls = Some(files);
    (builder().listen("127.0.0.1:0").access(access).start().expect("it starts"), root, folder)
}

#[test]
fn https_with_a_certificate_that_changes() {
    let _turn = turn();
    let folder = tempfile::tempdir().expect("a folder");
    let (files, first) = certificate(folder.path());
    let mut access = tokens();
    access.tls = Some(files.clone());
    let exporter = builder().listen("127.0.0.1:0").access(access.clone()).start().expect("it starts");
    assert_eq!(exporter.url(), format!("https://{}", exporter.address()));
    eventually("it is ready", || (health(&exporter, &first) == Ok(200)).then_some(()));
    let bearer = format!("Bearer {READ}");
    let own = format!("https://localhost:{}", exporter.address().port());
    let metrics = |headers: &[(&str, &str)]| {
        let mut all = vec![("Host", own.trim_start_matches("https://"))];
        all.extend(headers);
        ask_trusting(exporter.address(), &first, &raw("GET /metrics", &all, "")).map(|answer| answer.status)
    };
    assert_eq!(metrics(&[]), Ok(401));
    assert_eq!(metrics(&[("Authorization", &bearer), ("Origin", &own)]), Ok(200));

    // Another certificate, without a pause: who connects now sees the new one.
    let second = renew(&files);
    eventually("the new certificate is in use", || (health(&exporter, &second) == Ok(200)).then_some(()));
    let error = health(&exporter, &first).expect_err("the old one is not in use");
    assert!(error.contains("certificate"), "{error}");

    // A broken one changes nothing, and takes points from health.
    let rules = || exporter.health().map(|health| health.deductions).unwrap_or_default();
    fs::write(&files.certificate, "nonsense").expect("written");
    eventually("health tells", || rules().iter().any(|one| one.rule == "certificate").then_some(()));
    assert_eq!(health(&exporter, &second), Ok(200));
    let third = renew(&files);
    eventually("it is mended", || (health(&exporter, &third) == Ok(200)).then_some(()));
    eventually("health tells", || rules().iter().all(|one| one.rule != "certificate").then_some(()));

    access.tls = None;
    let error = exporter.set_access(access).expect_err("that needs a start");
    assert!(error.is_invalid() && error.to_string().contains("start it again"), "{error}");
}

#[test]
fn plain_http_is_told_to_speak_tls() {
    let _turn = turn();
    let (exporter, root, _folder) = running();
    let answer = ask(exporter.address(), "GET /health", &[]);
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("write https:// instead"), "{}", answer.body);
    // Who begins with the right byte and goes on with the wrong ones is not answered; nor is who leaves.
    let mut stream = TcpStream::connect(exporter.address()).expect("a connection");
    std::io::Write::write_all(&mut stream, &[22, 0, 0, 0, 0, 0, 0, 0]).expect("sent");
    stream.set_read_timeout(Some(LONG)).expect("a timeout");
    let _ = stream.read_to_end(&mut Vec::new());
    drop(TcpStream::connect(exporter.address()).expect("a connection"));
    eventually("others are served", || (health(&exporter, &root) == Ok(200)).then_some(()));
}

#[test]
fn who_asks_for_endless_handshakes_is_turned_away() {
    let _turn = turn();
    let (exporter, root, _folder) = running();
    let bearer = format!("Bearer {READ}");
    let host = format!("localhost:{}", exporter.address().port());
    let refused = || {
        let request = raw("GET /metrics", &[("Host", &host), ("Authorization", &bearer)], "");
        let body = ask_trusting(exporter.address(), &root, &request).ok()?.body;
        let line = body.lines().find(|line| line.starts_with("perfmon_requests_refused_total{reason=\"rate\"}"))?;
        line.rsplit(' ').next()?.parse::<f64>().ok()
    };
    let before = eventually("it tells", refused);
    eventually("they are counted", || {
        // Some milliseconds later one more is let in.
        let told = refused()?;
        if told <= before {
            // They say nothing, and have cost nothing else yet. A slow machine may have time for all of them.
            (0..1_000).for_each(|_| drop(TcpStream::connect(exporter.address())));
        }
        (told > before).then_some(())
    });
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let _turn = turn();
    let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let ((mut files, _), (other, _)) = (certificate(one.path()), certificate(two.path()));
    files.key = other.key;
    let mut access = tokens();
    access.tls = Some(files.clone());
    let error =
        builder().listen("127.0.0.1:0").access(access.clone()).start().expect_err("they do not belong together");
    assert!(error.is_invalid() && error.to_string().contains("belong together"), "{error}");
    fs::write(&files.certificate, "").expect("written");
    let error = builder().listen("127.0.0.1:0").access(access.clone()).start().expect_err("nothing in it");
    assert!(error.to_string().contains("there is no certificate in it"), "{error}");
    fs::write(&files.certificate, fs::read(&other.certificate).expect("readable")).expect("written");
    fs::write(&files.key, "").expect("written");
    let error = builder().listen("127.0.0.1:0").access(access).start().expect_err("no key");
    assert!(error.to_string().contains("failed to read the private key"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_key_that_everybody_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let _turn = turn();
    let folder = TempDir::new().expect("a folder");
    let (files, _) = certificate(folder.path());
    let mut access = tokens();
    access.tls = Some(files.clone());
    for (mode, warned) in [(0o600, false), (0o640, false), (0o644, true)] {
        fs::set_permissions(&files.key, fs::Permissions::from_mode(mode)).expect("it is ours");
        let chosen = builder().listen("127.0.0.1:0").access(access.clone());
        let (exporter, log) = Log::of(|| chosen.start());
        exporter.expect("it starts").stop().expect("it stops");
        assert_eq!(log.contains("may read the private key"), warned, "{mode:o}: {log}");
    }
}
