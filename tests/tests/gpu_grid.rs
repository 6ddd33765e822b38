//! Kernels of grids on this device: the bits of the CPU backend, for larger domains and more steps than a simulator bears.

// The programs are Rust as people write it, not as it should be.
#![allow(clippy::all, clippy::pedantic, dead_code)]

#[path = "grid_kernels/cases.rs"]
mod cases;
#[path = "grid_kernels/domain.rs"]
mod domain;
#[path = "grid_kernels/programs.rs"]
mod programs;
#[path = "grid_kernels/values.rs"]
mod values;

use std::mem::offset_of;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cases::{Expected, compiled};
use cudarc::driver::{CudaContext, DeviceRepr, LaunchConfig, PushKernelArg, result, sys};
use cudarc::nvrtc::Ptx;
use programs::{Fluid, Heat, Life, Plain, Wave};
use ringkernel::__private::Actor;
use ringkernel::Boundary::{Fixed, Periodic, Reflect};
use ringkernel_codegen::abi::{GridArray, GridDeviceLine, GridHostLine, GridParams};
use ringkernel_codegen::{CompiledGrid, templates};
use ringkernel_runtime::cuda::nvrtc::{Options, Source};
use ringkernel_tests::{device, nvrtc, skip};

const THREADS: u32 = 256;

/// How long steps may take that take milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Memory of the device, until the end of the process.
struct Gpu {
    mapped: Vec<(u64, usize)>,
}

impl domain::Memory for Gpu {
    fn device(&mut self, name: &str, bytes: u64, _: u64, _: domain::Order) -> u64 {
        // SAFETY: the memory is new, and as long as is said.
        unsafe {
            let at = result::malloc_sync(bytes.max(16) as usize).expect(name);
            result::memset_d8_sync(at, 0, bytes.max(16) as usize).expect(name);
            at
        }
    }

    fn mapped(&mut self, name: &str, bytes: usize) -> u64 {
        // SAFETY: with unified addresses, which every device that NVRTC knows has, the device's address is the host's.
        let at = unsafe { result::malloc_host(bytes, sys::CU_MEMHOSTALLOC_DEVICEMAP | sys::CU_MEMHOSTALLOC_PORTABLE) };
        let at = at.expect(name);
        // SAFETY: as long as is said, and nobody else has it yet.
        unsafe { std::ptr::write_bytes(at.cast::<u8>(), 0, bytes) };
        self.mapped.push((at as u64, bytes));
        at as u64
    }

    fn put(&mut self, at: u64, bytes: &[u8]) {
        if !bytes.is_empty() {
            // SAFETY: `lay_out` puts within what it has allocated.
            unsafe { result::memcpy_htod_sync(at, bytes) }.expect("a copy");
        }
    }
}

fn got(at: u64, bytes: usize) -> Vec<u8> {
    let mut all = vec![0; bytes];
    if bytes > 0 {
        // SAFETY: within what was allocated; the kernel has ended.
        unsafe { result::memcpy_dtoh_sync(&mut all, at) }.expect("a copy");
    }
    all
}

fn word(at: u64) -> &'static AtomicU32 {
    // SAFETY: mapped memory is never freed, aligned, and touched through atomics alone.
    unsafe { AtomicU32::from_ptr(at as *mut u32) }
}

fn long(at: u64) -> &'static AtomicU64 {
    // SAFETY: as above.
    unsafe { AtomicU64::from_ptr(at as *mut u64) }
}

#[repr(transparent)]
struct Given(GridParams);
// SAFETY: a `repr(C)` struct of numbers.
unsafe impl DeviceRepr for Given {}

/// The kernel that has been launched; whoever gives up lets it leave.
struct Running(GridParams);

