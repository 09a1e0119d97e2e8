//! Reports in files: names and label values are the program's business, so nobody else may read them.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

/// Replaces what the file holds; its mode becomes 0600 on Unix.
///
/// # Errors
/// When it cannot be opened or written.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    restrict(&file)?;
    file.write_all(text.as_bytes())
}

/// Makes it its owner's alone: a file that was there before keeps its mode when opened. Devices and pipes (`/dev/null`) are left as they are.
///
/// # Errors
/// When it is not this user's.
#[cfg(unix)]
pub fn restrict(file: &File) -> io::Result<()> {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
    if file.metadata()?.is_file() { file.set_permissions(Permissions::from_mode(0o600)) } else { Ok(()) }
}

/// Nothing here.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}
