//! The kernel's residence: launching it, seeing that it lives, making it leave.
//!
//! Owns the kernel, its stream, its memory and its parameters. The launch happens on a thread of its own, since an
//! environment that serialises launches makes the call itself wait for a kernel that does not end; that thread sleeps until
//! the end. So nobody who looks after messages calls the driver, whose lock another library may hold while it waits
//! for this very kernel. Memory is given back only after the kernel has ended; if it cannot be made to end, the memory is
//! kept for good, not pulled from under it.

use std::ffi::c_int;
use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::driver::{Device, DeviceMemory, DriverError, Kernel, Shape, Stream};
use super::emulate::patience;
use super::host::Command;
use super::mapped::{Lines, Mapped};
use super::roster::{Alone, Claim, Presence};
use crate::lang::shared::SharedData;
use ringkernel_codegen::abi::Params;

/// How a kernel is led from the host, whatever it runs.
pub(super) trait Reins: Send + Sync {
    /// It comes to the end of what runs, and exits.
    fn leave(&self);
    /// It exits as soon as it can, since nobody looks after it any more.
    fn abandon(&self);
    /// Before a launch: nothing of it runs yet, and it is to stay.
    fn forget_life(&self);
    /// Blocks that have started, of so many.
    fn started(&self, of: u32) -> u32;
}

impl Reins for Lines {
    fn leave(&self) {
        self.command(Command::Leave);
    }

    fn abandon(&self) {
        self.kill_for_good();
    }

    fn forget_life(&self) {
        Self::forget_life(self);
    }

    fn started(&self, _: u32) -> u32 {
        self.blocks_alive()
    }
}

/// The parameters of a kernel.
pub(super) trait Parameters: Copy + Send + Sync + 'static {
    /// Where the table of the data is that its code reaches by number.
    fn set_shared(&mut self, table: u64);
}

impl Parameters for Params {
    fn set_shared(&mut self, table: u64) {
        self.shared = table;
    }
}

/// How long a launched kernel may take to show that all its blocks run.
const LIFE_PATIENCE: Duration = Duration::from_secs(5);
/// How long a kernel may take to leave before it is killed, and then to die.
const KILL_PATIENCE: Duration = Duration::from_secs(2);

/// Kernels that run, so that an exiting process leaves none behind.
static RUNNING: Mutex<Vec<Weak<dyn Reins>>> = Mutex::new(Vec::new());

unsafe extern "C" {
    safe fn atexit(callback: extern "C" fn()) -> c_int;
}

/// Tells every kernel that still runs to die: a `System` was leaked, or the process exits beside one. The driver tears the
/// context down next, and a kernel that ends by itself lets it.
extern "C" fn kill_all() {
    if let Ok(running) = RUNNING.try_lock() {
        for lines in running.iter().filter_map(Weak::upgrade) {
            lines.abandon();
        }
    }
}

/// Notes a kernel for [`kill_all`].
fn kill_at_exit(lines: Weak<dyn Reins>) {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        if atexit(kill_all) != 0 {
            tracing::warn!(target: "ringkernel", "a kernel that still runs when the process exits is left to the driver");
        }
    });
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    running.retain(|lines| lines.strong_count() != 0);
    running.push(lines);
}

/// What a kernel needs to be launched, and to stay.
pub(super) struct Launch<P> {
    pub(super) kernel: Arc<Kernel>,
    pub(super) stream: Arc<Stream>,
    pub(super) shape: Shape,
    pub(super) params: P,
    /// What the parameters point to.
    pub(super) memory: Arc<DeviceMemory>,
    /// What no launch leaves to the next one.
    pub(super) fresh: Fresh,
}

/// Device memory that is filled before each launch: with zeros, but in a rehearsal.
#[derive(Clone, Copy)]
pub(super) struct Fresh {
    pub(super) address: u64,
    pub(super) bytes: usize,
    pub(super) in_rehearsal: u8,
}

