//! The NVRTCs that tests compile with.

use std::path::PathBuf;

use ringkernel_runtime::cuda::nvrtc::{Arch, Nvrtc, Search};

/// The variable in which `cargo xtask test` lists the directories of its NVRTCs, as in `PATH`.
pub const VARIABLE: &str = "RINGKERNEL_TEST_NVRTC";

/// The architectures that every emitted text must compile for: the oldest, and each generation of data-centre devices.
pub const ARCHS: [Arch; 4] = [Arch::new(7, 5), Arch::new(8, 0), Arch::new(9, 0), Arch::new(10, 0)];

/// Those that `cargo xtask test` installed, or else the machine's own; empty where there is none, which is a reason to
/// [`skip!`](crate::skip!).
#[must_use]
pub fn all() -> Vec<Nvrtc> {
    let given: Vec<PathBuf> =
        std::env::var_os(VARIABLE).map(|list| std::env::split_paths(&list).collect()).unwrap_or_default();
    let mut found: Vec<Nvrtc> = open(&Search { paths: given, names: Vec::new() });
    if found.is_empty() {
        found = open(&Search::of_this_machine());
        found.truncate(1);
    }
    found
}

fn open(search: &Search) -> Vec<Nvrtc> {
    search.candidates().iter().filter_map(|found| Nvrtc::open(&found.library, &found.builtins).ok()).collect()
}
