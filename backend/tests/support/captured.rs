//! Where requests captured from real clients are, for all tests that read them; not everybody has them.

use std::path::{Path, PathBuf};

/// Names the folder, where it is not beside the workspace.
const FOLDER: &str = "CAPTURED_REQUESTS";

/// The folder with a folder `header` and a folder `json`. None, with a word about it, where it is not.
pub fn captured_requests() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/requests");
    let named = std::env::var_os(FOLDER).map(PathBuf::from);
    let is_named = named.is_some();
    let folder = named.unwrap_or_else(beside);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(!is_named, "{FOLDER}: there is no folder {}", folder.display());
    println!("skipped: there are no captured requests at {}, and {FOLDER} names no other folder", folder.display());
    None
}
