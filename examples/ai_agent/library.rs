//! A tool that searches the text of this repository's files.

use std::{
    fmt, fs,
    io::Result,
    path::{Path, PathBuf},
};

use perfmon::monitor_tool;

/// The files, read once.
pub(crate) struct Library {
    files: Vec<File>,
    lines: usize,
}

struct File {
    name: String,
    kind: Kind,
    /// As written, and in lower case.
    lines: Vec<(String, String)>,
}

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Prose,
}

/// A file that names what was looked for.
#[derive(Debug, Clone)]
pub(crate) struct Hit {
    pub(crate) file: String,
    pub(crate) kind: Kind,
    /// Lines that name it.
    pub(crate) lines: Vec<String>,
}

/// Nothing was found.
#[derive(Debug)]
pub(crate) struct NotFound(String);

impl fmt::Display for NotFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing in the library is about {:?}", self.0)
    }
}

impl std::error::Error for NotFound {}

impl Library {
    /// Reads what is Rust or Markdown below the repository's root, this example left out.
    pub(crate) fn open() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for place in
            ["README.md", "ARCHITECTURE.md", "src", "perfmon-core/src", "perfmon-macros/src", "perfmon-exporter/src"]
        {
            read(root, &root.join(place), &mut files)?;
        }
        let lines = files.iter().map(|file| file.lines.len()).sum();
        Ok(Self { files, lines })
    }

    /// Lines there are.
    pub(crate) fn lines(&self) -> usize {
        self.lines
    }

    /// The files with lines that have the term, those with most first.
    #[monitor_tool("search", p99 = "500ms", error_rate = "20%")]
    pub(crate) fn search(&self, term: &str) -> std::result::Result<Vec<Hit>, NotFound> {
        let term = term.to_lowercase();
        let lines = |file: &File| -> Vec<String> {
            let found = file.lines.iter().filter(|(_, lower)| lower.contains(&term));
            found.map(|(line, _)| line.clone()).collect()
        };
        let hits = self.files.iter().map(|file| Hit { file: file.name.clone(), kind: file.kind, lines: lines(file) });
        let mut hits: Vec<_> = hits.filter(|hit| !hit.lines.is_empty()).collect();
        hits.sort_by(|a, b| b.lines.len().cmp(&a.lines.len()).then_with(|| a.file.cmp(&b.file)));
        if hits.is_empty() { Err(NotFound(term)) } else { Ok(hits) }
    }
}

fn read(root: &Path, path: &Path, files: &mut Vec<File>) -> Result<()> {
    if path.is_dir() {
        let entries = fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
        let mut entries = entries.collect::<Result<Vec<PathBuf>>>()?;
        entries.sort();
        return entries.iter().try_for_each(|entry| read(root, entry, files));
    }
    let kind = match path.extension().and_then(|ending| ending.to_str()) {
        Some("rs") => Some(Kind::Code),
        Some("md") => Some(Kind::Prose),
        _ => None,
    };
    if let Some(kind) = kind {
        let text = fs::read_to_string(path)?;
        files.push(File {
            kind,
            name: path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned(),
            lines: text.lines().map(|line| (line.to_owned(), line.to_lowercase())).collect(),
        });
    }
    Ok(())
}
