//! A bot that trades, and a Prometheus that watches it.

use std::{fs, io::BufRead as _, net::SocketAddr, process::Stdio, sync::LazyLock};

use serde_json::Value;

use crate::support::{
    Leashed,
    built::built,
    eventually,
    prometheus::{Prometheus, Target},
};

/// Slow enough for the replay to outlast every test: it takes a hundred seconds at this pace, and at the end the bot still answers.
const DAYS_PER_SECOND: &str = "50";

/// The profiles of names; each is a job of its own. The first is perfmon's own, for documents that have no names.
const PROFILES: [&str; 4] = ["canonical", "trading_bot", "algo_trade", "agent_cellphone"];

pub(crate) struct World {
    bot: Leashed,
    /// Of the exporter.
    pub(crate) address: SocketAddr,
    /// Of the bot's own pages.
    status: String,
    pub(crate) prometheus: Prometheus,
}

/// One for all tests.
pub(crate) fn world() -> &'static World {
    static WORLD: LazyLock<World> = LazyLock::new(World::begin);
    &WORLD
}

impl World {
    fn begin() -> Self {
        let arguments = ["--listen", "127.0.0.1:0", "--days-per-second", DAYS_PER_SECOND].map(str::to_owned);
        let mut bot = Leashed::start(&built("trading_bot"), &arguments, Stdio::inherit());
        let mut next = || {
            let lines = std::iter::repeat_with(|| {
                let mut line = String::new();
                let length = bot.stdout.read_line(&mut line).expect("text");
                assert!(length > 0, "the bot ended without saying where it listens");
                line
            });
            let address = |line: String| line.split_once("http://").map(|(_, rest)| rest.trim().to_owned());
            lines.into_iter().find_map(address).expect("endless")
        };
        let address = next().parse().expect("an address");
        let status = next().split('/').next().expect("an address").to_owned();
        let targets = PROFILES.map(|names| Target { job: names, address, names: Some(names) });
        let world = Self { bot, address, status, prometheus: Prometheus::start("exemplar-storage", &targets) };
        // Everything that is asked needs several scrapes with growth in between.
        eventually("three scrapes of each profile", || {
            let scrapes = world.prometheus.ask("count_over_time(up[5m])");
            (scrapes.len() == PROFILES.len() && scrapes.iter().all(|one| one.value >= 3.0)).then_some(())
        });
        world
    }

    /// What perfmon answers, as JSON.
    pub(crate) fn get(&self, path: &str) -> Value {
        json(&format!("http://{}{path}", self.address))
    }

    /// The status that the bot's own pages answer with.
    pub(crate) fn visit(&self, path: &str) -> u16 {
        get(&format!("http://{}{path}", self.status)).0
    }

    /// The account as the bot itself knows it, and the header that tells how long the answer took.
    pub(crate) fn account(&self) -> (Value, String) {
        let mut answer = ureq::get(format!("http://{}/status", self.status)).call().expect("an answer");
        let took = answer.headers()["x-response-time"].to_str().expect("text").to_owned();
        (serde_json::from_reader(answer.body_mut().as_reader()).expect("JSON"), took)
    }

    /// The bot's book, as the dashboard tells it.
    pub(crate) fn book(&self) -> Value {
        let mut dashboard = self.get("/api/v1/dashboard");
        let books = dashboard["pnl"]["books"].take();
        assert_eq!(books.as_array().map(Vec::len), Some(1), "{books}");
        books[0].clone()
    }

    /// A figure of all calls of a kind in the last five minutes.
    pub(crate) fn recent(&self, kind: &str, figure: &str) -> f64 {
        let health = self.get("/health");
        let value = &health["performance"]["calls"][kind][figure];
        value.as_f64().unwrap_or_else(|| panic!("no {figure} of {kind}: {health}"))
    }

    /// The bot's resident memory in bytes, as the kernel says.
    pub(crate) fn resident_bytes(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.bot.pid)).expect("the bot runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it says so");
        let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kibibytes * 1024.0
    }
}

/// An answer as JSON.
pub(crate) fn json(url: &str) -> Value {
    let (_, text) = get(url);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{url}: {error}: {text}"))
}

/// Status and text. Health may say by its status that the bot is unwell, on a machine that has too much to do.
fn get(url: &str) -> (u16, String) {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let mut answer = agent.get(url).call().unwrap_or_else(|error| panic!("{url}: {error}"));
    (answer.status().as_u16(), answer.body_mut().read_to_string().expect("text"))
}
