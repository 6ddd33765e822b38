//! The CUDA driver, as much of it as a persistent kernel needs.
//!
//! Owns every call into the driver: device, context, stream, memory, module, launch. Calls are `cudarc`'s raw bindings,
//! since its safe layer waits on events, which a kernel that never ends would never signal. Everything is ordered on one
//! non-blocking stream per system; nothing uses the default stream. What gives something back goes through the device's
//! roster, since it would wait for every kernel that is there. Symbols are looked up before they are called, so an old driver
//! is an error and not a panic.

use std::ffi::{CStr, c_int, c_void};
use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use cudarc::driver::sys;

use super::emulate::{self, EmulatedRun};
use super::roster::Roster;

/// A call into the driver that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DriverError {
    call: &'static str,
    code: u32,
    text: String,
}

impl fmt::Display for DriverError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} returned {} ({})", self.call, self.text, self.code)
    }
}

impl std::error::Error for DriverError {}

impl DriverError {
    fn emulated(text: String) -> Self {
        Self { call: "the emulator", code: 0, text }
    }

    /// Whether the device has no memory left.
    pub(crate) const fn is_out_of_memory(&self) -> bool {
        self.code == sys::cudaError_enum::CUDA_ERROR_OUT_OF_MEMORY as u32
    }
}

fn check(call: &'static str, code: sys::CUresult) -> Result<(), DriverError> {
    if code == sys::cudaError_enum::CUDA_SUCCESS {
        return Ok(());
    }
    let mut text = ptr::null();
    // SAFETY: `text` is a valid place for a pointer; the driver's strings are static.
    let known = unsafe { sys::cuGetErrorString(code, &raw mut text) } == sys::cudaError_enum::CUDA_SUCCESS;
    let text = if known && !text.is_null() {
        // SAFETY: the driver returned a NUL-terminated static string.
        unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
    } else {
        "an unknown error".to_owned()
    };
    Err(DriverError { call, code: code as u32, text })
}

macro_rules! call {
    ($name:ident ( $($arg:expr),* $(,)? )) => {
        // SAFETY: pointers passed here are to live locals or to memory that the caller owns; see each caller.
        check(stringify!($name), unsafe { sys::$name($($arg),*) })
    };
}

mod kernel;
mod memory;

pub(crate) use kernel::{Blocks, Kernel, Shape};
pub(crate) use memory::{DeviceMemory, Pinned, Rows};

/// Every function that this module calls: looked up once, so that a missing one is an error.
const SYMBOLS: &[&str] = &[
    "cuInit",
    "cuGetErrorString",
    "cuDeviceGetCount",
    "cuDeviceGet",
    "cuDeviceGetName",
    "cuDeviceGetAttribute",
    "cuDevicePrimaryCtxRetain",
    "cuDevicePrimaryCtxRelease_v2",
    "cuCtxSetCurrent",
    "cuModuleLoadData",
    "cuModuleUnload",
    "cuModuleGetFunction",
    "cuMemAlloc_v2",
    "cuMemFree_v2",
    "cuMemHostAlloc",
    "cuMemFreeHost",
    "cuMemHostGetDevicePointer_v2",
    "cuLaunchKernel",
    "cuLaunchCooperativeKernel",
    "cuStreamCreate",
    "cuEventCreate",
    "cuEventRecord",
    "cuEventSynchronize",
    "cuEventDestroy_v2",
    "cuStreamDestroy_v2",
    "cuStreamSynchronize",
    "cuMemcpyHtoDAsync_v2",
    "cuMemcpyDtoHAsync_v2",
    "cuMemcpy3DAsync_v2",
    "cuMemsetD8Async",
    "cuMemGetInfo_v2",
    "cuDriverGetVersion",
    "cuOccupancyMaxActiveBlocksPerMultiprocessor",
];

/// What is known of a device.
#[derive(Clone, Debug)]
pub(crate) struct DeviceInfo {
    pub(crate) name: String,
    pub(crate) capability: (u32, u32),
    pub(crate) multiprocessors: u32,
    /// It drives a display: a kernel that runs for seconds is killed.
    pub(crate) watchdog: bool,
    pub(crate) maps_host_memory: bool,
    /// Bytes of shared memory that a block can have.
    pub(crate) shared_bytes: u32,
    /// Registers of a multiprocessor.
    pub(crate) registers: u32,
    /// CUDA version of the driver, as `cuDriverGetVersion` gives it.
    pub(crate) driver: u32,
}

/// A device whose primary context this process holds.
#[derive(Debug)]
pub(crate) struct Device {
    handle: sys::CUdevice,
    /// Null for an emulated device, for which the driver is never called.
    context: sys::CUcontext,
    info: DeviceInfo,
    roster: Arc<Roster>,
    /// A kernel ended badly: the driver answers everything in this context with an error.
    broken: AtomicBool,
}

