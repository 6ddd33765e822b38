//! A loaded kernel: what fits of it, and its launch.

use std::ffi::{CString, c_int, c_void};
use std::ptr;
use std::sync::{Arc, PoisonError};

use cudarc::driver::sys;

use super::super::emulate::EmulatedKernel;
use super::{Device, DriverError, Free, Stream, check};

/// How the blocks of a launch come to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocks {
    AsTheyCome,
    /// All, or the launch is refused: they wait for each other.
    AllAtOnce,
}

/// How much of a kernel is launched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) grid: u32,
    pub(crate) threads: u32,
    /// Shared memory of a block beside what the kernel declares.
    pub(crate) shared_bytes: u32,
    pub(crate) blocks: Blocks,
}

/// A loaded cubin and its persistent kernel.
pub(crate) struct Kernel {
    module: sys::CUmodule,
    function: sys::CUfunction,
    device: Arc<Device>,
    emulated: Option<Arc<dyn EmulatedKernel>>,
}

// SAFETY: modules and functions may be used from any thread.
unsafe impl Send for Kernel {}
// SAFETY: as above.
unsafe impl Sync for Kernel {}

impl Kernel {
    /// Loads the cubin and finds `name` in it, so that nothing is loaded lazily beside a running kernel.
    pub(crate) fn load(device: &Arc<Device>, cubin: &[u8], name: &str) -> Result<Self, DriverError> {
        device.enter()?;
        let mut module = ptr::null_mut();
        call!(cuModuleLoadData(&raw mut module, cubin.as_ptr().cast()))?;
        let mut kernel = Self { module, function: ptr::null_mut(), device: Arc::clone(device), emulated: None };
        let name = CString::new(name).unwrap_or_default();
        call!(cuModuleGetFunction(&raw mut kernel.function, module, name.as_ptr()))?;
        Ok(kernel)
    }

    /// A kernel for an emulated device.
    pub(crate) fn emulated(device: &Arc<Device>, kernel: Arc<dyn EmulatedKernel>) -> Self {
        let (module, function) = (ptr::null_mut(), ptr::null_mut());
        Self { module, function, device: Arc::clone(device), emulated: Some(kernel) }
    }

    /// Lets its blocks have so much shared memory beside what it declares.
    pub(crate) fn allow_shared(&self, bytes: u32) -> Result<(), DriverError> {
        if self.emulated.is_some() || bytes == 0 {
            return Ok(());
        }
        self.device.enter()?;
        let dynamic = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        call!(cuFuncSetAttribute(self.function, dynamic, bytes as c_int))
    }

    /// How many blocks of `threads` with so much more shared memory fit one multiprocessor at once.
    pub(crate) fn blocks_per_multiprocessor(&self, threads: u32, shared_bytes: u32) -> Result<u32, DriverError> {
        if self.emulated.is_some() {
            return Ok(1);
        }
        self.device.enter()?;
        let mut blocks = 0;
        call!(cuOccupancyMaxActiveBlocksPerMultiprocessor(
            &raw mut blocks,
            self.function,
            threads as c_int,
            shared_bytes as usize
        ))?;
        Ok(blocks as u32)
    }

    /// Bytes of local memory that each thread has: what did not fit its registers, and arrays that are indexed by variables.
    pub(crate) fn local_bytes(&self) -> Result<u32, DriverError> {
        if self.emulated.is_some() {
            return Ok(0);
        }
        self.device.enter()?;
        let mut bytes = 0;
        let local = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES;
        call!(cuFuncGetAttribute(&raw mut bytes, local, self.function))?;
        Ok(bytes.unsigned_abs())
    }

    /// Launches it with its parameters, which are copied.
    pub(crate) fn launch<P: Copy>(&self, stream: &Stream, shape: Shape, params: &P) -> Result<(), DriverError> {
        let Shape { grid, threads, .. } = shape;
        if let Some(kernel) = &self.emulated {
            // SAFETY: parameters are structures of the ABI: numbers without padding.
            let bytes = unsafe { std::slice::from_raw_parts(ptr::from_ref(params).cast(), size_of::<P>()) };
            let run = kernel.launch(grid, threads, bytes);
            *stream.emulated.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
            return Ok(());
        }
        self.device.enter()?;
        let mut arguments = [ptr::from_ref(params).cast_mut().cast::<c_void>()];
        let arguments = arguments.as_mut_ptr();
        let (function, shared) = (self.function, shape.shared_bytes);
        match shape.blocks {
            Blocks::AsTheyCome => {
                let none = ptr::null_mut();
                call!(cuLaunchKernel(function, grid, 1, 1, threads, 1, 1, shared, stream.handle, arguments, none))?;
            }
            Blocks::AllAtOnce => {
                call!(cuLaunchCooperativeKernel(
                    function,
                    grid,
                    1,
                    1,
                    threads,
                    1,
                    1,
                    shared,
                    stream.handle,
                    arguments
                ))?;
            }
        }
        call!(cuEventRecord(stream.event, stream.handle))
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        if !self.module.is_null() {
            // SAFETY: called once, with the module that this kernel loaded; it has ended.
            let unload: Free = |module| unsafe { sys::cuModuleUnload(module as _) };
            self.device.discard(self.module as u64, "cuModuleUnload", unload);
        }
    }
}
