//! What a user does without RingKernel: launch an empty kernel and wait for it.

use std::ffi::{CStr, CString};
use std::ptr;
use std::time::Instant;

use cudarc::driver::sys;

use super::rehearsing;
use crate::report::Report;
use crate::sample::Samples;

/// An empty kernel for any device, as PTX.
const EMPTY: &str = ".version 6.4\n.target sm_75\n.address_size 64\n.visible .entry empty()\n{\n ret;\n}\n";

pub(super) fn check(code: sys::CUresult) -> Result<(), String> {
    if code == sys::cudaError_enum::CUDA_SUCCESS { Ok(()) } else { Err(format!("{code:?}")) }
}

fn open() -> Result<sys::CUdevice, String> {
    // SAFETY: only tries to load the library.
    if !unsafe { sys::is_culib_present() } {
        return Err("no CUDA driver".to_owned());
    }
    let mut device = 0;
    // SAFETY: the library is there, and `device` is a live local.
    unsafe {
        check(sys::cuInit(0))?;
        check(sys::cuDeviceGet(&raw mut device, 0))?;
    }
    Ok(device)
}

/// Device, driver and CUDA version, for the document.
pub(super) fn describe() -> Result<(String, String, String), String> {
    let device = open()?;
    let mut name = [0; 256];
    let mut version = 0;
    // SAFETY: the buffers are live locals of the size that is said.
    let name = unsafe {
        check(sys::cuDeviceGetName(name.as_mut_ptr(), 256, device))?;
        check(sys::cuDriverGetVersion(&raw mut version))?;
        CStr::from_ptr(name.as_ptr()).to_string_lossy().into_owned()
    };
    let driver = std::fs::read_to_string("/proc/driver/nvidia/version").unwrap_or_default();
    let driver = driver.split_whitespace().find(|word| word.split('.').count() == 3).unwrap_or_default().to_owned();
    Ok((name, driver, format!("{}.{}", version / 1000, version % 1000 / 10)))
}

/// The device's primary context.
pub(super) struct Context(sys::CUdevice);

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: it was retained when this was made.
        let _ = unsafe { sys::cuDevicePrimaryCtxRelease_v2(self.0) };
    }
}

/// Makes the context, and reports how long that and the driver's own start take; `None` in a rehearsal without a device.
pub(super) fn hold_context(report: &mut Report) -> Result<Option<Context>, String> {
    let start = Instant::now();
    let device = match open() {
        Ok(device) => device,
        Err(_) if rehearsing() => return Ok(None),
        Err(error) => return Err(error),
    };
    report.row("driver_ms", start.elapsed().as_secs_f64() * 1e3, "ms");
    let start = Instant::now();
    let mut context = ptr::null_mut();
    // SAFETY: `context` is a live local, and `device` exists.
    unsafe { check(sys::cuDevicePrimaryCtxRetain(&raw mut context, device))? };
    report.row("context_ms", start.elapsed().as_secs_f64() * 1e3, "ms");
    Ok(Some(Context(device)))
}

/// Measures launch + synchronize, on the same kind of stream that the persistent kernel uses.
pub(crate) fn run(report: &mut Report) -> super::Result {
    let device = match open() {
        Ok(device) => device,
        Err(_) if rehearsing() => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let mut times = Samples::default();
    let text = CString::new(EMPTY)?;
    let name = CString::new("empty")?;
    // SAFETY: every pointer is to a live local; the module outlives the launches and everything is released at the end.
    unsafe {
        let (mut context, mut module, mut function, mut stream) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        check(sys::cuDevicePrimaryCtxRetain(&raw mut context, device))?;
        check(sys::cuCtxSetCurrent(context))?;
        check(sys::cuModuleLoadData(&raw mut module, text.as_ptr().cast()))?;
        check(sys::cuModuleGetFunction(&raw mut function, module, name.as_ptr()))?;
        check(sys::cuStreamCreate(&raw mut stream, sys::CUstream_flags_enum::CU_STREAM_NON_BLOCKING as u32))?;
        for i in 0..3000 {
            let start = Instant::now();
            check(sys::cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, stream, ptr::null_mut(), ptr::null_mut()))?;
            check(sys::cuStreamSynchronize(stream))?;
            if i >= 500 {
                times.add(start.elapsed());
            }
        }
        check(sys::cuStreamDestroy_v2(stream))?;
        check(sys::cuModuleUnload(module))?;
        check(sys::cuDevicePrimaryCtxRelease_v2(device))?;
    }
    report.row("launch_sync_p50_us", times.percentile_us(50.0), "us");
    report.row("launch_sync_p99_us", times.percentile_us(99.0), "us");
    Ok(())
}