/// Devices that were opened. They stay open: making a context takes far longer than starting a system.
static OPEN: Mutex<Vec<(i32, Arc<Device>)>> = Mutex::new(Vec::new());

/// Freeing memory or unloading code, without anything that it would keep alive.
type Free = fn(u64) -> sys::CUresult;

// SAFETY: handles of the driver may be used from any thread; `enter` makes the context current where it is used.
unsafe impl Send for Device {}
// SAFETY: as above; the driver's own calls are thread-safe.
unsafe impl Sync for Device {}

/// Why there is no device, in words for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoDevice(pub(crate) String);

impl Device {
    /// The device with this number, opened by the first who asks for it.
    pub(crate) fn open(ordinal: i32) -> Result<Arc<Self>, NoDevice> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        // A broken context goes when the last system in it does, and then there is a new one.
        open.retain(|(_, device)| !device.broken.load(Ordering::Acquire));
        if let Some((_, device)) = open.iter().find(|(of, _)| *of == ordinal) {
            let device = Arc::clone(device);
            device.enter().map_err(|error| NoDevice(error.to_string()))?;
            return Ok(device);
        }
        let device = if emulate::installed().is_some() { Arc::new(Self::emulated()) } else { Self::first(ordinal)? };
        open.push((ordinal, Arc::clone(&device)));
        Ok(device)
    }

    fn first(ordinal: i32) -> Result<Arc<Self>, NoDevice> {
        // SAFETY: only tries to load the library.
        if !unsafe { sys::is_culib_present() } {
            return Err(NoDevice(
                "no CUDA driver: none of libcuda.so, libcuda.so.1 (nvcuda.dll on Windows) could be loaded; install NVIDIA's driver"
                    .to_owned(),
            ));
        }
        // SAFETY: the library is there, as was just seen.
        let library = unsafe { sys::culib() };
        for symbol in SYMBOLS {
            // SAFETY: the address is only looked up, not called.
            if unsafe { library.get::<*const c_void>(symbol.as_bytes()) }.is_err() {
                return Err(NoDevice(format!("the CUDA driver has no {symbol}: it is older than CUDA 12; update it")));
            }
        }
        let said = |error: DriverError| NoDevice(error.to_string());
        call!(cuInit(0))
            .map_err(|error| NoDevice(format!("{error}: the driver is there, but no device can be used")))?;
        let mut count = 0;
        call!(cuDeviceGetCount(&raw mut count)).map_err(said)?;
        if ordinal >= count {
            return Err(NoDevice(format!(
                "device {ordinal} was asked for, and the driver sees {count} (CUDA_VISIBLE_DEVICES may hide some)"
            )));
        }
        let mut handle = 0;
        call!(cuDeviceGet(&raw mut handle, ordinal)).map_err(said)?;
        let info = Self::describe(handle).map_err(said)?;
        let mut context = ptr::null_mut();
        call!(cuDevicePrimaryCtxRetain(&raw mut context, handle)).map_err(said)?;
        let roster = Roster::new(info.multiprocessors);
        let device = Arc::new(Self { handle, context, info, roster, broken: AtomicBool::new(false) });
        device.enter().map_err(said)?;
        Ok(device)
    }

    fn describe(handle: sys::CUdevice) -> Result<DeviceInfo, DriverError> {
        use sys::CUdevice_attribute_enum as Attribute;
        let mut name = [0; 256];
        call!(cuDeviceGetName(name.as_mut_ptr(), 256, handle))?;
        // SAFETY: the driver wrote a NUL-terminated name into the buffer.
        let name = unsafe { CStr::from_ptr(name.as_ptr()) }.to_string_lossy().into_owned();
        let attribute = |attribute: Attribute| -> Result<u32, DriverError> {
            let mut value: c_int = 0;
            call!(cuDeviceGetAttribute(&raw mut value, attribute, handle))?;
            Ok(value as u32)
        };
        let mut driver = 0;
        call!(cuDriverGetVersion(&raw mut driver))?;
        Ok(DeviceInfo {
            name,
            capability: (
                attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?,
                attribute(Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?,
            ),
            multiprocessors: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?,
            watchdog: attribute(Attribute::CU_DEVICE_ATTRIBUTE_KERNEL_EXEC_TIMEOUT)? != 0,
            maps_host_memory: attribute(Attribute::CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY)? != 0,
            shared_bytes: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?,
            registers: attribute(Attribute::CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR)?,
            driver: driver as u32,
        })
    }

    fn emulated() -> Self {
        let info = DeviceInfo {
            name: "an emulated device".to_owned(),
            capability: (9, 0),
            multiprocessors: 256,
            watchdog: false,
            maps_host_memory: true,
            shared_bytes: 48 << 10,
            registers: 1 << 16,
            driver: 13_000,
        };
        let roster = Roster::new(info.multiprocessors);
        Self { handle: 0, context: ptr::null_mut(), info, roster, broken: AtomicBool::new(false) }
    }

    /// Whether the project's own emulator stands in for a GPU.
    pub(crate) fn is_emulated(&self) -> bool {
        self.context.is_null()
    }

    pub(crate) const fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Who is there.
    pub(crate) const fn roster(&self) -> &Arc<Roster> {
        &self.roster
    }

    /// Gives back `handle` once no kernel of this process is there.
    fn discard(&self, handle: u64, call: &'static str, free: Free) {
        let context = self.context as u64;
        self.roster.discard(move || {
            // SAFETY: whoever runs this reaches the roster through the device, which holds the context.
            if unsafe { sys::cuCtxSetCurrent(context as sys::CUcontext) } == sys::cudaError_enum::CUDA_SUCCESS
                && let Err(error) = check(call, free(handle))
            {
                tracing::debug!(target: "ringkernel", %error, "something was not given back to the device");
            }
        });
    }

    /// Makes the context current on this thread.
    pub(crate) fn enter(&self) -> Result<(), DriverError> {
        if self.is_emulated() {
            return Ok(());
        }
        call!(cuCtxSetCurrent(self.context))
    }

    /// Free and total bytes of device memory.
    pub(crate) fn memory(&self) -> Result<(u64, u64), DriverError> {
        if self.is_emulated() {
            return Ok((1 << 32, 1 << 32));
        }
        self.enter()?;
        let (mut free, mut total) = (0, 0);
        call!(cuMemGetInfo_v2(&raw mut free, &raw mut total))?;
        Ok((free as u64, total as u64))
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if !self.is_emulated() {
            let _ = call!(cuDevicePrimaryCtxRelease_v2(self.handle));
        }
    }
}

