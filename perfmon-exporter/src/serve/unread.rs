//! Answers that wait to be read: their memory is bounded.

use axum::body::Bytes;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::problem::Problem;

/// KiB of answers that clients may have asked for and not yet read; a single larger answer may have them all.
const UNREAD: u32 = 64 << 10;

static UNREAD_LEFT: Semaphore = Semaphore::const_new(UNREAD as usize);

/// An answer until it is handed to the system.
struct Unread {
    body: Vec<u8>,
    _share: SemaphorePermit<'static>,
}

impl AsRef<[u8]> for Unread {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// Holds an answer until it is read, if there is room.
pub(crate) fn hold(body: Vec<u8>) -> Result<Bytes, Problem> {
    let share = u32::try_from(body.len() >> 10).map_or(UNREAD, |share| share.clamp(1, UNREAD));
    match UNREAD_LEFT.try_acquire_many(share) {
        Ok(share) => Ok(Bytes::from_owner(Unread { body, _share: share })),
        Err(_) => Err(Problem::unavailable(
            "too many answers wait to be read by those who asked: read them, or ask again in a moment",
        )),
    }
}
