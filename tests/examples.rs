//! The examples do what they say, and perfmon's figures of them are right.

#[path = "support/mod.rs"]
mod support;

use std::{
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

use self::support::built::built;

fn example(name: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--all-features", "--example", name, "--"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn quickstart_reports() {
    let output = example("quickstart", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("below 300,000, 230631 takes the most steps to reach 1"), "{text}");
    assert!(text.contains("perfmon report · 2 call sites · 300,001 calls"), "{text}");
}

#[test]
fn custom_metrics_are_reported() {
    let output = example("custom_metrics", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    for expected in ["fate=returned", "queue_length", "letter_size", "queue=express"] {
        assert!(stdout(&output).contains(expected), "no {expected} in\n{}", stdout(&output));
    }
}

#[test]
fn trading_bot_earns_what_the_data_say_and_counts_every_call() {
    let file = tempfile::Builder::new().suffix(".json").tempfile().expect("a file");
    let path = file.path().to_string_lossy().into_owned();
    let output = example(
        "trading_bot",
        &["--days", "400", "--quiet", "--report", &path, "--listen", "127.0.0.1:0", "--exit-when-done"],
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("equity     9,0") && text.contains(" USD, capital 10,000,000\n"), "{text}");
    assert!(text.contains("75 filled, 8 in part, 6 not; 0 refused"), "{text}");

    let report = std::fs::read_to_string(file.path()).expect("the report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let sites = report["sites"].as_array().expect("sites");
    let figure = |name: &str, figure: &str| {
        let site = sites.iter().find(|site| site["name"] == name).unwrap_or_else(|| panic!("no site {name}"));
        site[figure].as_u64().unwrap_or_else(|| panic!("{name} has no {figure}"))
    };
    for (name, calls) in [
        ("session", 400),
        ("market_data_check", 400),
        ("order_execution", 89),
        ("portfolio::apply", 89),
        ("insert orders", 89),
        ("insert experiences", 150),
        ("select experiences", 151),
        ("liquidation", 0),
    ] {
        assert_eq!(figure(name, "calls"), calls, "{name}");
    }
    for site in sites {
        let outcomes = ["ok", "errors", "panics", "cancelled"].map(|outcome| site[outcome].as_u64().unwrap_or(0));
        assert_eq!(site["calls"].as_u64(), Some(outcomes.iter().sum()), "{site}");
        assert_eq!(site["in_flight"], 0, "{site}");
    }
    let timed_out = figure("limit_order", "cancelled") + figure("market_order", "cancelled");
    assert!(text.contains(&format!("answers of the broker timed out: {timed_out};")), "{timed_out} in\n{text}");
}

/// Starts an example that serves, asks it when it has said that it is done, and tells it to stop. What it said is returned.
fn watched(name: &str, arguments: &[&str], ask: impl FnOnce(&dyn Fn(&str) -> String)) -> Vec<String> {
    let mut running = Command::new(built(name)).args(arguments).stdout(Stdio::piped()).spawn().expect("it was built");
    let mut lines = BufReader::new(running.stdout.take().expect("piped")).lines().map(|line| line.expect("text"));
    let mut said = Vec::new();
    let mut until = |what: &str| -> String {
        let line = lines.by_ref().inspect(|line| said.push(line.clone())).find(|line| line.contains(what));
        line.unwrap_or_else(|| panic!("it ended without saying {what:?}"))
    };
    let url = until("http://").rsplit(' ').next().expect("a word").to_owned();
    until("perfmon report");
    until("still serving");
    // Health says by its status, too, how the machine fares.
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    ask(&|path| {
        let mut answer = agent.get(format!("{url}{path}")).call().expect("an answer");
        answer.body_mut().read_to_string().expect("text")
    });
    let interrupt = Command::new("kill").args(["-INT", &running.id().to_string()]).status().expect("kill runs");
    assert!(interrupt.success());
    assert!(running.wait().expect("it ends").success());
    said
}

#[test]
fn trading_bot_is_watched_until_it_is_told_to_stop() {
    watched("trading_bot", &["--days", "60", "--listen", "127.0.0.1:0"], |get| {
        assert!(get("/metrics").contains("perfmon_call_duration_seconds_count{name=\"session\"} 60\n"));
        assert!(get("/metrics?names=trading_bot").contains("trading_bot_response_seconds_count"));
        let health: serde_json::Value = serde_json::from_str(&get("/health")).expect("JSON");
        // How many points the machine takes is not the bot's to say.
        let deductions = health["deductions"].as_array().expect("a list");
        let of_bot = deductions
            .iter()
            .filter(|one| !["memory", "cpu", "disk", "pump_late"].iter().any(|rule| one["rule"] == *rule));
        let lost: u64 = of_bot.filter_map(|one| one["points"].as_u64()).sum();
        assert!(health["score"].is_u64() && lost < 50, "{health}");
    });
}

/// A column of the agents' table, of agents alone or of all lines.
fn column(table: &[String], name: &str, place: usize) -> u64 {
    let line = table.iter().find(|line| line.split_whitespace().next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("no line {name} in\n{}", table.join("\n")));
    let word = line.split_whitespace().nth(place).unwrap_or_default();
    word.parse().unwrap_or_else(|_| panic!("no number {place} in {line:?}"))
}

#[test]
fn ai_agent_uses_what_the_model_hands_out() {
    let mut metrics = String::new();
    let said = watched("ai_agent", &["--topics", "12", "--listen", "127.0.0.1:0"], |get| metrics = get("/metrics"));
    let account = said.iter().find(|line| line.ends_with("perfmon counted the same")).expect("the model's account");
    let numbers = account.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
    let [input, output] = numbers.collect::<Vec<_>>()[..] else { panic!("{account}") };
    assert!(input > 1_000 && output > 100, "{account}");
    assert!(said.iter().any(|line| line.starts_with("zeppelin: not answered, nothing in the library")), "{said:?}");

    // /metrics has the same tokens, by agent and type, and the same runs.
    let sum = |family: &str, labels: &[&str]| -> u64 {
        let of_it = metrics.lines().filter(|line| line.starts_with(&format!("{family}{{")));
        let of_them = of_it.filter(|line| labels.iter().all(|label| line.contains(label)));
        of_them.map(|line| line.rsplit(' ').next().and_then(|value| value.parse::<u64>().ok()).expect("whole")).sum()
    };
    for (token_type, tokens) in [("input", input), ("output", output)] {
        let label = format!("gen_ai_token_type=\"{token_type}\"");
        assert_eq!(sum("gen_ai_client_token_usage_sum", &[&label]), tokens, "{metrics}");
        assert_eq!(sum("perfmon_agent_tokens_total", &[&format!("token_type=\"{token_type}\"")]), tokens, "{metrics}");
    }
    for agent in ["planner", "researcher", "writer", "code_reader", "prose_reader"] {
        let label = format!("gen_ai_agent_name=\"{agent}\"");
        let runs =
            sum("gen_ai_client_operation_duration_seconds_count", &[&label, "gen_ai_operation_name=\"invoke_agent\""]);
        assert_eq!(runs, column(&said, agent, 1), "{agent}");
        assert!(runs > 0, "{agent}");
    }
    // Tools by the agent that called them, who is carried to the thread that searches.
    let searches = &["gen_ai_tool_name=\"search\"", "gen_ai_agent_name=\"researcher\""];
    assert_eq!(sum("gen_ai_client_operation_duration_seconds_count", searches), column(&said, "search", 1));
    assert!(!metrics.contains("gen_ai_agent_name=\"none\""), "all that was done was done by an agent: {metrics}");
}

#[test]
fn ai_agent_ends_by_itself() {
    let output = example("ai_agent", &["--topics", "1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("of 1 topics answered"), "{}", stdout(&output));
    let refused = example("ai_agent", &["--topics", "none"]);
    assert_eq!(refused.status.code(), Some(2), "{}", stderr(&refused));
}

/// Every request that the clients made is in perfmon's figures, those of clients that hung up too.
#[test]
fn web_service_counts_the_requests_that_were_made() {
    let arguments = ["--requests", "400", "--seconds", "120", "--listen", "127.0.0.1:0", "--exit-when-done"];
    let output = example("web_service", &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("\n400 requests made\n"), "{text}");
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip_while(|line| !line.starts_with("endpoint"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows.len(), 10, "{text}");
    let mut total = 0;
    for row in &rows {
        let [method, route, made, counted, errors, gone] = row[..6] else { panic!("{row:?}") };
        assert_eq!(made, counted, "{row:?} in\n{text}");
        total += counted.parse::<u64>().expect("a number");
        match (method, route) {
            ("GET", "/positions") => assert_eq!(errors, counted, "{text}"),
            ("GET", "/quotes") => assert_eq!(gone, counted, "{text}"),
            _ => assert_eq!(errors, "0", "{row:?}"),
        }
    }
    assert_eq!(total, 400, "{text}");
    assert!(text.contains("perfmon report"), "{text}");
}

#[test]
fn web_service_says_what_is_wrong_with_its_arguments() {
    assert!(stdout(&example("web_service", &["--help"])).contains("--seconds"));
    for (arguments, message) in [
        (&["--secondz", "4"][..], "--secondz"),
        (&["--seconds"], "--seconds needs"),
        (&["--clients", "0"], "--clients takes a whole number"),
    ] {
        let output = example("web_service", arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(message), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn trading_bot_says_what_is_wrong_with_its_arguments() {
    for (arguments, message) in [
        (&["--dayz", "4"][..], "did you mean --days?"),
        (&["--days"], "--days"),
        (&["--days", "0"], "--days"),
        (&["--quiet=1"], "--quiet"),
        (&["--report", "x.pdf"], "x.pdf"),
        (&["--listen"], "--listen needs an address"),
        (&["--report", "/nowhere/x.json"], "there is no directory /nowhere"),
    ] {
        let output = example("trading_bot", arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(message), "{arguments:?}: {}", stderr(&output));
    }
    let public = example("trading_bot", &["--listen", "0.0.0.0:0"]);
    assert_eq!(public.status.code(), Some(1));
    assert!(stderr(&public).contains("refused to listen on 0.0.0.0:0"), "{}", stderr(&public));
}
