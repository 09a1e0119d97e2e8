//! Whether files have changed.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Looks at some files' time and length, when told to.
#[derive(Debug, Clone)]
pub(crate) struct Watcher {
    files: Vec<Watched>,
    /// One has changed, and may not yet be written to its end.
    unsettled: bool,
}

/// A file as it was when it was looked at.
#[derive(Debug, Clone)]
pub(crate) struct Watched {
    pub(crate) path: PathBuf,
    /// What changes when the file does; `None` of one that is not there.
    stamp: Option<(Option<SystemTime>, u64)>,
}

impl Watched {
    /// To be made before the file is read, so that no change after that is missed.
    pub(crate) fn new(path: &Path) -> Self {
        let stamp = fs::metadata(path).ok().map(|metadata| (metadata.modified().ok(), metadata.len()));
        Self { path: path.to_owned(), stamp }
    }
}

impl Watcher {
    pub(crate) fn new(files: Vec<Watched>) -> Self {
        Self { files, unsettled: false }
    }

    /// Whether one of them has changed and then stayed as it is from one question to the next: what is still being written is half a file.
    pub(crate) fn changed(&mut self) -> bool {
        let mut moving = false;
        for file in &mut self.files {
            let now = Watched::new(&file.path);
            moving |= file.stamp != now.stamp;
            *file = now;
        }
        let settled = self.unsettled && !moving;
        self.unsettled = moving;
        settled
    }
}