/// A stream that does not synchronise with the default one.
pub(crate) struct Stream {
    handle: sys::CUstream,
    /// Signalled when what was launched last has ended.
    event: sys::CUevent,
    device: Arc<Device>,
    /// What was launched last on an emulated device.
    emulated: Mutex<Option<Arc<dyn EmulatedRun>>>,
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("device", &self.device).finish_non_exhaustive()
    }
}

// SAFETY: streams may be used from any thread.
unsafe impl Send for Stream {}
// SAFETY: as above.
unsafe impl Sync for Stream {}

impl Stream {
    pub(crate) fn new(device: &Arc<Device>) -> Result<Self, DriverError> {
        device.enter()?;
        let mut stream = Self {
            handle: ptr::null_mut(),
            event: ptr::null_mut(),
            device: Arc::clone(device),
            emulated: Mutex::default(),
        };
        if !device.is_emulated() {
            use sys::CUevent_flags_enum::{CU_EVENT_BLOCKING_SYNC, CU_EVENT_DISABLE_TIMING};
            call!(cuStreamCreate(&raw mut stream.handle, sys::CUstream_flags_enum::CU_STREAM_NON_BLOCKING as u32))?;
            let flags = CU_EVENT_BLOCKING_SYNC as u32 | CU_EVENT_DISABLE_TIMING as u32;
            call!(cuEventCreate(&raw mut stream.event, flags))?;
        }
        Ok(stream)
    }

    /// Sleeps until what was launched last has ended; an error if it ended badly. One thread at a time.
    pub(crate) fn wait(&self) -> Result<(), DriverError> {
        if self.device.is_emulated() {
            let run = self.emulated.lock().unwrap_or_else(PoisonError::into_inner).clone();
            while let Some(run) = &run
                && !run.finished().map_err(DriverError::emulated)?
            {
                thread::sleep(Duration::from_micros(50));
            }
            return Ok(());
        }
        self.device.enter()?;
        let ended = call!(cuEventSynchronize(self.event));
        if ended.is_err() {
            self.device.broken.store(true, Ordering::Release);
        }
        ended
    }

    /// Waits for everything on the stream. Never called while a persistent kernel runs on it.
    pub(crate) fn synchronize(&self) -> Result<(), DriverError> {
        if self.device.is_emulated() {
            return Ok(());
        }
        self.device.enter()?;
        call!(cuStreamSynchronize(self.handle))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if !self.event.is_null() {
            // SAFETY: called once, with the event that this stream made.
            let destroy: Free = |event| unsafe { sys::cuEventDestroy_v2(event as _) };
            self.device.discard(self.event as u64, "cuEventDestroy", destroy);
        }
        if !self.handle.is_null() {
            // SAFETY: called once, with this stream.
            let destroy: Free = |stream| unsafe { sys::cuStreamDestroy_v2(stream as _) };
            self.device.discard(self.handle as u64, "cuStreamDestroy", destroy);
        }
    }
}
