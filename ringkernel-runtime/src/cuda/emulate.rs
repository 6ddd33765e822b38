//! A device that is not there: the whole CUDA backend, with the kernel run by somebody else.
//!
//! For the project's own tests: they install an emulator that compiles the emitted text for the CPU, and then every line of
//! this backend but the driver's calls runs as on a GPU, without one. Not for users: it is many thousand times slower than a
//! device and is never chosen by itself.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Compiles kernels for something that can run them.
pub trait Emulator: Send + Sync {
    /// Compiles the text with its headers and macros; `entry` is the kernel.
    ///
    /// # Errors
    /// The compiler's words.
    fn compile(
        &self,
        text: &str,
        headers: &[(&str, &str)],
        defines: &[(String, String)],
        entry: &str,
    ) -> Result<Arc<dyn EmulatedKernel>, String>;
}

/// A compiled kernel.
pub trait EmulatedKernel: Send + Sync {
    /// Begins to run it on another thread. `params` are the bytes of its parameters; addresses in them are of this process.
    fn launch(&self, grid: u32, block_threads: u32, params: &[u8]) -> Arc<dyn EmulatedRun>;
}

/// A kernel that runs, or has.
pub trait EmulatedRun: Send + Sync {
    /// Whether it has ended.
    ///
    /// # Errors
    /// How it ended badly.
    fn finished(&self) -> Result<bool, String>;
}

static INSTALLED: OnceLock<Arc<dyn Emulator>> = OnceLock::new();

/// From now on this process has an emulated device instead of a GPU. The first call counts.
pub fn install(emulator: Arc<dyn Emulator>) {
    let _ = INSTALLED.set(emulator);
}

pub(super) fn installed() -> Option<&'static Arc<dyn Emulator>> {
    INSTALLED.get()
}

/// How long to wait for what takes a device at most `usual`. An emulated one shares the processors with everything else.
pub(crate) fn patience(usual: Duration) -> Duration {
    if INSTALLED.get().is_some() { 20 * usual } else { usual }
}