impl<P: Parameters> Launch<P> {
    /// Launches the kernel on a thread that sleeps until it has ended, and has it noted as present as long.
    fn begin(&self, shape: Shape, fill: u8, presence: Presence) -> Result<Arc<Stay>, NoLife> {
        let stay = Arc::new(Stay::default());
        let (kernel, stream, params) = (Arc::clone(&self.kernel), Arc::clone(&self.stream), self.params);
        let memory = Arc::clone(&self.memory);
        let Fresh { address, bytes, .. } = self.fresh;
        let of_thread = Arc::clone(&stay);
        let body = move || {
            let result = memory
                .fill(&stream, address, bytes, fill)
                .and_then(|()| kernel.launch(&stream, shape, &params))
                .and_then(|()| stream.wait());
            // Whoever learns of the end holds the last of these: nobody waits for this thread, and it must not be calling the
            // driver when the process exits.
            drop((kernel, stream, memory, presence));
            of_thread.end(result);
        };
        match thread::Builder::new().name("ringkernel-launch".to_owned()).spawn(body) {
            Ok(_) => Ok(stay),
            Err(error) => Err(NoLife::Thread(error.to_string())),
        }
    }
}

/// One stay of a kernel on the device.
#[derive(Default)]
struct Stay {
    ended: AtomicBool,
    result: Mutex<Option<Result<(), DriverError>>>,
    seen: Condvar,
}

impl Stay {
    fn end(&self, result: Result<(), DriverError>) {
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        self.ended.store(true, Ordering::Release);
        self.seen.notify_all();
    }

    /// Whether it is over; an error if it ended badly.
    fn ended(&self) -> Result<bool, DriverError> {
        // Asked in a loop beside the messages, so without the lock.
        if !self.ended.load(Ordering::Acquire) {
            return Ok(false);
        }
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        result.clone().map_or(Ok(false), |result| result.map(|()| true))
    }

    fn wait(&self, timeout: Duration) -> Result<bool, DriverError> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.seen.wait_timeout_while(result, timeout, |result| result.is_none());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        self.ended()
    }
}

/// Everything whose lifetime the kernel's bounds.
pub(super) struct Residence<P, L: Reins = Lines> {
    pub(super) inner: ManuallyDrop<Inner<P>>,
    pub(super) lines: Arc<L>,
    stay: Mutex<Option<Arc<Stay>>>,
}

/// What the kernel uses. All of it is given back after the kernel has ended.
pub(super) struct Inner<P> {
    pub(super) name: Arc<str>,
    pub(super) device: Arc<Device>,
    pub(super) launch: Launch<P>,
    /// The rest of what the parameters point to, beside the device; the host's queues share it.
    pub(super) mapped: Mapped,
    /// What the states refer to.
    pub(super) shared: Option<DeviceMemory>,
    /// What of that actors write, and where it lies.
    pub(super) written: Vec<(Arc<dyn SharedData>, u64)>,
    /// The room on the device's multiprocessors.
    pub(super) _claim: Claim,
}

/// Why a kernel does not run.
#[derive(Debug)]
pub(super) enum NoLife {
    /// The driver refused.
    Driver(DriverError),
    /// The operating system gave no thread.
    Thread(String),
    /// Only some blocks started.
    Blocks { started: u32, of: u32 },
}

impl fmt::Display for NoLife {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let patience = patience(LIFE_PATIENCE);
        match self {
            Self::Driver(error) => error.fmt(f),
            Self::Thread(error) => write!(f, "no thread could be started for the launch: {error}"),
            Self::Blocks { started: 0, .. } => write!(
                f,
                "it did not start within {patience:?}: another kernel occupies the device, or launches are serialised \
                 (CUDA_LAUNCH_BLOCKING, a profiler, a debugger)"
            ),
            Self::Blocks { started, of } => write!(
                f,
                "only {started} of {of} blocks started within {patience:?}: another persistent kernel occupies part of the \
                 device; stop it, or give this system fewer actors or a part of the device with `.multiprocessors(..)`"
            ),
        }
    }
}

