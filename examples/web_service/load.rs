//! The load: clients on real connections, some of which hang up, and a count of every request they made.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Requests made, by the name that perfmon's report has for them.
pub(crate) type Made = BTreeMap<&'static str, u64>;

/// How long, and how much.
pub(crate) struct Load<'a> {
    pub(crate) address: SocketAddr,
    pub(crate) clients: u64,
    pub(crate) requests: u64,
    pub(crate) time: Duration,
    /// Ends it before its time.
    pub(crate) stop: &'a AtomicBool,
}

impl Load<'_> {
    /// Runs it to its end.
    // The load goes by real time.
    #[allow(clippy::disallowed_methods)]
    pub(crate) fn run(&self) -> Made {
        let (end, begun) = (Instant::now() + self.time, AtomicU64::new(0));
        let client = |seed| {
            let (mut client, mut made) = (Client::new(self.address, seed), Made::new());
            while Instant::now() < end && !self.stop.load(Ordering::Relaxed) {
                let number = begun.fetch_add(1, Ordering::Relaxed);
                if number >= self.requests {
                    break;
                }
                if let Some(name) = client.request(number) {
                    *made.entry(name).or_default() += 1;
                }
            }
            made
        };
        thread::scope(|scope| {
            let clients: Vec<_> = (1..=self.clients).map(|seed| scope.spawn(move || client(seed))).collect();
            let mut all = Made::new();
            for (name, count) in clients.into_iter().filter_map(|client| client.join().ok()).flatten() {
                *all.entry(name).or_default() += count;
            }
            all
        })
    }
}

struct Client {
    address: SocketAddr,
    agent: ureq::Agent,
    dice: u64,
}

impl Client {
    fn new(address: SocketAddr, seed: u64) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).build();
        Self { address, agent: config.into(), dice: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) }
    }

    fn throw(&mut self, sides: u64) -> u64 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.dice % sides
    }

    /// Makes one of them. `None` when the server could not be reached.
    fn request(&mut self, number: u64) -> Option<&'static str> {
        // Every kind comes early, then as it happens.
        let kind = if number < 12 { number } else { self.throw(100) };
        match kind {
            0 | 12..=44 => {
                let id = 1 + self.throw(520);
                self.get(&format!("/orders/{id}"))?;
                Some("GET /orders/{id}")
            }
            1 | 45..=64 => self.get("/orders").map(|()| "GET /orders"),
            2 | 65..=79 => self.create(true).map(|()| "POST /orders"),
            3 => self.create(false).map(|()| "POST /orders"),
            4 | 80..=82 => self.get("/reports/totals").map(|()| "GET /reports/totals"),
            5 | 83 => self.get("/positions").map(|()| "GET /positions"),
            6 | 84..=87 => self.get("/export").map(|()| "GET /export"),
            7 | 88..=91 => self.upload().map(|()| "POST /documents/{name}"),
            8 | 92 => self.hang_up("/export").map(|()| "GET /export"),
            9 | 93 => self.hang_up("/quotes").map(|()| "GET /quotes"),
            11 | 94 => self.break_off().map(|()| "POST /documents/{name}"),
            10 | 95 => {
                // What scanners try.
                let path = format!("/{:x}.php?id={:x}", self.throw(u64::MAX), self.throw(1_000));
                self.get(&path).map(|()| "GET unmatched")
            }
            _ => self.delete().map(|()| "DELETE /orders/{id}"),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn get(&self, path: &str) -> Option<()> {
        let mut response = self.agent.get(self.url(path)).call().ok()?;
        response.body_mut().read_to_vec().ok().map(drop)
    }

    /// Not allowed here.
    fn delete(&self) -> Option<()> {
        self.agent.delete(self.url("/orders/1")).call().ok().map(drop)
    }

    fn create(&mut self, right: bool) -> Option<()> {
        let quantity = if right { 1 + self.throw(9) } else { 0 };
        let order = serde_json::json!({ "symbol": "AAPL", "quantity": quantity, "price": 187.5 }).to_string();
        let request = self.agent.post(self.url("/orders")).content_type("application/json");
        request.send(order).ok().map(drop)
    }

    fn upload(&mut self) -> Option<()> {
        let document = vec![b'd'; 1 + usize::try_from(self.throw(1 << 20)).unwrap_or(0)];
        self.agent.post(self.url("/documents/contract")).send(document).ok().map(drop)
    }

    /// Asks, and goes away when the answer has begun.
    fn hang_up(&self, path: &str) -> Option<()> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address).ok()?;
        stream.read_exact(&mut [0; 64]).ok()
    }

    /// Goes away in the middle of an upload.
    fn break_off(&self) -> Option<()> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let head = "POST /documents/draft HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 100000";
        write!(stream, "{head}\r\nhost: {}\r\n\r\n", self.address).ok()?;
        // The service has begun to read when it says so. (A request that is gone before it was begun is none.)
        stream.read_exact(&mut [0; 25]).ok()?;
        stream.write_all(&[b'd'; 1_000]).ok()
    }
}
