//! A Prometheus of our own: started on a free port, asked over its API, ended with the test.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs::{self, File},
    net::SocketAddr,
};

use serde_json::Value;
use tempfile::TempDir;

use super::{Leashed, eventually};

/// What it scrapes once a second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target {
    pub(crate) job: &'static str,
    pub(crate) address: SocketAddr,
    /// The profile of names, if not the default.
    pub(crate) names: Option<&'static str>,
}

/// A value with its labels.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

pub(crate) struct Prometheus {
    _process: Leashed,
    url: String,
    folder: TempDir,
}

/// Where it listens, which it says in its log: `… msg="Listening on" address=127.0.0.1:9090`. A port that is chosen before may be somebody else's by then.
fn address(log: &str) -> Option<String> {
    let line = log.split_inclusive('\n').find(|line| line.contains("\"Listening on\"") && line.ends_with('\n'))?;
    line.split_once("address=")?.1.split_whitespace().next().map(str::to_owned)
}

impl Prometheus {
    /// With these features, and ready.
    pub(crate) fn start(features: &str, targets: &[Target]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut config = String::from("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n");
        for target in targets {
            let Target { job, address, .. } = target;
            let _ = write!(config, "- job_name: {job}\n  static_configs: [{{targets: ['{address}']}}]\n");
            if let Some(names) = target.names {
                let _ = writeln!(config, "  params: {{names: [{names}]}}");
            }
        }
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, config).expect("written");
        let log = folder.path().join("log");
        let arguments = [
            format!("--config.file={}", file.display()),
            format!("--storage.tsdb.path={}", folder.path().join("data").display()),
            String::from("--web.listen-address=127.0.0.1:0"),
            format!("--enable-feature={features}"),
        ];
        // It has nothing to save when it is ended.
        let process = Leashed::start("prometheus", &arguments, File::create(&log).expect("a file"));
        let address = eventually("Prometheus listens", || address(&fs::read_to_string(&log).ok()?));
        let prometheus = Self { _process: process, url: format!("http://{address}"), folder };
        eventually("Prometheus is ready", || ureq::get(format!("{}/-/ready", prometheus.url)).call().ok().map(|_| ()));
        prometheus
    }

    /// The answer of its API.
    pub(crate) fn get(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let request = ureq::get(format!("{}{path}", self.url)).query_pairs(parameters.iter().copied());
        let text = request.call().expect("an answer").body_mut().read_to_string().expect("text");
        serde_json::from_str(&text).expect("JSON")
    }

    /// What a query finds now.
    pub(crate) fn ask(&self, query: &str) -> Vec<Sample> {
        let answer = self.get("/api/v1/query", &[("query", query)]);
        assert_eq!(answer["status"], "success", "{query}: {answer}");
        let found = answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
        let sample = |one: &Value| {
            let value = one["value"][1].as_str().and_then(|value| value.parse().ok());
            let labels = serde_json::from_value(one["metric"].clone()).expect("labels");
            Some(Sample { labels, value: value? })
        };
        found.iter().filter_map(sample).collect()
    }

    /// The value of a query; `None` when it finds nothing, the first of several.
    pub(crate) fn number(&self, query: &str) -> Option<f64> {
        self.ask(query).first().map(|sample| sample.value)
    }

    /// What it had to say.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}
