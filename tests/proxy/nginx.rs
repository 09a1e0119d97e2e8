//! An nginx of our own: started on a free port of this machine, ended with the test.

use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener},
    path::Path,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::CertificateDer;
use tempfile::TempDir;

use crate::support::Leashed;

/// What it is called.
pub(crate) const NAME: &str = "perfmon.example.com";

/// What the guide says.
const LOCATION: &str = include_str!("../../docs/nginx.conf");

pub(crate) struct Nginx {
    _process: Leashed,
    _folder: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) certificate: CertificateDer<'static>,
}

impl Nginx {
    /// In front of that one.
    pub(crate) fn start(upstream: SocketAddr) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = |name: &str| folder.path().join(name).display().to_string();
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed([NAME.to_owned()]).expect("a certificate");
        fs::write(path("certificate.pem"), cert.pem()).expect("written");
        fs::write(path("key.pem"), signing_key.serialize_pem()).expect("written");
        // It cannot say which port it took, so one is chosen before; at an address that nobody else listens at, so that it is still free then.
        let address = TcpListener::bind("127.0.77.1:0").and_then(|free| free.local_addr()).expect("a free port");
        assert!(LOCATION.contains("http://127.0.0.1:9464;"), "the guide's exporter is where exporters are");
        let location = LOCATION.replace("127.0.0.1:9464", &upstream.to_string());
        let config = format!(
            "daemon off;\nmaster_process off;\npid {pid};\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}\
             server {{\nlisten {address} ssl;\nserver_name {NAME};\nssl_certificate {certificate};\nssl_certificate_key {key};\n{location}}}\n}}\n",
            pid = path("pid"),
            temporary = temporary(folder.path()),
            certificate = path("certificate.pem"),
            key = path("key.pem"),
        );
        fs::write(path("nginx.conf"), config).expect("written");
        let log = File::create(path("log")).expect("a file");
        let arguments = [String::from("-e"), String::from("stderr"), String::from("-c"), path("nginx.conf")];
        let process = Leashed::start("nginx", &arguments, log);
        Self { _process: process, _folder: folder, address, certificate: cert.der().clone() }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

/// Where it keeps what it would else keep in the system's folders.
fn temporary(folder: &Path) -> String {
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    kinds.map(|kind| format!("{kind}_temp_path {};\n", folder.join(kind).display())).concat()
}
