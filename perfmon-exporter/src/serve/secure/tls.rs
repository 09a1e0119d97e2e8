//! TLS, by rustls with ring. The certificate is read again when its files change.

#[cfg(feature = "tls")]
pub(crate) use self::with::Tls;
#[cfg(not(feature = "tls"))]
pub(crate) use self::without::Tls;

#[cfg(feature = "tls")]
mod with {
    use std::{
        fs, io,
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
            pki_types::{
                CertificateDer, PrivateKeyDer,
                pem::{self, PemObject},
            },
            server::{ClientHello, ResolvesServerCert},
            sign::CertifiedKey,
        },
        server::TlsStream,
    };

    use zeroize::Zeroizing;

    use super::super::rate::Rate;
    use crate::{
        file::{self, PATIENCE, Unreadable},
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

    /// What a key says that nobody can use without a password.
    const ENCRYPTED: &[u8] = b"ENCRYPTED";

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
            let (stamp, key) = {
                let (files, provider) = (files.clone(), provider.clone());
                file::within(PATIENCE, move || (stamp(&files), read(&files, &provider)))
            }
            .map_err(|error| no_answer(files, &error))?;
            let current = Arc::new(Current(Mutex::new(Arc::new(key?.told(files)))));
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

        /// Reads the files again if they have changed; `None` when they have not. Call it where that may take time: [`PATIENCE`].
        ///
        /// # Errors
        /// As [`load`](Self::load); the certificate in use stays in use. Until both files belong together again, say while they are being replaced,
        /// that is so.
        pub(crate) fn reload(self: &Arc<Self>) -> Option<Result<(), Error>> {
            let tls = self.clone();
            let read = match file::within(PATIENCE, move || tls.read_again()) {
                Ok(read) => read?,
                Err(error) => return Some(Err(no_answer(&self.files, &error))),
            };
            Some(read.map(|key| {
                let key = Arc::new(key.told(&self.files));
                *self.current.0.lock().unwrap_or_else(PoisonError::into_inner) = key;
            }))
        }

        fn read_again(&self) -> Option<Result<Read, Error>> {
            let now = stamp(&self.files);
            if std::mem::replace(&mut *self.stamp.lock().unwrap_or_else(PoisonError::into_inner), now) == now {
                return None;
            }
            Some(read(&self.files, self.config.crypto_provider()))
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

    /// What the files have.
    struct Read {
        key: CertifiedKey,
        is_for_all: bool,
    }

    impl Read {
        /// Warns of what the files are.
        fn told(self, files: &TlsFiles) -> CertifiedKey {
            if self.is_for_all {
                tracing::warn!(
                    target: "perfmon",
                    file = %files.key.display(),
                    "every user of this machine may read the private key: take that from them (chmod o-r)"
                );
            }
            self.key
        }
    }

    fn no_answer(files: &TlsFiles, error: &io::Error) -> Error {
        let (certificate, key) = (files.certificate.display(), files.key.display());
        Error::unavailable(format!("failed to read the certificate {certificate} and the key {key}: {error}"))
    }

    fn read(files: &TlsFiles, provider: &CryptoProvider) -> Result<Read, Error> {
        let wrong = |what: &str, path: &Path, why: &dyn std::fmt::Display| {
            Error::invalid(format!("failed to read the {what} {}: {why}; it has to be a PEM file", path.display()))
        };
        let unread = |what: &str, path: &Path, error: &Unreadable| {
            let (path, remedy) = (path.display(), error.remedy());
            Error::invalid(format!("failed to read the {what} {path}: {error}; {remedy}"))
        };
        let wrong_certificate = |why: &dyn std::fmt::Display| wrong("certificate", &files.certificate, why);
        let pem = file::read(&files.certificate).map_err(|error| unread("certificate", &files.certificate, &error))?;
        let chain = CertificateDer::pem_slice_iter(&pem);
        let chain: Vec<_> = chain.collect::<Result<_, _>>().map_err(|error| wrong_certificate(&error))?;
        if chain.is_empty() {
            return Err(wrong_certificate(&"there is no certificate in it"));
        }
        // The errors say where and why, never what.
        let wrong_key = |why: &dyn std::fmt::Display| wrong("private key", &files.key, why);
        let pem = file::read(&files.key).map_err(|error| unread("private key", &files.key, &error))?;
        let pem = Zeroizing::new(pem);
        let key = PrivateKeyDer::from_pem_slice(&pem).map_err(|error| match error {
            // Both ways of writing one say so in their head (RFC 7468, 11; RFC 1421, 4.6.1.1).
            _ if pem.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED) => {
                let path = files.key.display();
                Error::invalid(format!(
                    "failed to read the private key {path}: it is encrypted; decrypt it with `openssl pkey -in {path} -out plain.pem`, and let nobody but its owner read that"
                ))
            }
            pem::Error::NoItemsFound => wrong_key(&"there is no private key in it"),
            error => wrong_key(&error),
        })?;
        let key = CertifiedKey::from_der(chain, key, provider).map_err(|error| {
            Error::invalid(format!(
                "failed to use the certificate {} with the key {}: {error}; they have to belong together",
                files.certificate.display(),
                files.key.display()
            ))
        })?;
        Ok(Read { key, is_for_all: file::is_read_by_all(&files.key) })
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

        pub(crate) fn reload(self: &Arc<Self>) -> Option<Result<(), Error>> {
            match **self {}
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
