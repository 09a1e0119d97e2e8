//! What can be chosen before the first monitored call.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{Error, layout::Layout, site::REGISTRY};

const DEFAULT_MEMORY_LIMIT: usize = 128 << 20;
const LEAST_MEMORY_LIMIT: usize = 1 << 20;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) memory_limit: usize,
    pub(crate) layout: Layout,
    /// The recorder has read them, so they can no longer change.
    fixed: bool,
}

static SETTINGS: Mutex<Settings> =
    Mutex::new(Settings { memory_limit: DEFAULT_MEMORY_LIMIT, layout: Layout::DEFAULT, fixed: false });

fn settings() -> MutexGuard<'static, Settings> {
    SETTINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The settings, for the recorder that starts with them: from now on they stay.
pub(crate) fn fix() -> Settings {
    let mut settings = settings();
    settings.fixed = true;
    *settings
}

/// Choices about the recorder, made before the first monitored call. What is not chosen keeps its default.
///
/// ```
/// # use perfmon_core as perfmon;
/// perfmon::setup().memory_limit(64 << 20).label_limit(1_000).apply()?;
/// # Ok::<(), perfmon::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "nothing changes before `apply`"]
pub struct Setup {
    memory_limit: Option<usize>,
    label_limit: Option<u32>,
    significant_digits: Option<u8>,
}

/// Begins a [`Setup`].
pub fn setup() -> Setup {
    Setup::default()
}

impl Setup {
    /// The most memory the recorder may use, in bytes; 128 MiB by default, at least 1 MiB. It is reserved as address space and used as
    /// needed; raised if the registered sites alone need more ([`Footprint::limit_bytes`](crate::Footprint::limit_bytes) tells). The text of label values may
    /// take another quarter of it. From half of it on, new (thread, series) pairs share records with atomic adds: slower, but their counts stay exact.
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = Some(bytes);
        self
    }

    /// How many label sets a site may have; 256 by default. Calls with further ones count in the series `other`. Also possible after the
    /// first call; label sets turned away before stay so on threads that remember them.
    pub fn label_limit(mut self, sets: u32) -> Self {
        self.label_limit = Some(sets);
        self
    }

    /// The precision of histograms: 1, 2 (the default; 0.4 % error) or 3 (0.05 %) significant digits. Each more digit takes eight
    /// times the memory.
    pub fn significant_digits(mut self, digits: u8) -> Self {
        self.significant_digits = Some(digits);
        self
    }

    /// Puts the choices into force, all or none.
    ///
    /// # Errors
    /// When a value is out of range, or a monitored call was made before and memory limit or precision are chosen otherwise
    /// than they are.
    pub fn apply(self) -> Result<(), Error> {
        let mut settings = settings();
        let mut wanted = *settings;
        if let Some(bytes) = self.memory_limit {
            if bytes < LEAST_MEMORY_LIMIT {
                return Err(Error::invalid(format!(
                    "memory limit of {bytes} bytes is too small: the recorder needs at least {LEAST_MEMORY_LIMIT} (1 MiB)"
                )));
            }
            wanted.memory_limit = bytes;
        }
        if let Some(digits) = self.significant_digits {
            wanted.layout = Layout::with_digits(digits)?;
        }
        let same = wanted.memory_limit == settings.memory_limit && wanted.layout == settings.layout;
        if settings.fixed && !same {
            return Err(Error::too_late(
                "failed to change the memory limit or precision: a monitored call was made before; apply the setup first thing in `main`",
            ));
        }
        *settings = wanted;
        if let Some(sets) = self.label_limit {
            REGISTRY.set_label_limit(sets);
        }
        Ok(())
    }
}
