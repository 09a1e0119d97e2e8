//! Live windows: what happened in the last ten seconds, minute, … hour.
//!
//! A window is a snapshot minus the state at the window's beginning. A snapshot a second for an hour would be far too much, so what is kept
//! is that state of each window (its *base*) and, from the oldest base to now, the growth between two moments after each other: *frames*.
//!
//! ```text
//!       1h          15m         5m          1m           10s          last tick
//!  base ├── 1 min ──┼── 10 s ───┼── 10 s ───┼── 1 s ─────┼── 1 s ─────┤ now
//! ```
//!
//! Each tick adds a frame at the right. Frames that have left a window are added to the window's base, some together, and move on to the
//! next longer window, where several become one. Base plus frames are always the last state, so every window is exact and reaches up to now; how
//! coarse the frames are shows only in how far back it reaches: up to one frame further than its name says, and its span tells.
//!
//! The same frames are the last hour in pieces, for whoever asks how it went: see [`Windows::pieces`].

mod frame;
mod pack;
mod part;
mod past;
mod room;
mod sum;
#[cfg(test)]
mod tests;
mod track;
mod windows;

use std::{fmt, str::FromStr, time::Duration};

pub use self::windows::Windows;
use crate::Error;

/// How far back a live window reaches.
///
/// ```
/// # use perfmon_core as perfmon;
/// use perfmon::analyse::Window;
///
/// let window: Window = "5m".parse()?;
/// assert_eq!((window, window.span().as_secs()), (Window::FiveMinutes, 300));
/// # Ok::<(), perfmon::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// `10s`
    TenSeconds,
    /// `1m`
    OneMinute,
    /// `5m`
    FiveMinutes,
    /// `15m`
    FifteenMinutes,
    /// `1h`
    OneHour,
}

impl Window {
    /// Every window, the shortest first.
    pub const ALL: [Self; 5] =
        [Self::TenSeconds, Self::OneMinute, Self::FiveMinutes, Self::FifteenMinutes, Self::OneHour];

    /// The time it covers at least, once recording has gone on for so long.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_secs(match self {
            Self::TenSeconds => 10,
            Self::OneMinute => 60,
            Self::FiveMinutes => 300,
            Self::FifteenMinutes => 900,
            Self::OneHour => 3_600,
        })
    }

    /// The narrowest window that is not shorter than so long; the hour for all that is longer.
    ///
    /// ```
    /// # use perfmon_core as perfmon;
    /// use std::time::Duration;
    /// use perfmon::analyse::Window;
    ///
    /// assert_eq!(Window::covering(Duration::from_secs(120)), Window::FiveMinutes);
    /// ```
    #[must_use]
    pub fn covering(time: Duration) -> Self {
        Self::ALL.into_iter().find(|window| window.span() >= time).unwrap_or(Self::OneHour)
    }

    /// The name used in output: `"10s"`, `"1m"`, `"5m"`, `"15m"`, `"1h"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TenSeconds => "10s",
            Self::OneMinute => "1m",
            Self::FiveMinutes => "5m",
            Self::FifteenMinutes => "15m",
            Self::OneHour => "1h",
        }
    }

    /// Frames that leave this window do so together, once all have left that end in the same stretch of so much time. One walk through a
    /// base for many frames; and they become one frame where the next longer window's are so long. Less than the time between the two
    /// windows' beginnings, so that no frame is waited for.
    const fn stretch(self) -> Duration {
        Duration::from_secs(match self {
            Self::TenSeconds | Self::OneMinute | Self::FiveMinutes => 10,
            Self::FifteenMinutes | Self::OneHour => 60,
        })
    }

    /// The length of the frames between this window's beginning and the next shorter one's.
    const fn grain(self) -> Duration {
        match self {
            Self::TenSeconds | Self::OneMinute => SHORTEST_TICK,
            Self::FiveMinutes | Self::FifteenMinutes => Duration::from_secs(10),
            Self::OneHour => Duration::from_secs(60),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Window {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let named = Self::ALL.into_iter().find(|window| window.as_str() == text);
        named.ok_or_else(|| Error::invalid(format!("unknown window {text:?}: write 10s, 1m, 5m, 15m or 1h")))
    }
}

/// A tick sooner than this after the last is left out; its growth belongs to the next one. Half of the tick to expect, so that ticks may be
/// early or late and yet the number of frames is bounded.
const SHORTEST_TICK: Duration = Duration::from_millis(500);
