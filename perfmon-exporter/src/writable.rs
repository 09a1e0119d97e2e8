//! Whether this user could write a file, seen without doing so.

#[cfg(unix)]
use std::fs;
use std::path::Path;

/// Why a file could not be written or made, as far as that can be seen without doing so.
pub(crate) fn unwritable(path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.try_exists() {
        Ok(false) => return Some(format!("there is no folder {}", folder.display())),
        Err(error) => return Some(error.to_string()),
        Ok(true) if path.is_dir() => return Some(String::from("it is a folder")),
        Ok(true) => {}
    }
    forbidden(path, folder)
}

/// Which right is missing. Whose the file is counts, too: it is made its owner's alone, which only that one may do.
#[cfg(unix)]
fn forbidden(path: &Path, folder: &Path) -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{Access, access};

    let me = rustix::process::geteuid();
    match fs::metadata(path) {
        Ok(_) if access(path, Access::WRITE_OK).is_err() => Some(String::from("this user may not write to it")),
        Ok(file) if file.is_file() && !me.is_root() && file.uid() != me.as_raw() => {
            Some(String::from("it is another user's"))
        }
        Err(_) if access(folder, Access::WRITE_OK | Access::EXEC_OK).is_err() => {
            Some(format!("this user may not make files in {}", folder.display()))
        }
        _ => None,
    }
}

#[cfg(not(unix))]
fn forbidden(_: &Path, _: &Path) -> Option<String> {
    None
}
