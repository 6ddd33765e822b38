//! The repository's own files.

use std::fs;
use std::path::{Path, PathBuf};

/// The workspace's root.
#[must_use]
pub fn root() -> PathBuf {
    // Moved executables (a bundle for another machine) run in a folder that has the same files.
    let built_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if built_in.is_dir() { built_in } else { PathBuf::from(".") }
}

/// All files below `directory` (relative to the root) whose name ends in one of `endings`, in a stable order.
#[must_use]
pub fn files(directory: &str, endings: &[&str]) -> Vec<PathBuf> {
    let (mut found, mut open) = (Vec::new(), vec![root().join(directory)]);
    while let Some(next) = open.pop() {
        for path in fs::read_dir(next).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                open.push(path);
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
