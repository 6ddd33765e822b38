//! An emulated device for the runtime's CUDA backend: a kernel on fibers of one thread, beside real threads of the host.
//!
//! Here nothing is deterministic, since the host is not a fiber: this is for running the backend itself without a GPU,
//! not for finding races in device code. Accesses are carried out on the process's own memory with real atomics, so that
//! mapped memory is shared with the host's threads as a device shares it: a word of 16 bytes as two halves, the one with the
//! sequence number last when storing and first when loading.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ringkernel_codegen::abi::Params;
use ringkernel_runtime::cuda::emulate::{EmulatedKernel, EmulatedRun, Emulator};

use crate::access::{Access, Kind};
use crate::kernel::{Kernel, Source};
use crate::machine::{Grid, LANES, Machine, run};
use crate::memory::{Memory, Mode};
use crate::random::Random;
use crate::strategy::Strategy;

/// Compiles kernels with g++ and runs them on fibers.
#[derive(Debug)]
pub struct Live;

struct LiveKernel {
    /// Loaded anew for each launch: a loaded library is bound to the thread that runs it.
    source: Source,
    of_grid: bool,
}

/// The kernel of a grid has parameters of its own: they lie where one of those points to that the simulator starts.
const GRID_ENTRY: &str = r#"
extern "C" void ringkernel_main(rk::Params params) { ringkernel_grid(*(const rk::GridParams*)params.host_line); }
"#;

#[derive(Default)]
struct LiveRun {
    ended: AtomicBool,
    fault: Mutex<Option<String>>,
}

impl Emulator for Live {
    fn compile(
        &self,
        text: &str,
        _: &[(&str, &str)],
        defines: &[(String, String)],
        entry: &str,
    ) -> Result<Arc<dyn EmulatedKernel>, String> {
        let threads = defines.iter().find(|(name, _)| name == "RK_BLOCK_THREADS").and_then(|(_, n)| n.parse().ok());
        let of_grid = entry == "ringkernel_grid";
        let text = if of_grid { format!("{text}{GRID_ENTRY}") } else { text.to_owned() };
        let source = Source::new(text, threads.unwrap_or(256)).map_err(|error| error.to_string())?;
        // The compiler's errors belong to the start, not to the launch.
        source.build()?;
        Ok(Arc::new(LiveKernel { source, of_grid }))
    }
}

impl EmulatedKernel for LiveKernel {
    fn launch(&self, blocks: u32, block_threads: u32, params: &[u8]) -> Arc<dyn EmulatedRun> {
        let run = Arc::new(LiveRun::default());
        let (source, out, of_grid) = (self.source.clone(), Arc::clone(&run), self.of_grid);
        let words: Vec<u64> =
            params.chunks(8).map(|eight| u64::from_le_bytes(eight.try_into().unwrap_or_default())).collect();
        let body = move || {
            let params = if of_grid {
                Params { host_line: words.as_ptr() as u64, ..Params::default() }
            } else {
                // SAFETY: the bytes are those of the kernel's parameters, which are numbers, and aligned as these are.
                unsafe { words.as_ptr().cast::<Params>().read() }
            };
            let verdict = source.build().and_then(|kernel| live(&kernel, Grid { blocks, block_threads }, params));
            *out.fault.lock().unwrap_or_else(PoisonError::into_inner) = verdict.err();
            drop(words);
            out.ended.store(true, Ordering::Release);
        };
        if let Err(error) = thread::Builder::new().name("emulated-device".to_owned()).spawn(body) {
            *run.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            run.ended.store(true, Ordering::Release);
        }
        run
    }
}

impl EmulatedRun for LiveRun {
    fn finished(&self) -> Result<bool, String> {
        if !self.ended.load(Ordering::Acquire) {
            return Ok(false);
        }
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone().map_or(Ok(true), Err)
    }
}

/// Runs a kernel to its end.
fn live(kernel: &Kernel, grid: Grid, params: Params) -> Result<(), String> {
    let mut random = Random::new(1);
    // Seed 1 is the strategy in which a warp keeps running, which is the fastest.
    let strategy = Strategy::of(1, &mut random, grid.blocks, grid.block_threads / LANES, 0);
    let memory = Memory::new(0, Mode::Live);
    let mut machine = Machine::new(memory, grid, strategy, random, 0, u64::MAX);
    machine.launch();
    run(&mut machine, Vec::new(), &|| kernel.body(&params), None);
    machine.fault.take().map_or(Ok(()), |fault| Err(fault.message))
}

/// Carries out an access on the process's own memory.
pub(crate) fn access(access: Access, address: u64, first: u128, second: u128) -> u128 {
    if access.bytes == 16 {
        // SAFETY: device code accesses memory that the backend allocated, aligned, and keeps until the kernel has ended;
        // the host touches it only through atomics.
        let half = |at: u64| unsafe { AtomicU64::from_ptr((address + at) as *mut u64) };
        if access.kind == Kind::Store {
            half(8).store((first >> 64) as u64, Ordering::Relaxed);
            half(0).store(first as u64, Ordering::Release);
            return 0;
        }
        let low = half(0).load(Ordering::Acquire);
        return u128::from(half(8).load(Ordering::Relaxed)) << 64 | u128::from(low);
    }
    macro_rules! sized {
        ($atomic:ty, $number:ty) => {{
            // SAFETY: as above.
            let place = unsafe { <$atomic>::from_ptr(address as *mut $number) };
            match access.kind {
                Kind::Load => u128::from(place.load(Ordering::Acquire)),
                Kind::Store => {
                    place.store(first as $number, Ordering::Release);
                    0
                }
                // Only device memory has atomics, and one thread runs all lanes.
                _ => {
                    let old = u128::from(place.load(Ordering::Relaxed));
                    place.store(access.result(old, first, second) as $number, Ordering::Relaxed);
                    old
                }
            }
        }};
    }
    match access.bytes {
        1 => sized!(AtomicU8, u8),
        2 => sized!(AtomicU16, u16),
        4 => sized!(AtomicU32, u32),
        _ => sized!(AtomicU64, u64),
    }
}

/// A fence of device code.
pub(crate) fn full_fence() {
    fence(Ordering::SeqCst);
}
