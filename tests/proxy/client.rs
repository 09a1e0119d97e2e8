//! A client at an address of its own.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::ServerName};
use tokio::net::TcpSocket;
use tungstenite::{ClientRequestBuilder, HandshakeError, Message, client as upgrade};

use crate::{
    nginx::{NAME, Nginx},
    support::LONG,
};

/// Asks the proxy.
pub(crate) struct Client {
    own: Ipv4Addr,
    proxy: SocketAddr,
    tls: Arc<ClientConfig>,
    pub(crate) host: String,
    /// More lines of the request's head.
    pub(crate) headers: String,
}

/// What came of listening.
#[derive(Debug)]
pub(crate) enum Listened {
    /// The first message.
    Told(String),
    Refused(u16),
}

impl Client {
    /// The whole of 127.0.0.0/8 is this machine's. The first of it is the proxy's.
    pub(crate) fn new(nginx: &Nginx) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0x7f00_0100);
        let own = Ipv4Addr::from_bits(NEXT.fetch_add(1, Ordering::Relaxed));
        let mut roots = RootCertStore::empty();
        roots.add(nginx.certificate.clone()).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("versions").with_root_certificates(roots).with_no_client_auth();
        let host = format!("{NAME}:{}", nginx.port());
        Self { own, proxy: nginx.address, tls: Arc::new(config), host, headers: String::new() }
    }

    fn connect(&self) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let stream = runtime.block_on(async {
            let socket = TcpSocket::new_v4()?;
            socket.bind((self.own, 0).into())?;
            socket.connect(self.proxy).await?.into_std()
        })?;
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(LONG))?;
        let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
        let session = ClientConnection::new(self.tls.clone(), name).map_err(io::Error::other)?;
        Ok(StreamOwned::new(session, stream))
    }

    /// Status and body; `None` when the proxy does not listen yet.
    pub(crate) fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut stream = self.connect().ok()?;
        let (host, headers) = (&self.host, &self.headers);
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n").ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
    }

    /// Listens to the processor's load as a page of that origin would.
    pub(crate) fn listen(&self, origin: &str) -> Listened {
        let address = format!("wss://{}/ws", self.host).parse().expect("an address");
        let request = ClientRequestBuilder::new(address).with_header("Origin", origin);
        match upgrade(request, self.connect().expect("the proxy listens")) {
            Ok((mut socket, _)) => {
                socket
                    .send(Message::from(r#"{"type":"subscribe","metric_name":"cpu_usage_percent"}"#))
                    .expect("it hears");
                Listened::Told(socket.read().expect("a message").into_text().expect("text").to_string())
            }
            Err(HandshakeError::Failure(tungstenite::Error::Http(refused))) => {
                Listened::Refused(refused.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }
}
