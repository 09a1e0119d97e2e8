//! Profiles of one's own, and what is said of mistakes in them.

use std::time::Duration;

use perfmon_exporter::encode::{Format, Profile, Scrape};

use crate::{
    fixture::{lines, shop, text},
    parser,
};

fn error(toml: &str) -> String {
    let error = Profile::parse("mine", toml).expect_err("a mistake");
    assert!(error.is_invalid());
    error.to_string()
}

fn family(lines: &str) -> String {
    error(&format!("rest = \"drop\"\n\n[[family]]\nname = \"x\"\n{lines}"))
}

#[test]
fn mistakes_are_told_with_their_place() {
    let gauge = "type = \"gauge\"\nhelp = \"X.\"\n";
    let mistakes = [
        error("rest = "),
        error("rest = \"keep\""),
        error("rest = \"drop\"\ncolour = 1"),
        error("rest = \"drop\"\n[edges]\nseconds = [1.0, 0.5]"),
        family("type = \"timer\"\nhelp = \"\"\nfrom = []"),
        family("type = \"gauge\"\nfrom = []"),
        family(&format!("{gauge}from = {{ metric = \"a\" }}\nlabel = \"a\"")),
        family(&format!("{gauge}from = {{ calls = \"http\", measure = \"in_flight\" }}")),
        family(&format!("{gauge}from = {{ calls = \"db\", measure = \"latency\" }}")),
        family(&format!("{gauge}from = {{ calls = \"db\", measure = \"duration\" }}")),
        family(&format!("{gauge}from = {{ calls = \"db\" }}")),
        family(&format!("{gauge}from = {{ metric = \"a\", own = \"series\" }}")),
        family(&format!("{gauge}from = {{ metric = \"a\", measure = \"rate\" }}")),
        family(&format!("{gauge}from = {{ metric = \"a\", scale = 0.0 }}")),
        family(&format!("{gauge}unit = \"parsecs\"\nfrom = {{ metric = \"a\" }}")),
        family(&format!("{gauge}labels = {{ \"a-b\" = \"a\" }}\nfrom = {{ metric = \"a\" }}")),
        family(&format!("{gauge}labels = {{ a = \"a\" }}\nconstants = {{ a = \"b\" }}\nfrom = {{ metric = \"a\" }}")),
        family("type = \"summary\"\nhelp = \"X.\"\nquantiles = [0.5, 99.0]\nfrom = { metric = \"a\" }"),
        error("rest = \"drop\"\n[[family]]\nname = \"a b\"\ntype = \"gauge\"\nhelp = \"\"\nfrom = []"),
        error(
            "rest = \"drop\"\n[[family]]\nname = \"a\"\ntype = \"histogram\"\nhelp = \"A.\"\nfrom = []\n\n[[family]]\nname = \"a_count\"\ntype = \"gauge\"\nhelp = \"A.\"\nfrom = []",
        ),
    ];
    insta::assert_snapshot!("mistakes", mistakes.join("\n"));
}

#[test]
fn names_of_profiles_fit_into_urls() {
    for name in ["", "two words", "a&b", "<script>", "größe"] {
        let error = Profile::parse(name, "rest = \"drop\"").expect_err(name).to_string();
        assert!(error.contains("its name is not valid"), "{error}");
    }
    assert_eq!(Profile::parse("shop-2.eu_west", "rest = \"drop\"").expect("valid").name(), "shop-2.eu_west");
}

#[test]
fn an_unknown_window_is_a_mistake() {
    let summary = "type = \"summary\"\nhelp = \"X.\"\nfrom = { calls = \"*\", measure = \"duration\" }\n";
    let error = family(&format!("{summary}window = \"7m\""));
    assert!(error.contains("line 8: `window` is `7m`: use `10s`, `1m`, `5m`, `15m` or `1h`"), "{error}");
}

#[test]
fn windows_are_never_added_up() {
    let rate = "type = \"gauge\"\nhelp = \"X.\"\nfrom = { calls = \"*\", measure = \"rate\" }\n";
    assert!(family(rate).contains("family `x` would add several windows up: choose one (`window = \"5m\"`)"));
    for told in ["window = \"1h\"", "labels = { over = \"window\" }"] {
        let toml = format!("[[family]]\nname = \"x\"\n{rate}{told}");
        assert!(Profile::parse("mine", &toml).is_ok(), "{told}");
    }
}

