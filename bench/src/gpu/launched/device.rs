//! A GPU as a program without RingKernel uses it: the driver's calls, and NVRTC for one text.
//!
//! Owns what it makes and gives it back. Nothing here runs beside a persistent kernel: loading and freeing would wait for it.

use std::ffi::{CString, c_void};
use std::marker::PhantomData;
use std::ptr;
use std::time::Instant;

use cudarc::driver::sys;
use ringkernel_runtime::cuda::nvrtc::{Arch, Cache, Jit, Options, Search, Source, Version};

use super::super::launch::check;

macro_rules! call {
    ($function:ident($($argument:expr),* $(,)?)) => {
        // SAFETY: handles were made by the same device and are not yet given back; pointers are to live values of the size that the
        // call says.
        check(unsafe { sys::$function($($argument),*) }).map_err(|error| format!("{}: {error}", stringify!($function)))
    };
}

/// The kernels, loaded, and the stream on which all of them run.
pub(super) struct Device {
    handle: sys::CUdevice,
    module: sys::CUmodule,
    stream: sys::CUstream,
}

/// A kernel of the module.
#[derive(Clone, Copy)]
pub(super) struct Function(sys::CUfunction);

/// How a kernel is launched.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    pub(super) grid: [u32; 3],
    pub(super) threads: u32,
    /// Before the one in front of it has ended (programmatic dependent launch).
    pub(super) early: bool,
}

impl Shape {
    pub(super) const ONE: Self = Self { grid: [1; 3], threads: 1, early: false };
}

impl Device {
    /// The first device, with this text compiled for it.
    pub(super) fn open(source: &Source<'_>) -> Result<Self, String> {
        // SAFETY: only tries to load the library.
        if !unsafe { sys::is_culib_present() } {
            return Err("no CUDA driver".to_owned());
        }
        let (mut handle, mut context, mut version) = (0, ptr::null_mut(), 0);
        call!(cuInit(0))?;
        call!(cuDeviceGet(&raw mut handle, 0))?;
        call!(cuDriverGetVersion(&raw mut version))?;
        let (mut major, mut minor) = (0, 0);
        use sys::CUdevice_attribute as Attribute;
        call!(cuDeviceGetAttribute(&raw mut major, Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, handle))?;
        call!(cuDeviceGetAttribute(&raw mut minor, Attribute::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, handle))?;
        let version = Version::from_driver(version.unsigned_abs());
        let jit = Jit::find(Search::of_this_machine(), Some(version), Cache::of_this_user())
            .map_err(|error| error.to_string())?;
        let options = Options::for_arch(Arch::new(major.unsigned_abs(), minor.unsigned_abs()));
        let cubin = jit.compile(source, &options, 0).map_err(|error| error.to_string())?;

        call!(cuDevicePrimaryCtxRetain(&raw mut context, handle))?;
        let mut device = Self { handle, module: ptr::null_mut(), stream: ptr::null_mut() };
        call!(cuCtxSetCurrent(context))?;
        call!(cuModuleLoadData(&raw mut device.module, cubin.bytes.as_ptr().cast()))?;
        let flags = sys::CUstream_flags_enum::CU_STREAM_NON_BLOCKING as u32;
        call!(cuStreamCreate(&raw mut device.stream, flags))?;
        Ok(device)
    }

    pub(super) fn function(&self, name: &str) -> Result<Function, String> {
        let mut function = ptr::null_mut();
        let name = CString::new(name).map_err(|error| error.to_string())?;
        call!(cuModuleGetFunction(&raw mut function, self.module, name.as_ptr()))?;
        Ok(Function(function))
    }

    /// Puts a launch on the stream. Arguments are numbers of the types that the kernel has.
    pub(super) fn launch(&self, function: Function, shape: Shape, arguments: &[Argument]) -> Result<(), String> {
        let mut given: Vec<*mut c_void> = arguments.iter().map(Argument::address).collect();
        let mut early = sys::CUlaunchAttribute {
            id: sys::CUlaunchAttributeID_enum::CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION,
            pad: [0; 4],
            value: sys::CUlaunchAttributeValue { programmaticStreamSerializationAllowed: 1 },
        };
        let config = sys::CUlaunchConfig {
            gridDimX: shape.grid[0],
            gridDimY: shape.grid[1],
            gridDimZ: shape.grid[2],
            blockDimX: shape.threads,
            blockDimY: 1,
            blockDimZ: 1,
            sharedMemBytes: 0,
            hStream: self.stream,
            attrs: &raw mut early,
            numAttrs: u32::from(shape.early),
        };
        call!(cuLaunchKernelEx(&raw const config, function.0, given.as_mut_ptr(), ptr::null_mut()))
    }

