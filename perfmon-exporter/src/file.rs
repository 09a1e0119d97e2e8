//! Files that the settings name: regular ones, read within bounds of size and time.
//!
//! A pipe in the place of a file keeps whoever opens it waiting for ever, and so does a network's file system that hangs. Neither may hold up the thread that ticks and serves.

use std::{
    fmt,
    fs::{self, FileType, OpenOptions},
    io::{self, Read},
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

use tokio::time::Instant;

/// The largest file that is read: 1 MiB.
pub(crate) const LARGEST: u64 = 1 << 20;
/// How long files may take to be read.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// Works with files at once, most of which wait for one that does not answer; beyond that no more are tried until one comes back.
const MOST: usize = 16;

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is no regular file, but that.
    Other(&'static str),
    TooLarge,
    System(io::Error),
}

#[cfg(any(feature = "config", feature = "tls"))]
impl Unreadable {
    /// What to do about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Other("a folder") => "name the file in it",
            Self::Other(_) => "name a regular file",
            Self::TooLarge => "is it the right one?",
            Self::System(_) => "check its path and permissions",
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(what) => write!(f, "it is {what}"),
            Self::TooLarge => f.write_str("it is larger than 1 MiB"),
            Self::System(error) if error.kind() == io::ErrorKind::NotFound => f.write_str("it is not there"),
            Self::System(error) => error.fmt(f),
        }
    }
}

/// A file's bytes. It may take as long as its file system does; see [`within`].
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Unreadable> {
    // Before it is opened, which tells some devices something.
    regular(fs::metadata(path).map_err(Unreadable::System)?.file_type())?;
    let mut options = OpenOptions::new();
    options.read(true);
    // It may be another one by now: opening a pipe must not wait for its writer.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path).map_err(Unreadable::System)?;
    regular(file.metadata().map_err(Unreadable::System)?.file_type())?;
    let mut bytes = Vec::new();
    let length = file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(Unreadable::System)?;
    if length as u64 > LARGEST { Err(Unreadable::TooLarge) } else { Ok(bytes) }
}

fn regular(kind: FileType) -> Result<(), Unreadable> {
    if kind.is_file() { Ok(()) } else { Err(Unreadable::Other(what(kind))) }
}

fn what(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    if kind.is_dir() { "a folder" } else { "no regular file" }
}

/// What users besides its owner and group may do with it: nothing, if they cannot come to its folder.
#[cfg(unix)]
fn others(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).map_or(0, |file| file.permissions().mode() & 0o007);
    let Ok(path) = fs::canonicalize(path) else { return 0 };
    if path.ancestors().skip(1).all(|folder| mode(folder) & 0o1 != 0) { mode(&path) } else { 0 }
}

#[cfg(not(unix))]
fn others(_: &Path) -> u32 {
    0
}

/// Whether every user of this machine may read it.
pub(crate) fn is_read_by_all(path: &Path) -> bool {
    others(path) & 0o4 != 0
}

/// Whether every user of this machine may write to it.
#[cfg(feature = "config")]
pub(crate) fn is_written_by_all(path: &Path) -> bool {
    others(path) & 0o2 != 0
}

/// Work on a thread of its own, because nobody knows how long it takes.
#[derive(Debug)]
pub(crate) struct Errand<T> {
    done: Receiver<T>,
    #[cfg_attr(not(feature = "config"), allow(dead_code, reason = "only configuration tells how long it waits"))]
    begun: Instant,
}

impl<T: Send + 'static> Errand<T> {
    /// # Errors
    /// When the system gives no thread.
    pub(crate) fn begin(work: impl FnOnce() -> T + Send + 'static) -> io::Result<Self> {
        let (send, done) = mpsc::sync_channel(1);
        let thread = thread::Builder::new().name(String::from("perfmon-files"));
        // Nobody waits for it when that has become pointless.
        thread.spawn(move || _ = send.send(work()))?;
        Ok(Self { done, begun: Instant::now() })
    }

    /// What came of it; `None` as long as it goes on. Work that panicked is work that goes on.
    pub(crate) fn poll(&self) -> Option<T> {
        self.done.try_recv().ok()
    }

    /// Waits for it.
    pub(crate) fn wait(&self, patience: Duration) -> Option<T> {
        self.done.recv_timeout(patience).ok()
    }

    /// How long it has been going on.
    #[cfg(feature = "config")]
    pub(crate) fn age(&self) -> Duration {
        self.begun.elapsed()
    }
}

/// Does work with files, and gives up when they do not answer.
///
/// # Errors
/// That they do not, or that the system gives no thread.
pub(crate) fn within<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let no_answer = || {
        let text = format!("the file system has not answered within {} s", patience.as_secs());
        io::Error::new(io::ErrorKind::TimedOut, text)
    };
    if UNDER_WAY.fetch_add(1, Ordering::Relaxed) >= MOST {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
        return Err(no_answer());
    }
    // Dropped with the work, however late that ends.
    let under_way = UnderWay;
    let errand = Errand::begin(move || {
        let _under_way = under_way;
        work()
    })?;
    errand.wait(patience).ok_or_else(no_answer)
}

struct UnderWay;

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(all(test, feature = "config"))]
mod tests {
    use std::{fs, io, path::Path, sync::mpsc, time::Duration};

    use super::{LARGEST, PATIENCE, read, within};

    fn why(path: &Path) -> String {
        let error = read(path).expect_err("unreadable");
        format!("{error}; {}", error.remedy())
    }

    #[test]
    fn only_files_of_some_size_are_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "text").expect("written");
        assert_eq!(read(&path).expect("readable"), b"text");
        fs::write(&path, vec![b' '; usize::try_from(LARGEST).expect("small") + 1]).expect("written");
        assert_eq!(why(&path), "it is larger than 1 MiB; is it the right one?");
        assert_eq!(why(folder.path()), "it is a folder; name the file in it");
        assert!(why(&folder.path().join("none")).ends_with("check its path and permissions"));
        #[cfg(unix)]
        {
            let pipe = folder.path().join("pipe");
            assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
            assert_eq!(why(&pipe), "it is a pipe; name a regular file");
            assert_eq!(why(Path::new("/dev/zero")), "it is a device; name a regular file");
            let socket = folder.path().join("socket");
            let _socket = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
            assert_eq!(why(&socket), "it is a socket; name a regular file");
        }
    }

    #[test]
    fn who_does_not_answer_is_given_up() {
        assert_eq!(within(PATIENCE, || 7).expect("it answers"), 7);
        let mut hang = Vec::new();
        for _ in 0..40 {
            let (end, wait) = mpsc::channel::<()>();
            let error = within(Duration::ZERO, move || _ = wait.recv()).expect_err("it hangs");
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
            hang.push(end);
        }
        assert!(within(PATIENCE, || 7).is_err(), "too many hang");
        drop(hang);
        while within(PATIENCE, || 7).is_err() {
            std::thread::yield_now();
        }
    }
}
