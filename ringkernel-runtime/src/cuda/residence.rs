//! The kernel's residence: launching it, seeing that it lives, making it leave.
//!
//! Owns the kernel, its stream, its memory and its parameters. The launch happens on a thread of its own, since an
//! environment that serialises launches makes the call itself wait for a kernel that does not end. Memory is given back
//! only after the kernel has ended; if it cannot be made to end, the memory is kept for good, not pulled from under it.

use std::ffi::c_int;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use ringkernel_codegen::abi::Params;

use super::driver::{DeviceMemory, DriverError, Kernel, Stream};
use super::footprint::BLOCK_THREADS;
use super::host::Command;
use super::mapped::{Lines, Mapped};
use crate::lang::shared::SharedData;

/// How long a launched kernel may take to show that all its blocks run.
const LIFE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a kernel may take to leave before it is killed, and then to die.
const KILL_PATIENCE: Duration = Duration::from_secs(2);

/// Kernels that run, so that an exiting process leaves none behind.
static RUNNING: Mutex<Vec<Weak<Lines>>> = Mutex::new(Vec::new());

unsafe extern "C" {
    safe fn atexit(callback: extern "C" fn()) -> c_int;
}

/// Tells every kernel that still runs to die: a `System` was leaked, or the process exits beside one. The driver tears the
/// context down next, and a kernel that ends by itself lets it.
extern "C" fn kill_all() {
    if let Ok(running) = RUNNING.try_lock() {
        for lines in running.iter().filter_map(Weak::upgrade) {
            lines.command(Command::Kill);
        }
    }
}

/// Notes a kernel for [`kill_all`].
fn kill_at_exit(lines: &Arc<Lines>) {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        if atexit(kill_all) != 0 {
            tracing::warn!("a kernel that still runs when the process exits is left to the driver");
        }
    });
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|lines| lines.strong_count() != 0);
    running.push(Arc::downgrade(lines));
}

/// Everything whose lifetime the kernel's bounds.
pub(super) struct Residence {
    inner: ManuallyDrop<Arc<Inner>>,
    pub(super) lines: Arc<Lines>,
    grid: u32,
    /// Set while a launch is under way: the stream is not asked before it is done.
    launching: Arc<AtomicBool>,
    failed: Arc<Mutex<Option<DriverError>>>,
}

struct Inner {
    kernel: Kernel,
    params: Params,
    run_flag: DeviceMemory,
    /// Dropped after the kernel, in this order.
    memory: Vec<DeviceMemory>,
    /// What actors write, and which of `memory` it is in.
    written: Vec<(Arc<dyn SharedData>, usize)>,
    /// All mapped memory that the parameters point to; the host's queues share it.
    _mapped: Vec<Mapped>,
    stream: Stream,
}

/// Why a kernel does not run.
#[derive(Debug)]
pub(super) enum NoLife {
    /// The driver refused.
    Driver(DriverError),
    /// Only some blocks started.
    Blocks { started: u32, of: u32 },
}

impl Residence {
    pub(super) fn new(
        kernel: Kernel,
        stream: Stream,
        params: Params,
        run_flag: DeviceMemory,
        (memory, mapped): (Vec<DeviceMemory>, Vec<Mapped>),
        written: Vec<(Arc<dyn SharedData>, usize)>,
        lines: Arc<Lines>,
        grid: u32,
    ) -> Self {
        kill_at_exit(&lines);
        let inner = Inner { kernel, params, run_flag, memory, written, _mapped: mapped, stream };
        Self {
            inner: ManuallyDrop::new(Arc::new(inner)),
            lines,
            grid,
            launching: Arc::default(),
            failed: Arc::default(),
        }
    }

    /// Launches the kernel and waits until every block has shown that it runs.
    pub(super) fn enter(&self) -> Result<(), NoLife> {
        // The flag and the count of blocks; what the control warp saved for itself lies behind them.
        self.inner.run_flag.write(&self.inner.stream, 0, &[0; 256]).map_err(NoLife::Driver)?;
        self.lines.forget_life();
        self.launching.store(true, Ordering::Release);
        let (inner, launching, failed) =
            (Arc::clone(&self.inner), Arc::clone(&self.launching), Arc::clone(&self.failed));
        let grid = self.grid;
        let launch = move || {
            if let Err(error) = inner.kernel.launch(&inner.stream, grid, BLOCK_THREADS, &inner.params) {
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
            launching.store(false, Ordering::Release);
        };
        if thread::Builder::new().name("ringkernel-launch".to_owned()).spawn(launch).is_err() {
            self.launching.store(false, Ordering::Release);
            return Err(NoLife::Blocks { started: 0, of: grid });
        }
        let start = Instant::now();
        loop {
            let started = self.lines.blocks_alive();
            if started >= grid {
                return Ok(());
            }
            if let Some(error) = self.error() {
                return Err(NoLife::Driver(error));
            }
            if start.elapsed() > LIFE_PATIENCE {
                return Err(NoLife::Blocks { started, of: grid });
            }
            thread::sleep(Duration::from_micros(50));
        }
    }

    /// What went wrong with the launch or with the running kernel.
    fn error(&self) -> Option<DriverError> {
        if let Some(error) = self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Some(error);
        }
        if self.launching.load(Ordering::Acquire) {
            return None;
        }
        self.inner.stream.finished().err()
    }

    /// Whether the kernel has ended; an error if it ended badly.
    pub(super) fn ended(&self) -> Result<bool, DriverError> {
        if let Some(error) = self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Err(error);
        }
        if self.launching.load(Ordering::Acquire) {
            return Ok(false);
        }
        self.inner.stream.finished()
    }

    /// Brings back what actors wrote. Only after the end.
    pub(super) fn read_back(&self) -> Result<(), DriverError> {
        for (data, at) in &self.inner.written {
            let mut bytes = vec![0; data.size()];
            if let Some(memory) = self.inner.memory.get(*at) {
                memory.read(&self.inner.stream, 0, &mut bytes)?;
                data.write_back(&bytes);
            }
        }
        Ok(())
    }

    /// Waits for the end, for a limited time.
    pub(super) fn wait_ended(&self, timeout: Duration) -> Result<bool, DriverError> {
        let start = Instant::now();
        loop {
            if self.ended()? {
                return Ok(true);
            }
            if start.elapsed() >= timeout {
                return Ok(false);
            }
            thread::sleep(Duration::from_micros(20));
        }
    }
}

impl Drop for Residence {
    fn drop(&mut self) {
        let ended = self.ended().unwrap_or(true) || {
            self.lines.command(Command::Kill);
            self.wait_ended(KILL_PATIENCE).unwrap_or(true)
        };
        if ended {
            // SAFETY: dropped once, here, and not used afterwards.
            unsafe { ManuallyDrop::drop(&mut self.inner) };
        } else {
            tracing::error!("a kernel does not end; the memory it uses is not given back until the process exits");
            std::mem::forget(Arc::clone(&self.lines));
        }
    }
}