impl<P: Parameters, L: Reins + 'static> Residence<P, L> {
    pub(super) fn new(inner: Inner<P>, lines: Arc<L>) -> Self {
        let running: Weak<L> = Arc::downgrade(&lines);
        kill_at_exit(running);
        Self { inner: ManuallyDrop::new(inner), lines, stay: Mutex::default() }
    }

    /// Launches one block that has been told to leave before it began. What the driver does at a first launch, loading
    /// code and making room for stack frames, is done then.
    pub(super) fn rehearse(&self, alone: &Alone) -> Result<(), NoLife> {
        let Inner { name, launch, .. } = &*self.inner;
        self.lines.leave();
        let shape = Shape { grid: 1, ..launch.shape };
        let stay = launch.begin(shape, launch.fresh.in_rehearsal, alone.enter(name))?;
        self.note(&stay);
        if stay.wait(patience(LIFE_PATIENCE)).map_err(NoLife::Driver)? {
            Ok(())
        } else {
            Err(NoLife::Blocks { started: 0, of: 1 })
        }
    }

    /// Whether the kernel should leave for a moment, since another system starts.
    pub(super) fn wanted_away(&self) -> bool {
        self.inner.device.roster().wants_them_to_leave()
    }

    /// Launches the kernel, once nobody wants the device for himself, and waits until every block has shown that it runs.
    /// Does nothing if `give_up` says so first.
    pub(super) fn enter(&self, give_up: impl Fn() -> bool) -> Result<(), NoLife> {
        let Inner { name, device, launch, .. } = &*self.inner;
        let Some(presence) = device.roster().enter(name, give_up) else { return Ok(()) };
        self.lines.forget_life();
        let grid = launch.shape.grid;
        let stay = launch.begin(launch.shape, 0, presence)?;
        self.note(&stay);
        let start = Instant::now();
        loop {
            let started = self.lines.started(grid);
            if started >= grid {
                return Ok(());
            }
            if stay.ended().map_err(NoLife::Driver)? || start.elapsed() > patience(LIFE_PATIENCE) {
                return Err(NoLife::Blocks { started, of: grid });
            }
            thread::sleep(Duration::from_micros(50));
        }
    }

    fn note(&self, stay: &Arc<Stay>) {
        *self.stay.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(stay));
    }

    fn stay(&self) -> Option<Arc<Stay>> {
        self.stay.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the kernel has ended; an error if it ended badly.
    pub(super) fn ended(&self) -> Result<bool, DriverError> {
        self.stay().map_or(Ok(true), |stay| stay.ended())
    }

    /// Brings back what actors wrote. Only after the end.
    pub(super) fn read_back(&self) -> Result<(), DriverError> {
        for (data, at) in &self.inner.written {
            let mut bytes = vec![0; data.size()];
            if let Some(memory) = &self.inner.shared {
                memory.read(&self.inner.launch.stream, *at, &mut bytes)?;
                data.write_back(&bytes);
            }
        }
        Ok(())
    }
}

impl<P, L: Reins> Drop for Residence<P, L> {
    fn drop(&mut self) {
        let stay = self.stay.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ended = stay.is_none_or(|stay| {
            stay.ended().unwrap_or(true) || {
                self.lines.abandon();
                stay.wait(patience(KILL_PATIENCE)).unwrap_or(true)
            }
        });
        if ended {
            // SAFETY: dropped once, here, and not used afterwards.
            unsafe { ManuallyDrop::drop(&mut self.inner) };
        } else {
            tracing::error!(
                target: "ringkernel",
                system = &*self.inner.name,
                "a kernel does not end; the memory it uses is not given back until the process exits"
            );
            std::mem::forget(Arc::clone(&self.lines));
        }
    }
}
