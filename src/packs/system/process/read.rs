//! The readings themselves, as each operating system gives them.

use std::time::Duration;

use perfmon_core::collect::BoxError;

/// What is known of this process.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) cpu: Duration,
    pub(super) resident: u64,
    pub(super) virtual_memory: u64,
    /// Seconds since 1970.
    pub(super) started: f64,
    pub(super) uptime: f64,
    pub(super) threads: Option<u64>,
    pub(super) open_files: Option<u64>,
    /// `None` also without a limit.
    pub(super) max_files: Option<u64>,
    /// Voluntary and involuntary, of all threads, also of those that ended.
    pub(super) switches: Option<(u64, u64)>,
    /// On the whole machine, or as many as can be seen.
    pub(super) processes: Option<u64>,
}

/// Where they come from: /proc.
#[cfg(target_os = "linux")]
pub(super) struct Source {
    /// When the machine started, in seconds since 1970.
    booted: f64,
}

#[cfg(target_os = "linux")]
impl Source {
    pub(super) fn new() -> Result<Self, BoxError> {
        Ok(Self { booted: procfs::boot_time_secs()? as f64 })
    }

    pub(super) fn read(&mut self) -> Result<Reading, BoxError> {
        use procfs::Current;

        let failed = |error| format!("failed to read the process's figures: {error}; is /proc mounted?");
        let process = procfs::process::Process::myself().map_err(failed)?;
        let stat = process.stat().map_err(failed)?;
        let since_boot = stat.starttime as f64 / procfs::ticks_per_second() as f64;
        let uptime = procfs::Uptime::current().map_err(failed)?.uptime - since_boot;
        let (cpu, switches) = used()?;
        Ok(Reading {
            cpu,
            resident: stat.rss.saturating_mul(procfs::page_size()),
            virtual_memory: stat.vsize,
            started: self.booted + since_boot,
            uptime: uptime.max(0.0),
            threads: u64::try_from(stat.num_threads).ok(),
            // Of a process that changed its user these are for root alone.
            open_files: process.fd_count().ok().and_then(|count| u64::try_from(count).ok()),
            max_files: max_files(),
            switches: Some(switches),
            processes: processes(),
        })
    }
}

/// Every process is a folder of /proc that has a number for a name.
#[cfg(target_os = "linux")]
fn processes() -> Option<u64> {
    let names = std::fs::read_dir("/proc").ok()?.filter_map(|entry| Some(entry.ok()?.file_name()));
    let numbers = names.filter(|name| name.as_encoded_bytes().iter().all(u8::is_ascii_digit));
    u64::try_from(numbers.count()).ok()
}

/// Where they come from: sysinfo.
#[cfg(not(target_os = "linux"))]
pub(super) struct Source {
    system: sysinfo::System,
}

#[cfg(not(target_os = "linux"))]
impl Source {
    pub(super) fn new() -> Result<Self, BoxError> {
        Ok(Self { system: sysinfo::System::new()? })
    }

    pub(super) fn read(&mut self) -> Result<Reading, BoxError> {
        use sysinfo::{ProcessRefreshKind, ProcessesToUpdate};

        let own = sysinfo::get_current_pid()?;
        let kind = ProcessRefreshKind::nothing();
        self.system.refresh_processes_specifics(ProcessesToUpdate::All, true, kind);
        let kind = kind.with_memory().with_cpu();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, kind);
        let missing = "failed to read the process's figures: the system does not list it";
        let process = self.system.process(own).ok_or(missing)?;
        #[cfg(unix)]
        let (cpu, switches) = used().map(|(cpu, switches)| (cpu, Some(switches)))?;
        #[cfg(not(unix))]
        let (cpu, switches) = (Duration::from_millis(process.accumulated_cpu_time()), None);
        #[cfg(unix)]
        let max_files = max_files();
        #[cfg(not(unix))]
        let max_files = process.open_files_limit().map(|limit| limit as u64);
        Ok(Reading {
            cpu,
            resident: process.memory(),
            virtual_memory: process.virtual_memory(),
            started: process.start_time() as f64,
            uptime: process.run_time() as f64,
            threads: process.tasks().map(|tasks| tasks.len() as u64),
            open_files: process.open_files().map(|count| count as u64),
            max_files,
            switches,
            processes: Some(self.system.processes().len() as u64),
        })
    }
}

/// Processor time, and context switches (voluntary, involuntary). /proc counts the latter by thread and forgets those that ended.
#[cfg(unix)]
fn used() -> Result<(Duration, (u64, u64)), BoxError> {
    use nix::sys::{
        resource::{UsageWho, getrusage},
        time::TimeVal,
    };

    let usage =
        getrusage(UsageWho::RUSAGE_SELF).map_err(|error| format!("failed to read what the process used: {error}"))?;
    let time = |time: TimeVal| Duration::from_secs(count(time.tv_sec())) + Duration::from_micros(count(time.tv_usec()));
    let switches = (count(usage.voluntary_context_switches()), count(usage.involuntary_context_switches()));
    Ok((time(usage.user_time()) + time(usage.system_time()), switches))
}

/// How wide and whether signed these are differs between systems.
#[cfg(unix)]
fn count(value: impl TryInto<u64>) -> u64 {
    value.try_into().unwrap_or(0)
}

#[cfg(unix)]
fn max_files() -> Option<u64> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    (soft != RLIM_INFINITY).then(|| count(soft))
}
