//! A report at the end of a program, however it ends. Each test runs this very file again as the program: the test `program` is what
//! it does, `PERFMON_TEST_ENDING` how.
#![cfg(feature = "report")]

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read, Write},
    path::PathBuf,
    process::{self, Command, Output, Stdio},
};

use perfmon_core::{
    call,
    report::{Format, report_on_exit},
    site::{CallSite, Kind, Name},
};

static WORK: CallSite = CallSite::new(Kind::Latency, Name::Parts(&["work"]), module_path!());
static MORE: CallSite = CallSite::new(Kind::Latency, Name::Parts(&["more"]), module_path!());
perfmon_core::inventory::submit! { WORK.registration() }
perfmon_core::inventory::submit! { MORE.registration() }

const ENDING: &str = "PERFMON_TEST_ENDING";
const FILE: &str = "PERFMON_TEST_FILE";

/// The program under test: three calls of one site and one of another.
#[test]
fn program() {
    let Ok(ending) = env::var(ENDING) else { return };
    let report = report_on_exit();
    for site in [&WORK, &WORK, &MORE, &WORK] {
        call::guard(site).finish(false);
    }
    match ending.as_str() {
        "stdout" => drop(report),
        "stderr" => drop(report.to_stderr().format(Format::Markdown)),
        "file" => drop(report.to_file(env::var(FILE).expect("a path"))),
        "top" => drop(report.top(1)),
        "cancel" => report.cancel(),
        "panic" => {
            let program = move || {
                let _report = report;
                panic!("as intended");
            };
            assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(program)).is_err());
        }
        "closed pipe" => {
            writeln!(io::stdout(), "\nready").expect("a reader, so far");
            // Ends when the reader is gone.
            io::stdin().read_to_end(&mut Vec::new()).expect("the end of the input");
            drop(report);
        }
        other => panic!("no such ending: {other}"),
    }
    // The harness would go on to print, which fails when nobody reads it.
    process::exit(0);
}

fn command(ending: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this test's path"));
    command.args(["--exact", "program", "--nocapture", "--test-threads=1"]).env(ENDING, ending);
    command.env_remove("COLUMNS").env_remove("CLICOLOR_FORCE").env_remove(FILE);
    command
}

fn run(mut command: Command) -> (String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let (stdout, stderr) = (text(stdout), text(stderr));
    assert!(status.success(), "{status}: {stdout}{stderr}");
    (stdout, stderr)
}

fn path(name: &str) -> PathBuf {
    env::temp_dir().join(format!("perfmon-{}-{name}", process::id()))
}

/// The rows of sites in a table, by their beginnings.
fn rows(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("work ") || line.starts_with("more ")).count()
}

#[test]
fn a_table_on_the_standard_output() {
    let (stdout, stderr) = run(command("stdout"));
    assert!(stdout.contains("perfmon report · 2 call sites · 4 calls in "), "{stdout}");
    assert_eq!(rows(&stdout), 2, "{stdout}");
    assert!(!stdout.contains('\x1b') && !stderr.contains("perfmon"), "{stdout}{stderr}");
}

#[test]
fn another_format_on_the_standard_error() {
    let (stdout, stderr) = run(command("stderr"));
    assert!(stderr.contains("# perfmon report") && stderr.contains("| work"), "{stderr}");
    assert!(!stdout.contains("perfmon"), "{stdout}");
}

#[test]
fn a_file_in_the_format_of_its_ending() {
    let path = path("report.json");
    let mut command = command("file");
    command.env(FILE, &path);
    run(command);
    let text = fs::read_to_string(&path).expect("the report");
    fs::remove_file(&path).expect("removing it");
    let report: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["schema"], "perfmon.report/1");
    assert_eq!((&report["sites"][1]["name"], &report["sites"][1]["calls"]), (&"work".into(), &3.into()));
}

#[test]
fn a_file_that_cannot_be_written_is_told() {
    let mut command = command("file");
    command.env(FILE, "/no/such/directory/report.json");
    let (_, stderr) = run(command);
    assert!(stderr.contains("perfmon: failed to write the report to /no/such/directory/report.json: "), "{stderr}");
}

#[test]
fn fewer_sites_and_none_at_all() {
    let (stdout, _) = run(command("top"));
    assert!(stdout.contains("… 1 more site with ") && rows(&stdout) == 1, "{stdout}");
    let (stdout, stderr) = run(command("cancel"));
    assert!(!stdout.contains("perfmon") && !stderr.contains("perfmon"), "{stdout}{stderr}");
}

#[test]
fn a_panic_reports_too() {
    let (stdout, stderr) = run(command("panic"));
    assert!(stderr.contains("as intended"), "{stderr}");
    assert!(stdout.contains("perfmon report · 2 call sites · 4 calls in "), "{stdout}");
}

#[test]
fn nobody_reading_is_no_fault() {
    let mut command = command("closed pipe");
    let mut program = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
    let output = BufReader::new(program.stdout.take().expect("its output"));
    // The reader goes away with the iterator, before the input ends.
    assert!(output.lines().any(|line| line.expect("a line") == "ready"));
    drop(program.stdin.take());
    assert!(program.wait().expect("it ends").success());
}