fn render(toml: &str) -> String {
    let snapshot = shop(1_000, Duration::from_secs(60));
    let windows = [("5m", shop(100, Duration::from_secs(300)))];
    let profile = Profile::parse("mine", toml).expect("a valid profile");
    assert_eq!(profile.negotiate(Some("application/openmetrics-text")), Format::Text);
    let document = text(&Scrape { snapshot: &snapshot, windows: &windows, slow: &[] }, &profile, Format::Text);
    parser::parse(&document);
    document
}

#[test]
fn series_with_the_same_labels_become_one() {
    let all = |kind: &str, measure: &str, rest: &str| {
        render(&format!(
            "rest = \"drop\"\n[[family]]\nname = \"x_seconds\"\ntype = \"{kind}\"\nhelp = \"X.\"\nown_labels = \"drop\"\nfrom = {{ calls = [\"agent\", \"tool\"], measure = \"{measure}\" }}\n{rest}"
        ))
    };
    assert_eq!(lines(&all("counter", "started", ""), "x_"), ["x_seconds 2000"]);
    let histogram = all("histogram", "duration", "edges = [0.5, 1.0]");
    assert_eq!(
        lines(&histogram, "x_"),
        [
            "x_seconds_bucket{le=\"0.5\"} 1057",
            "x_seconds_bucket{le=\"1.0\"} 1614",
            "x_seconds_bucket{le=\"+Inf\"} 2000",
            "x_seconds_sum 1199.4",
            "x_seconds_count 2000",
        ]
    );
    // 100 calls each over the window, means 895.5 ms and 298.5 ms.
    assert_eq!(lines(&all("gauge", "mean", "window = \"5m\""), "x_"), ["x_seconds 0.597"]);
    let summary = all("summary", "duration", "quantiles = [0.5]");
    assert!(lines(&summary, "x_")[0].starts_with("x_seconds{quantile=\"0.5\"} 0.44"), "{summary}");
}

#[test]
fn values_combine_as_asked() {
    let with = |how: &str| {
        let toml = format!(
            "rest = \"drop\"\n[[family]]\nname = \"core_percent\"\ntype = \"gauge\"\nhelp = \"X.\"\nown_labels = \"drop\"\ncombine = \"{how}\"\nfrom = {{ metric = \"cpu_core_usage_percent\" }}"
        );
        lines(&render(&toml), "core_").join("\n")
    };
    assert_eq!(
        ["sum", "min", "max", "mean"].map(with),
        ["core_percent 25", "core_percent 5", "core_percent 20", "core_percent 12.5"]
    );
}

#[test]
fn the_rest_is_as_asked() {
    let with = |rest: &str| render(&format!("rest = \"{rest}\""));
    assert_eq!(with("drop"), "");
    let named = with("as_named");
    assert_eq!(lines(&named, "fills"), ["fills{symbol=\"AAPL\"} 1000", "fills{symbol=\"MSFT\"} 333"]);
    assert!(named.contains("\ncache_hits_percent 35\n") && !named.contains("cpu_usage"), "{named}");
    let passed = with("pass");
    assert!(passed.contains("\ncpu_usage_ratio 0.125\n") && passed.contains("\nfills_total{symbol=\"MSFT\"} 333\n"));
}

#[test]
fn one_window_alone_needs_no_label() {
    let document = render(
        "rest = \"drop\"\n[[family]]\nname = \"rate\"\ntype = \"gauge\"\nhelp = \"X.\"\nwindow = \"5m\"\nlabels = { name = \"name\" }\nfrom = { calls = \"request\", measure = \"rate\" }",
    );
    assert_eq!(lines(&document, "rate"), ["rate{name=\"GET /orders/{id}\"} 0.3333333333333333"]);
}

#[test]
fn only_the_wanted_series_are_shown() {
    let with = |only: &str| {
        let toml = format!(
            "rest = \"drop\"\n[[family]]\nname = \"x_total\"\ntype = \"counter\"\nhelp = \"X.\"\nown_labels = \"drop\"\nfrom = {{ metric = \"fills\", only = {{ {only} }} }}"
        );
        lines(&render(&toml), "x_").join("\n")
    };
    assert_eq!(with(""), "x_total 1333");
    assert_eq!(with("symbol = \"MSFT\""), "x_total 333");
    assert_eq!(with("symbol = \"GOOG\""), "");
    assert_eq!(with("symbol = \"MSFT\", venue = \"X\""), "");
    // A label that is not there is one with an empty value.
    assert_eq!(with("symbol = \"MSFT\", venue = \"\""), "x_total 333");
    let calls =
        "type = \"gauge\"\nhelp = \"X.\"\nfrom = { calls = \"db\", measure = \"in_flight\", only = { a = \"b\" } }";
    assert!(family(calls).contains("`only` goes with `metric`"), "{}", family(calls));
}
