//! How many connections there may be: of the files that the process may open some are the service's.

/// Connections at once, however many files the process may open.
const MOST: usize = 512;
/// Of those files a quarter are for connections, and as many for those who listen: the others are the service's.
const SHARE: u64 = 4;
/// Whoever says how many may have half of them.
const CHOSEN_SHARE: u64 = 2;

/// How many connections there may be in this process.
pub(crate) fn most_connections() -> usize {
    share_of_files(MOST, SHARE)
}

/// How many there may be if somebody has said how many.
pub(crate) fn chosen_connections(most: usize) -> usize {
    let given = share_of_files(most, CHOSEN_SHARE);
    if given < most {
        tracing::warn!(
            target: "perfmon",
            "{most} connections were asked for, and {given} are possible: half of the files that the process may open; raise its limit (ulimit -n)"
        );
    }
    given
}

/// How many may listen.
pub(crate) fn most_listeners(most: usize) -> usize {
    share_of_files(most, SHARE)
}

/// That many, or as many as a share (one of so many) of the files that the process may open; sixteen are always possible.
fn share_of_files(most: usize, share: u64) -> usize {
    #[cfg(unix)]
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let files: Option<u64> = None;
    let share = files.map_or(usize::MAX, |files| usize::try_from(files / share).unwrap_or(usize::MAX));
    share.max(16).min(most)
}

#[cfg(test)]
mod tests {
    use super::share_of_files;

    #[test]
    fn a_share_of_the_files_is_never_more_than_was_asked_for() {
        assert_eq!([1, 15, 16].map(|most| share_of_files(most, 4)), [1, 15, 16]);
        #[cfg(unix)]
        if let Some(files) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
            assert!(share_of_files(usize::MAX, 2) as u64 <= (files / 2).max(16));
        }
    }
}
