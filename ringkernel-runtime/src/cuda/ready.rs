//! What every start on a GPU does, whatever it starts: device, compiler, being alone there, memory.
//!
//! An error before anything is loaded says that CUDA is not available, and the caller may turn to the CPU.

use std::env;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::driver::{Device, DeviceMemory, DriverError, NoDevice, Pinned, Stream};
use super::emulate::patience;
use super::mapped::Mapped;
use super::nvrtc::{Cache, Jit, Search, Version};
use super::residence::NoLife;
use super::roster::{Alone, Roster};
use crate::cpu::available_memory;
use crate::error::StartError;

/// How long the kernels of other systems may take to leave.
const AWAY_PATIENCE: Duration = Duration::from_secs(3);

impl From<DriverError> for StartError {
    fn from(error: DriverError) -> Self {
        Self::Cuda(error.to_string())
    }
}

/// Says at the level `debug` what a start does and how long it took, so that one that does not end shows where it is.
pub(super) struct Phases {
    start: Instant,
    since: Instant,
    what: &'static str,
}

impl Phases {
    pub(super) fn new(what: &'static str) -> Self {
        let now = Instant::now();
        tracing::debug!(target: "ringkernel", "start: {what}");
        Self { start: now, since: now, what }
    }

    pub(super) fn begin(&mut self, what: &'static str) {
        let took = self.since.elapsed().as_micros();
        tracing::debug!(target: "ringkernel", took_us = took, "start: {what}; before, {}", self.what);
        (self.since, self.what) = (Instant::now(), what);
    }

    pub(super) fn end(mut self) {
        self.begin("done");
        tracing::debug!(target: "ringkernel", took_us = self.start.elapsed().as_micros(), "start: everything");
    }
}

/// The first device.
pub(super) fn open() -> Result<Arc<Device>, StartError> {
    let device = Device::open(0).map_err(|NoDevice(reason)| StartError::CudaUnavailable(reason))?;
    let info = device.info();
    if !info.maps_host_memory {
        return Err(StartError::CudaUnavailable(format!("{} cannot map host memory", info.name)));
    }
    Ok(device)
}

/// NVRTC, with what it compiled before.
pub(super) fn compiler(device: &Device) -> Result<Jit, StartError> {
    let version = Version::from_driver(device.info().driver);
    let jit = Jit::find(Search::of_this_machine(), Some(version), Cache::of_this_user())
        .map_err(|error| StartError::CudaUnavailable(error.to_string()))?;
    warn_of_environment();
    Ok(jit)
}

/// Waits until the kernels of all other systems have left the device for a moment.
pub(super) fn alone(device: &Device) -> Result<Alone, StartError> {
    let patience = patience(AWAY_PATIENCE);
    Roster::alone(device.roster(), patience).map_err(|there| {
        StartError::Cuda(format!(
            "other systems have to leave {} for a moment while one starts, and the system of {} did not within \
             {patience:?}: one of its handlers runs that long; stop it, or start this system first",
            device.info().name,
            there.join(", ")
        ))
    })
}

/// A stream, so much memory of the device for `what`, and so much beside it that both sides see; all of it zeroed.
pub(super) fn take(
    device: &Arc<Device>,
    what: &'static str,
    on_device: u64,
    beside: u64,
) -> Result<(Stream, DeviceMemory, Mapped), StartError> {
    let (available, _) = device.memory()?;
    let full = || StartError::OutOfMemory { what, needed: on_device, available };
    if on_device > available {
        return Err(full());
    }
    // Memory is locked page by page: asked for more than there is, an operating system may end the process instead.
    let free = available_memory().unwrap_or(u64::MAX);
    let refused = StartError::HostMemory { needed: beside, available: free };
    if beside > free {
        return Err(refused);
    }
    let stream = Stream::new(device)?;
    let memory = DeviceMemory::zeroed(&stream, on_device as usize)
        .map_err(|error| if error.is_out_of_memory() { full() } else { error.into() })?;
    let mapped = Pinned::zeroed(device, beside as usize)
        .map_err(|error| if error.is_out_of_memory() { refused } else { error.into() })?;
    Ok((stream, memory, Mapped::new(mapped)))
}

/// Environments in which a persistent kernel behaves otherwise than its user expects.
fn warn_of_environment() {
    let serialising = [
        ("CUDA_LAUNCH_BLOCKING", "launches wait for their kernel; other kernels of this process will wait for ever"),
        ("CUDA_DEVICE_MAX_CONNECTIONS", "with 1, other kernels of this process queue behind the persistent one"),
        ("CUDA_INJECTION64_PATH", "a profiler or sanitizer is attached, which may serialise launches"),
        ("NV_COMPUTE_SANITIZER_INJECTION_PORT_BASE", "compute-sanitizer is attached, which serialises launches"),
    ];
    for (name, why) in serialising {
        if env::var(name).is_ok_and(|value| !value.is_empty() && value != "0") {
            tracing::warn!(target: "ringkernel", "{name} is set: {why}");
        }
    }
}

pub(super) fn no_life(error: &NoLife, device: &Device) -> StartError {
    StartError::Cuda(format!("the kernel does not run on {}: {error}", device.info().name))
}