impl Running {
    fn run_to(&self, steps: u64) -> Result<Duration, String> {
        let (host, line) = (self.0.host_line, self.0.device_line);
        let begun = Instant::now();
        long(host + offset_of!(GridHostLine, target) as u64).store(steps, Ordering::Relaxed);
        word(host + offset_of!(GridHostLine, command) as u64).store(1, Ordering::Release);
        while long(line + offset_of!(GridDeviceLine, completed) as u64).load(Ordering::Acquire) != steps {
            if word(line + offset_of!(GridDeviceLine, failed) as u64).load(Ordering::Acquire) != 0 {
                let site = word(line + offset_of!(GridDeviceLine, site) as u64).load(Ordering::Relaxed);
                return Err(format!("site {site} failed"));
            }
            if begun.elapsed() > PATIENCE {
                return Err("it hangs".to_owned());
            }
        }
        Ok(begun.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        word(self.0.host_line + offset_of!(GridHostLine, leave) as u64).store(2, Ordering::Release);
    }
}

fn check(context: &Arc<CudaContext>, compiled: &CompiledGrid, expected: &Expected) {
    let domain = &expected.domain;
    let threads = domain.chip.map_or(THREADS, |chip| chip.threads.iter().product());
    let (text, shared) = domain.text(compiled);
    let built = cubin(context, &text, threads);
    let what = format!("{:?} in tiles of {:?}, {:?}", domain.extents, domain.tile, domain.sides);
    context.bind_to_thread().expect("the context");
    let module = context.load_module(Ptx::from_binary(built)).expect("the module");
    let function = module.load_function("ringkernel_grid").expect("the kernel");
    let attribute = sys::CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
    function.set_attribute(attribute, shared as i32).expect("the shared memory");
    let mut gpu = Gpu { mapped: Vec::new() };
    let p = domain::lay_out(&mut gpu, compiled, domain);
    let each =
        function.occupancy_max_active_blocks_per_multiprocessor(threads, shared as usize, None).expect("the occupancy");
    let all = context.attribute(sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT).expect("a number");
    assert!(p.count < each * all.unsigned_abs(), "{what}: {} tiles do not run at once", p.count);
    let stream = context.new_stream().expect("a stream");
    let given = Given(p);
    let mut launch = stream.launch_builder(&function);
    launch.arg(&given);
    let shape = LaunchConfig { grid_dim: (p.count + 1, 1, 1), block_dim: (threads, 1, 1), shared_mem_bytes: shared };
    // SAFETY: the parameters are what the kernel takes, and what they point to is never freed.
    unsafe { launch.launch(shape) }.expect("the launch");
    let running = Running(p);
    let time = running.run_to(expected.steps);
    let time = time.unwrap_or_else(|why| panic!("{what}: {why}"));
    println!(
        "{what} {:?}: {} tiles, {:.3} us a step",
        domain.chip,
        p.count,
        time.as_secs_f64() * 1e6 / expected.steps as f64
    );
    word(p.host_line + offset_of!(GridHostLine, leave) as u64).store(1, Ordering::Release);
    let begun = Instant::now();
    while word(p.device_line + offset_of!(GridDeviceLine, ended) as u64).load(Ordering::Acquire) == 0 {
        assert!(begun.elapsed() < PATIENCE, "{what}: it does not leave");
    }
    stream.synchronize().expect("the end");
    let rows: Vec<_> =
        (0..u64::from(p.count)).map(|tile| got(p.rows + tile * u64::from(p.row_bytes), compiled.tile_bytes)).collect();
    let cells = domain.extents.iter().product::<u32>() as usize;
    let fields = compiled.field_offsets.iter().zip(&compiled.cell_bytes).map(|(offset, bytes)| {
        let number = u32::from_le_bytes(rows[0][*offset..*offset + 4].try_into().expect("four bytes"));
        let array = got(p.arrays + u64::from(number) * size_of::<GridArray>() as u64, 8);
        got(u64::from_le_bytes(array.try_into().expect("eight bytes")), cells * bytes)
    });
    let completed = long(p.device_line + offset_of!(GridDeviceLine, completed) as u64).load(Ordering::Acquire);
    expected.compare(compiled, &fields.collect::<Vec<_>>(), &rows, completed, "this device");
}

/// The cubin for this device, by the newest NVRTC.
fn cubin(context: &CudaContext, text: &str, threads: u32) -> Vec<u8> {
    let all = nvrtc::all();
    let nvrtc = all.last().expect("it was looked for");
    let text = format!("#define RK_BLOCK_THREADS {threads}\n{text}");
    let source = Source { name: "grid.cu", text: &text, headers: templates::headers() };
    let options = Options::for_arch(device::arch(context).expect("an architecture"));
    nvrtc.compile(&source, &options).expect("the text").bytes
}

fn check_all<A: Actor>(cases: impl FnOnce() -> Vec<Expected>) {
    let context = match device::first() {
        Ok(context) => context,
        Err(reason) => skip!("{reason}"),
    };
    let compiled = compiled::<A>();
    if nvrtc::all().is_empty() {
        skip!("no NVRTC");
    }
    cases().iter().for_each(|expected| check(&context, &compiled, expected));
}

#[test]
fn a_wave() {
    check_all::<Wave>(|| {
        let all = |rule| [(rule, rule); 3];
        let mixed = [(Periodic, Periodic), (Reflect, Fixed), (Fixed, Reflect)];
        let mut cases: Vec<_> = [all(Fixed), all(Reflect), all(Periodic), mixed]
            .map(|sides| cases::wave([40, 33, 26], sides, [16, 16, 8], 100))
            .into();
        cases.push(cases::wave([64, 64, 64], all(Reflect), [16, 16, 8], 100));
        let chip = |sides| cases::wave([40, 33, 26], sides, [16, 16, 8], 100).on_chip([16, 8, 4], [1, 2, 2], 2);
        cases.extend([all(Fixed), all(Reflect), all(Periodic), mixed].map(chip));
        cases.extend([all(Fixed), mixed].map(chip).map(|case| case.in_shared(1, 2)));
        cases.push(chip(mixed).in_shared(3, 0));
        cases.push(cases::wave([64, 64, 64], all(Reflect), [32, 8, 8], 1000).on_chip([32, 8, 2], [1, 1, 4], 2));
        cases
    });
}

#[test]
fn life_which_reads_corners() {
    let life = || cases::life([200, 150], [(Periodic, Periodic); 2], [32, 25], 200);
    check_all::<Life>(|| {
        let chip = || life().on_chip([32, 13, 1], [1, 2, 1], 2);
        vec![life(), chip(), chip().in_shared(1, 1)]
    });
}

#[test]
fn heat_along_a_line_in_a_loop_around_an_update() {
    let chip = [cases::heat(5000, 300, 100).on_chip([128, 1, 1], [3, 1, 1], 2)];
    check_all::<Heat>(|| [cases::heat(5000, 300, 100), cases::heat(41, 6, 100)].into_iter().chain(chip).collect());
}

#[test]
fn a_fluid_of_several_fields() {
    let fluid = || cases::fluid([64, 48], [16, 12], 100);
    check_all::<Fluid>(|| {
        let chip = || fluid().on_chip([16, 12, 1], [1, 1, 1], 2);
        vec![fluid(), chip(), chip().in_shared(1, 0)]
    });
}

/// The wave alone, as fast as it goes.
#[test]
fn a_wave_without_a_sum() {
    check_all::<Plain>(|| {
        let all = [(Reflect, Reflect); 3];
        let small = |tile| cases::plain([64, 64, 64], all, tile, 1000);
        let middle = || cases::plain([128, 128, 128], all, [32, 32, 16], 300);
        let large = || cases::plain([160, 160, 160], all, [32, 32, 32], 200).on_chip([32, 4, 4], [1, 8, 8], 2);
        vec![
            small([32, 8, 8]).on_chip([32, 8, 2], [1, 1, 4], 2),
            small([32, 8, 8]).on_chip([32, 4, 4], [1, 2, 2], 2),
            middle().on_chip([32, 8, 2], [1, 4, 8], 2),
            middle().on_chip([32, 8, 2], [1, 4, 8], 2).in_shared(0, 0),
            middle().on_chip([32, 8, 2], [1, 4, 8], 2).in_shared(0, 4),
            middle().on_chip([32, 4, 2], [1, 8, 8], 2).in_shared(0, 0),
            middle().on_chip([32, 8, 4], [1, 4, 4], 2).in_shared(1, 0),
            large().in_shared(1, 0),
            large().in_shared(1, 8),
            large().in_shared(1, 18),
        ]
    });
}
