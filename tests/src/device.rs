//! The GPU that tests run on.

use std::sync::Arc;

use cudarc::driver::{CudaContext, sys};
use ringkernel_runtime::cuda::nvrtc::Arch;

/// Device 0, or why there is none: a reason to [`skip!`](crate::skip!).
///
/// # Errors
/// If there is no driver, or the driver has no device for us.
pub fn first() -> Result<Arc<CudaContext>, String> {
    // SAFETY: only tries to load the driver's library.
    if !unsafe { sys::is_culib_present() } {
        return Err("no CUDA driver".to_owned());
    }
    CudaContext::new(0).map_err(|error| format!("no CUDA device ({error})"))
}

/// Its architecture.
///
/// # Errors
/// If the driver does not say.
pub fn arch(device: &CudaContext) -> Result<Arch, String> {
    let (major, minor) = device.compute_capability().map_err(|error| error.to_string())?;
    Ok(Arch::new(major.unsigned_abs(), minor.unsigned_abs()))
}
