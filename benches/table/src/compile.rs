//! What attributes cost a programmer: `cargo build` after an edit, of 500 functions.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use crate::{figures::Figures, machine, options::Options, table::Table};

const ROUNDS: usize = 7;
const FUNCTIONS: usize = 500;
const MODULES: usize = 10;

struct Variant {
    name: &'static str,
    attribute: &'static str,
    dependency: &'static str,
}

const VARIANTS: [Variant; 5] = [
    Variant { name: "plain", attribute: "", dependency: "" },
    Variant { name: "perfmon", attribute: "#[perfmon::monitor_latency]", dependency: "perfmon = { path = \"@\" }" },
    Variant {
        name: "fastrace",
        attribute: "#[fastrace::trace]",
        dependency: "fastrace = { version = \"0.7\", features = [\"enable\"] }",
    },
    Variant {
        name: "hotpath",
        attribute: "#[hotpath::measure]",
        dependency: "hotpath = { version = \"0.30\", features = [\"hotpath\"] }",
    },
    Variant { name: "tracing", attribute: "#[tracing::instrument(skip_all)]", dependency: "tracing = \"0.1\"" },
];

pub(crate) fn run(options: &Options) -> io::Result<()> {
    println!("{}", machine::describe());
    let home = env::temp_dir().join("perfmon-benches-compile");
    write_workspace(&home)?;
    let mut sizes = Vec::new();
    for (at, variant) in VARIANTS.iter().enumerate() {
        eprint!("\rfirst builds: {} of {}   ", at + 1, VARIANTS.len());
        build(&home, variant, &[])?;
        build(&home, variant, &["--release"])?;
        sizes.push(fs::metadata(home.join("target/release").join(crate_name(variant)))?.len());
    }
    let rounds = options.rounds.unwrap_or(ROUNDS);
    let mut seconds = vec![Figures::default(); VARIANTS.len()];
    // The first round warms up: it is the first to build incrementally.
    for round in 0..=rounds {
        eprint!("\redits: {round} of {rounds}          ");
        for (variant, seconds) in VARIANTS.iter().zip(&mut seconds) {
            write_sources(&home, variant, round + 1)?;
            let taken = build(&home, variant, &[])?;
            if round > 0 {
                seconds.push(taken);
            }
        }
    }
    eprint!("\r                    \r");
    let mut table = Table::new(&[
        "500 functions",
        "build after an edit, s",
        "from – to",
        "× plain",
        "× fastrace",
        "release binary, KiB",
        "bytes a function",
    ]);
    for ((variant, taken), size) in VARIANTS.iter().zip(&seconds).zip(&sizes) {
        table.row(vec![
            variant.name.to_owned(),
            format!("{:.2}", taken.median()),
            format!("{:.2} – {:.2}", taken.min(), taken.max()),
            format!("{:.2}", taken.median() / seconds[0].median()),
            format!("{:.2}", taken.median() / seconds[2].median()),
            format!("{}", size / 1024),
            format!("{:.0}", (*size as f64 - sizes[0] as f64) / FUNCTIONS as f64),
        ]);
    }
    table.print(options.markdown);
    println!(
        "Dev profile, incremental, dependencies built; medians of {rounds} interleaved rounds. A binary's bytes include the library.\n\
         Bar: perfmon at most 1.5 × fastrace and under tracing.\n"
    );
    fs::remove_dir_all(&home)
}

fn crate_name(variant: &Variant) -> String {
    format!("bench-{}", variant.name)
}

fn write_workspace(home: &Path) -> io::Result<()> {
    let benches = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let perfmon = fs::canonicalize(benches.join(".."))?;
    fs::create_dir_all(home)?;
    fs::write(home.join("Cargo.toml"), "[workspace]\nmembers = [\"bench-*\"]\nresolver = \"3\"\n")?;
    // The same versions as in the other tables.
    fs::copy(benches.join("Cargo.lock"), home.join("Cargo.lock"))?;
    for variant in &VARIANTS {
        let name = crate_name(variant);
        fs::create_dir_all(home.join(&name).join("src"))?;
        let dependency = variant.dependency.replace('@', &perfmon.display().to_string());
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n"
        );
        fs::write(home.join(&name).join("Cargo.toml"), manifest)?;
        write_sources(home, variant, 0)?;
    }
    Ok(())
}

