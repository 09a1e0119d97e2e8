//! Whom to trust by certificates that somebody named: authorities' as always, and a server's own, whoever made it.

use std::{
    fmt, fs,
    io::{Read as _, Write as _},
    path::Path,
    sync::Arc,
};

use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    StreamOwned,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::ring,
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use ureq::{
    tls::{PemItem, parse_pem},
    unversioned::transport::{
        Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport, TransportAdapter,
    },
};

use crate::failure::Failure;

/// TLS with whoever shows a certificate that is trusted.
#[derive(Debug)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts the certificates in a PEM file and no others.
    pub(crate) fn trusting(path: &Path) -> Result<Self, Failure> {
        let wrong = |why: &dyn fmt::Display| {
            let path = path.display();
            Failure::wrong(format!("failed to read certificates from {path}: {why}; write a PEM file with --ca"))
        };
        let pem = fs::read(path).map_err(|error| wrong(&error))?;
        let mut known = Vec::new();
        for item in parse_pem(&pem) {
            if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(&error))? {
                known.push(CertificateDer::from(certificate.der().to_vec()));
            }
        }
        if known.is_empty() {
            return Err(wrong(&"there is none in it"));
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(known.iter().cloned());
        let provider = Arc::new(ring::default_provider());
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let authorities = authorities.build().map_err(|error| wrong(&error))?;
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| wrong(&error))?.dangerous();
        let config = config.with_custom_certificate_verifier(Arc::new(Trusted { known, authorities }));
        Ok(Self(Arc::new(config.with_no_client_auth())))
    }
}

/// Whoever an authority that is named here vouches for, and whoever has the key of a certificate that is named here.
#[derive(Debug)]
struct Trusted {
    known: Vec<CertificateDer<'static>>,
    authorities: Arc<WebPkiServerVerifier>,
}

impl ServerCertVerifier for Trusted {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.authorities.verify_server_cert(shown, between, name, ocsp, now).or_else(|error| {
            // Who made it, and for which name, is nothing to ask of the very certificate that was named. Whether it still is valid has been looked at first.
            if self.known.contains(shown) && is_of_trust(&error) {
                Ok(ServerCertVerified::assertion())
            } else {
                Err(error)
            }
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, shown, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, shown, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// Whether a certificate was refused for who made it, what for, or for whom, and not for what it is.
fn is_of_trust(error: &Error) -> bool {
    let Error::InvalidCertificate(why) = error else { return false };
    match why {
        CertificateError::UnknownIssuer
        // Of another authority that calls itself the same.
        | CertificateError::BadSignature
        | CertificateError::NotValidForName
        | CertificateError::NotValidForNameContext { .. } => true,
        // What `openssl req -x509` makes: an authority's certificate in the place of a server's.
        CertificateError::Other(other) => other.to_string().contains("CaUsedAsEndEntity"),
        _ => false,
    }
}

impl<In: Transport> Connector<In> for Tls {
    type Out = Either<In, Encrypted>;

    fn connect(&self, details: &ConnectionDetails<'_>, before: Option<In>) -> Result<Option<Self::Out>, ureq::Error> {
        let Some(transport) = before else { return Ok(None) };
        if !details.needs_tls() || transport.is_tls() {
            return Ok(Some(Either::A(transport)));
        }
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name =
            ServerName::try_from(host).map_err(|_| ureq::Error::Tls("the host has a name that none can have"))?;
        let mut session = ClientConnection::new(self.0.clone(), name.to_owned())?;
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        session.complete_io(&mut socket)?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(Either::B(Encrypted { buffers, stream: StreamOwned::new(session, socket) })))
    }
}

/// A connection through which nobody sees.
pub(crate) struct Encrypted {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl Transport for Encrypted {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        Ok(self.stream.write_all(&self.buffers.output()[..amount])?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.stream.get_mut().set_timeout(timeout);
        let read = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(read);
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

impl fmt::Debug for Encrypted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encrypted").finish_non_exhaustive()
    }
}
