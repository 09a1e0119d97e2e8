//! TLS, by rustls with ring. The certificate is read again when its files change.

#[cfg(feature = "tls")]
pub(crate) use self::with::Tls;
#[cfg(not(feature = "tls"))]
pub(crate) use self::without::Tls;

#[cfg(feature = "tls")]
mod with {
    use std::{
        fs,
        net::IpAddr,
        path::Path,
        sync::{Arc, Mutex, PoisonError},
        time::{Duration, SystemTime},
    };

    use governor::clock::DefaultClock;
    use perfmon_core::Error;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        time::timeout,
    };
    use tokio_rustls::{
        TlsAcceptor,
        rustls::{
            ServerConfig,
            crypto::{CryptoProvider, ring},
            pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
            server::{ClientHello, ResolvesServerCert},
            sign::CertifiedKey,
        },
        server::TlsStream,
    };

    use super::super::rate::Rate;
    use crate::{
        serve::{problem::Problem, unreadable::answer},
        settings::TlsFiles,
    };

    /// Handshakes that an address may ask for at once, and how long until one more. Each costs the exporter's thread a signature, up to some milliseconds
    /// with a large key.
    const HANDSHAKES: u32 = 200;
    const HANDSHAKE_AGAIN: Duration = Duration::from_millis(20);
    /// How long a client may take to shake hands.
    const HANDSHAKE: Duration = Duration::from_secs(10);
    /// The first byte of what a TLS client says: a record of the handshake (RFC 8446, 5.1).
    const HANDSHAKE_RECORD: u8 = 22;
    /// How the answer begins to somebody who speaks plain HTTP.
    const PLAIN: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n";

    /// The certificate, and how to speak with it.
    #[derive(Debug)]
    pub(crate) struct Tls {
        files: TlsFiles,
        current: Arc<Current>,
        stamp: Mutex<Stamp>,
        config: Arc<ServerConfig>,
        handshakes: Rate,
    }

    /// When the files were changed, and how long they are.
    type Stamp = [Option<(SystemTime, u64)>; 2];

    #[derive(Debug)]
    struct Current(Mutex<Arc<CertifiedKey>>);

    impl ResolvesServerCert for Current {
        fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
            Some(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
        }
    }

    impl Tls {
        /// # Errors
        /// When a file cannot be read, is no PEM, or the key is not the certificate's.
        pub(crate) fn load(files: &TlsFiles) -> Result<Arc<Self>, Error> {
            let provider = Arc::new(ring::default_provider());
            let stamp = stamp(files);
            let current = Arc::new(Current(Mutex::new(Arc::new(read(files, &provider)?))));
            let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
            let config = config.map_err(|error| Error::invalid(format!("failed to set up TLS: {error}")))?;
            let mut config = config.with_no_client_auth().with_cert_resolver(current.clone());
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
            let (stamp, config) = (Mutex::new(stamp), Arc::new(config));
            let handshakes = Rate::slow(HANDSHAKES, HANDSHAKE_AGAIN, DefaultClock::default());
            Ok(Arc::new(Self { files: files.clone(), current, stamp, config, handshakes }))
        }

        /// Whether an address may shake hands once more. To be asked before it takes anybody's place.
        pub(crate) fn admits(&self, address: IpAddr) -> bool {
            self.handshakes.take(address).is_ok()
        }

        /// Reads the files again if they have changed; `None` when they have not. Reads files, so call it where that may take time.
        ///
        /// # Errors
        /// As [`load`](Self::load); the certificate in use stays in use. Until both files belong together again, say while they are being replaced,
        /// that is so.
        pub(crate) fn reload(&self) -> Option<Result<(), Error>> {
            let now = stamp(&self.files);
            if std::mem::replace(&mut *self.stamp.lock().unwrap_or_else(PoisonError::into_inner), now) == now {
                return None;
            }
            Some(read(&self.files, self.config.crypto_provider()).map(|key| {
                *self.current.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
            }))
        }

        /// Shakes hands; `None` when the client does not, or not in time.
        pub(crate) async fn accept(&self, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
            timeout(HANDSHAKE, self.shake_hands(stream)).await.ok().flatten()
        }

        async fn shake_hands(&self, mut stream: TcpStream) -> Option<TlsStream<TcpStream>> {
            let mut first = [0];
            if stream.peek(&mut first).await.ok()? == 0 {
                return None;
            }
            if first[0] != HANDSHAKE_RECORD {
                // What was sent is read, because closing before that would take the answer away from the client.
                let _ = stream.read(&mut [0; 4096]).await;
                let problem = Problem::bad_request("this port speaks TLS: write https:// instead");
                let _ = stream.write_all(answer(PLAIN, problem).as_bytes()).await;
                let _ = stream.shutdown().await;
                return None;
            }
            TlsAcceptor::from(self.config.clone()).accept(stream).await.ok()
        }
    }

    fn stamp(files: &TlsFiles) -> Stamp {
        [&files.certificate, &files.key].map(|path| {
            let file = fs::metadata(path).ok()?;
            Some((file.modified().ok()?, file.len()))
        })
    }

    #[cfg(unix)]
    fn is_for_all(path: &Path) -> bool {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
    }

    fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<CertifiedKey, Error> {
        let wrong = |what: &str, path: &Path, why: &dyn std::fmt::Display| {
            Error::invalid(format!("failed to read the {what} {}: {why}; it has to be a PEM file", path.display()))
        };
        let wrong_certificate = |why: &dyn std::fmt::Display| wrong("certificate", &files.certificate, why);
        let chain = CertificateDer::pem_file_iter(&files.certificate).map_err(|error| wrong_certificate(&error))?;
        let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|error| wrong_certificate(&error))?;
        if chain.is_empty() {
            return Err(wrong_certificate(&"there is no certificate in it"));
        }
        #[cfg(unix)]
        if is_for_all(&files.key) {
            tracing::warn!(
                target: "perfmon",
                file = %files.key.display(),
                "every user of this machine may read the private key: take that from them (chmod o-r)"
            );
        }
        // The errors say where and why, never what.
        let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| wrong("private key", &files.key, &error))?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| {
            Error::invalid(format!(
                "failed to use the certificate {} with the key {}: {error}; they have to belong together",
                files.certificate.display(),
                files.key.display()
            ))
        })
    }
}

#[cfg(not(feature = "tls"))]
mod without {
    use std::{net::IpAddr, sync::Arc};

    use perfmon_core::Error;
    use tokio::net::TcpStream;

    use crate::settings::TlsFiles;

    /// There is none.
    #[derive(Debug)]
    pub(crate) enum Tls {}

    impl Tls {
        pub(crate) fn load(_: &TlsFiles) -> Result<Arc<Self>, Error> {
            Err(Error::invalid(
                "failed to set up TLS: it needs the cargo feature `tls`: enable it, or leave the certificate out",
            ))
        }

        pub(crate) fn reload(&self) -> Option<Result<(), Error>> {
            match *self {}
        }

        pub(crate) fn admits(&self, _: IpAddr) -> bool {
            match *self {}
        }

        #[allow(clippy::unused_async, reason = "as with the feature")]
        pub(crate) async fn accept(&self, _: TcpStream) -> Option<TcpStream> {
            match *self {}
        }
    }
}