/// Writes the sources as they are after so many edits; an edit changes a constant in one function's body.
fn write_sources(home: &Path, variant: &Variant, edit: usize) -> io::Result<()> {
    let folder = home.join(crate_name(variant)).join("src");
    for module in 0..MODULES {
        let path = folder.join(format!("m{module}.rs"));
        if module == 0 || !path.exists() {
            fs::write(path, module_source(variant.attribute, module, edit))?;
        }
    }
    let path = folder.join("main.rs");
    if path.exists() { Ok(()) } else { fs::write(path, main_source()) }
}

fn functions(module: usize) -> impl Iterator<Item = usize> {
    let each = FUNCTIONS / MODULES;
    module * each..(module + 1) * each
}

/// Functions, fallible ones, methods, futures and fallible futures in equal parts.
fn module_source(attribute: &str, module: usize, edit: usize) -> String {
    let mut source = String::from("pub struct Book { pub depth: u64, pub levels: Vec<u64> }\n");
    for i in functions(module) {
        let body = format!(
            "let scale = {i}_u64 ^ {edit};\n    let mut levels: Vec<u64> = (0..x % 8).map(|level| level * scale).collect();\n    \
             levels.push(x);\n    let total: u64 = levels.iter().filter(|level| **level > 2).sum();"
        );
        let failing = "if total > 1_000_000 { return Err(format!(\"too much: {total}\")); }";
        let function = match i % 5 {
            0 => format!(
                "{attribute}\npub fn f{i}(x: u64, name: &str) -> u64 {{\n    {body}\n    total + name.len() as u64\n}}\n"
            ),
            1 => format!(
                "{attribute}\npub fn f{i}(x: u64) -> Result<u64, String> {{\n    {body}\n    {failing}\n    Ok(total)\n}}\n"
            ),
            2 => format!(
                "impl Book {{\n    {attribute}\n    pub fn f{i}(&mut self, x: u64) -> u64 {{\n    {body}\n    self.levels.push(total);\n    \
                 self.depth += 1;\n    self.depth\n    }}\n}}\n"
            ),
            3 => format!(
                "{attribute}\npub async fn f{i}(x: u64, name: &str) -> u64 {{\n    {body}\n    std::future::ready(total).await + name.len() \
                 as u64\n}}\n"
            ),
            _ => format!(
                "{attribute}\npub async fn f{i}(x: u64) -> Result<u64, String> {{\n    {body}\n    {failing}\n    \
                 Ok(std::future::ready(total).await)\n}}\n"
            ),
        };
        source.push_str(&function);
    }
    source
}

/// Calls every function, so that none is left out of the program.
fn main_source() -> String {
    let mut source = String::new();
    for module in 0..MODULES {
        _ = writeln!(source, "mod m{module};");
    }
    source.push_str(
        "\nfn ready<T>(future: impl Future<Output = T>) -> Option<T> {\n    let mut cx = \
         std::task::Context::from_waker(std::task::Waker::noop());\n    match std::pin::pin!(future).poll(&mut cx) {\n        \
         std::task::Poll::Ready(value) => Some(value),\n        std::task::Poll::Pending => None,\n    }\n}\n\nfn main() {\n    \
         let x = std::env::args().count() as u64;\n    let mut sum = 0;\n",
    );
    for module in 0..MODULES {
        _ = writeln!(source, "    let mut book = m{module}::Book {{ depth: x, levels: Vec::new() }};");
        for i in functions(module) {
            let call = match i % 5 {
                0 => format!("m{module}::f{i}(x, \"name\")"),
                1 => format!("m{module}::f{i}(x).unwrap_or(0)"),
                2 => format!("book.f{i}(x)"),
                3 => format!("ready(m{module}::f{i}(x, \"name\")).unwrap_or(0)"),
                _ => format!("ready(m{module}::f{i}(x)).map_or(0, |value| value.unwrap_or(0))"),
            };
            _ = writeln!(source, "    sum ^= {call};");
        }
    }
    source.push_str("    println!(\"{sum}\");\n}\n");
    source
}

/// Builds a variant; gives seconds.
fn build(home: &PathBuf, variant: &Variant, more: &[&str]) -> io::Result<f64> {
    let start = Instant::now();
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["build", "--quiet", "--package", &crate_name(variant)])
        .args(more)
        .current_dir(home)
        // All of them share one folder; the programmer's own settings for other builds do not count.
        .env("CARGO_TARGET_DIR", home.join("target"))
        .env_remove("RUSTFLAGS")
        .stdout(Stdio::null())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!(
            "{} does not build:\n{}",
            variant.name,
            String::from_utf8_lossy(&output.stderr)
        )));
    }
    Ok(start.elapsed().as_secs_f64())
}