    /// What `launches` puts on the stream, as a graph.
    pub(super) fn graph(&self, launches: impl FnOnce() -> Result<(), String>) -> Result<Graph<'_>, String> {
        use sys::CUstreamCaptureMode_enum::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL as LOCAL;
        let (mut graph, mut ready) = (ptr::null_mut(), ptr::null_mut());
        call!(cuStreamBeginCapture_v2(self.stream, LOCAL))?;
        let launched = launches();
        call!(cuStreamEndCapture(self.stream, &raw mut graph))?;
        let made = launched.and_then(|()| call!(cuGraphInstantiateWithFlags(&raw mut ready, graph, 0)));
        call!(cuGraphDestroy(graph))?;
        made.map(|()| Graph { ready, device: PhantomData })
    }

    pub(super) fn replay(&self, graph: &Graph<'_>) -> Result<(), String> {
        call!(cuGraphLaunch(graph.ready, self.stream))
    }

    pub(super) fn wait(&self) -> Result<(), String> {
        call!(cuStreamSynchronize(self.stream))
    }

    /// Microseconds until all that `launches` puts on the stream is done.
    pub(super) fn time(&self, launches: impl FnOnce() -> Result<(), String>) -> Result<f64, String> {
        self.wait()?;
        let begun = Instant::now();
        launches()?;
        self.wait()?;
        Ok(begun.elapsed().as_secs_f64() * 1e6)
    }

    /// Memory for so many floats.
    pub(super) fn floats(&self, count: usize) -> Result<Floats<'_>, String> {
        let mut address = 0;
        call!(cuMemAlloc_v2(&raw mut address, 4 * count))?;
        Ok(Floats { address, count, device: PhantomData })
    }

    /// A page that both sides see, zeroed.
    pub(super) fn page(&self) -> Result<Page<'_>, String> {
        let mut host = ptr::null_mut();
        call!(cuMemHostAlloc(&raw mut host, Page::BYTES, sys::CU_MEMHOSTALLOC_DEVICEMAP))?;
        let mut page = Page { host: host.cast(), address: 0, device: PhantomData };
        call!(cuMemHostGetDevicePointer_v2(&raw mut page.address, host, 0))?;
        // SAFETY: the page has so many bytes.
        unsafe { ptr::write_bytes(page.host.cast::<u8>(), 0, Page::BYTES) };
        Ok(page)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = call!(cuStreamSynchronize(self.stream));
        let _ = call!(cuStreamDestroy_v2(self.stream));
        let _ = call!(cuModuleUnload(self.module));
        let _ = call!(cuDevicePrimaryCtxRelease_v2(self.handle));
    }
}

/// An argument of a kernel.
#[derive(Clone, Copy)]
pub(super) enum Argument {
    Address(u64),
    Int(u32),
    Float(f32),
}

impl Argument {
    const fn address(&self) -> *mut c_void {
        match self {
            Self::Address(value) => ptr::from_ref(value).cast_mut().cast(),
            Self::Int(value) => ptr::from_ref(value).cast_mut().cast(),
            Self::Float(value) => ptr::from_ref(value).cast_mut().cast(),
        }
    }
}

/// Launches that are replayed.
pub(super) struct Graph<'a> {
    ready: sys::CUgraphExec,
    device: PhantomData<&'a Device>,
}

impl Drop for Graph<'_> {
    fn drop(&mut self) {
        let _ = call!(cuGraphExecDestroy(self.ready));
    }
}

/// Floats on the device.
pub(super) struct Floats<'a> {
    pub(super) address: u64,
    count: usize,
    device: PhantomData<&'a Device>,
}

impl Floats<'_> {
    pub(super) fn write(&self, values: &[f32]) -> Result<(), String> {
        if values.len() != self.count {
            return Err(format!("{} values for {} floats", values.len(), self.count));
        }
        call!(cuMemcpyHtoD_v2(self.address, values.as_ptr().cast(), 4 * self.count))?;
        // The launches' stream does not wait for it by itself.
        call!(cuCtxSynchronize())
    }

    pub(super) fn read(&self) -> Result<Vec<f32>, String> {
        let mut values = vec![0.0_f32; self.count];
        call!(cuMemcpyDtoH_v2(values.as_mut_ptr().cast(), self.address, 4 * self.count))?;
        Ok(values)
    }
}

impl Drop for Floats<'_> {
    fn drop(&mut self) {
        let _ = call!(cuMemFree_v2(self.address));
    }
}

/// A page of mapped memory: words of 64 bits.
pub(super) struct Page<'a> {
    host: *mut u64,
    pub(super) address: u64,
    device: PhantomData<&'a Device>,
}

impl Page<'_> {
    const BYTES: usize = 4096;

    pub(super) fn set(&self, word: usize, value: u64) {
        assert!(word < Self::BYTES / 8);
        // SAFETY: within the page, and aligned.
        unsafe { self.host.add(word).write_volatile(value) };
    }

    pub(super) fn get(&self, word: usize) -> u64 {
        assert!(word < Self::BYTES / 8);
        // SAFETY: within the page, and aligned.
        unsafe { self.host.add(word).read_volatile() }
    }
}

impl Drop for Page<'_> {
    fn drop(&mut self) {
        let _ = call!(cuMemFreeHost(self.host.cast()));
    }
}
