//! `disk`: space on file systems.

use std::{collections::BTreeMap, path::Path, time::Instant};

use perfmon_core::collect::{BoxError, Samples};
use sysinfo::{Disk, DiskRefreshKind, Disks};

use super::part::{Read, percent};

/// Images that are full by nature, and what only shows other file systems; sysinfo leaves out most of the others.
const UNREAL: [&str; 11] =
    ["squashfs", "erofs", "cramfs", "udf", "ramfs", "tmpfs", "efivarfs", "bpf", "debugfs", "tracefs", "fusectl"];

pub(super) struct DiskSpace {
    disks: Disks,
}

impl DiskSpace {
    pub(super) fn new() -> Result<Self, BoxError> {
        Ok(Self { disks: Disks::new()? })
    }
}

/// The bytes of a file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Space {
    total: u64,
    /// What a program without privileges can still write.
    available: u64,
    used: u64,
}

impl Read for DiskSpace {
    fn read(&mut self, _now: Instant, out: &mut Samples) -> Result<(), BoxError> {
        let kind = DiskRefreshKind::nothing();
        self.disks.refresh_specifics(true, if cfg!(unix) { kind } else { kind.with_storage() });
        for disk in once_each(self.disks.iter().filter(|disk| is_real(disk))) {
            // One that was unmounted meanwhile, or may not be looked at, does not hide the others.
            let Some(space) = space(disk).filter(|space| space.total > 0) else { continue };
            let mount = disk.mount_point().to_string_lossy();
            let labels = [("mount", &*mount)];
            out.gauge_with("disk_total_bytes", &labels, space.total as f64)
                .describe("Size of the file system.", "bytes");
            out.gauge_with("disk_available_bytes", &labels, space.available as f64)
                .describe("What a program without privileges can still write.", "bytes");
            if let Some(usage) = percent(space.used, space.used.saturating_add(space.available)) {
                out.gauge_with("disk_usage_percent", &labels, usage)
                    .describe("Used of what a program without privileges could use, as `df` shows it.", "percent");
            }
        }
        Ok(())
    }
}

fn is_real(disk: &Disk) -> bool {
    let system = disk.file_system();
    // In a container the root is an overlay, and all there is; on its host it would be listed beside the disk it lies on.
    !UNREAL.iter().any(|unreal| system == *unreal) && (system != "overlay" || disk.mount_point() == Path::new("/"))
}

/// Every device by its shortest mount point: bind mounts and subvolumes share the space.
fn once_each<'a>(disks: impl Iterator<Item = &'a Disk>) -> impl Iterator<Item = &'a Disk> {
    let mut devices = BTreeMap::new();
    for disk in disks {
        // Elsewhere the name is a label, which two drives may share.
        let device = if cfg!(unix) { disk.name() } else { disk.mount_point().as_os_str() };
        let shortest = devices.entry(device).or_insert(disk);
        if disk.mount_point().as_os_str().len() < shortest.mount_point().as_os_str().len() {
            *shortest = disk;
        }
    }
    devices.into_values()
}

/// The operating system tells of space that is kept for root, which sysinfo does not.
#[cfg(unix)]
fn space(disk: &Disk) -> Option<Space> {
    let stat = nix::sys::statvfs::statvfs(disk.mount_point()).ok()?;
    // How wide these are differs between systems.
    #[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)]
    let bytes = |blocks| u64::from(blocks).saturating_mul(stat.fragment_size().try_into().unwrap_or(0));
    let (total, free) = (bytes(stat.blocks()), bytes(stat.blocks_free()));
    Some(Space { total, available: bytes(stat.blocks_available()), used: total.saturating_sub(free) })
}

#[cfg(not(unix))]
fn space(disk: &Disk) -> Option<Space> {
    let (total, available) = (disk.total_space(), disk.available_space());
    Some(Space { total, available, used: total.saturating_sub(available) })
}
