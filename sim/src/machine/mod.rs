//! The machine: fibers for device lanes and host threads, and the scheduler that switches between them.
//!
//! One machine runs at a time on an OS thread; device code reaches it through a thread-local pointer (`calls.rs`).
//! Every operation is a switch point: the running fiber asks who is next, and suspends if it is somebody else.
//! Nothing here depends on addresses or time, so a run is a function of its seed.

mod operations;
mod path;
mod schedule;

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, catch_unwind};

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

use self::path::Path;
use crate::access::Kind;
use crate::collective::Gathering;
use crate::memory::{By, Discipline, Memory, Mode, Space};
use crate::random::Random;
use crate::record::{ARRAY, Records};
use crate::residency::Residency;
use crate::strategy::Strategy;
use crate::trace::{Line, Operation, Trace, What};
use crate::world::REPLIES;

pub(crate) use operations::{access, block_sync, collective, fence, sleep};

/// Lanes of a warp.
pub(crate) const LANES: u32 = 32;
const STACK_BYTES: usize = 128 * 1024;

/// Why a run failed.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// The fibers whose operations matter.
    pub fibers: Vec<u32>,
    /// The place that matters, if there is one.
    pub address: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    /// At a collective or a block barrier.
    Waiting,
    Asleep,
    Exited,
}

struct Fiber {
    warp: u32,
    lane: u32,
    state: State,
    yielder: *const Yielder<(), ()>,
    /// The line of the program that has called into the templates.
    caller: Line,
}

struct Warp {
    ready: u32,
    first_fiber: u32,
    lanes: u32,
    exited: u32,
    gathering: Gathering,
    /// Of a strategy in which one lane runs at a time.
    path: Path,
    /// Its place in `Machine::awake`, if any lane is ready.
    awake_at: Option<u32>,
}

struct Block {
    arrived: u32,
    exited: u32,
    /// Shared arrays: their line in the source, their address and their bytes.
    shared: Vec<(u32, u64, u32)>,
    /// Those that are not in the arena.
    kept: Vec<Box<[u128]>>,
}

/// The shape of a launch.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Blocks.
    pub blocks: u32,
    /// Threads of a block, a multiple of 32.
    pub block_threads: u32,
}

type Body = Box<dyn FnOnce()>;
type Observer = Box<dyn FnMut(u64, u32, u64, u64) -> Result<(), String>>;

/// All state of a run but the fibers' stacks.
pub(crate) struct Machine {
    pub(crate) random: Random,
    pub(crate) step: u64,
    /// When something last came about: an event of a test actor, or what the host says.
    news: u64,
    limit: u64,
    strategy: Strategy,
    grid: Grid,
    /// None where the grid is none of our business.
    pub(crate) residency: Option<Residency>,
    device_fibers: u32,
    warps: Vec<Warp>,
    awake: Vec<u32>,
    fibers: Vec<Fiber>,
    blocks: Vec<Block>,
    sleepers: BinaryHeap<Reverse<(u64, u32)>>,
    current: u32,
    next: Option<u32>,
    launch: bool,
    running: u32,
    hosts: u32,
    pub(crate) memory: Memory,
    pub(crate) trace: Trace,
    pub(crate) fault: Option<Fault>,
    pub(crate) observer: Option<Observer>,
    /// What handlers do, if anybody wants to know.
    pub(crate) records: Option<Records>,
    /// Name of a place whose accesses are printed as they happen.
    pub(crate) watch: Option<String>,
}

thread_local! {
    static MACHINE: Cell<*mut Machine> = const { Cell::new(std::ptr::null_mut()) };
    static STACKS: Cell<Vec<DefaultStack>> = const { Cell::new(Vec::new()) };
}

/// The machine of this OS thread, for one borrow that ends before the next switch.
pub(crate) fn with<R>(f: impl FnOnce(&mut Machine) -> R) -> R {
    let machine = MACHINE.get();
    assert!(!machine.is_null(), "device code runs outside of a simulation");
    // SAFETY: the pointer is set by `run` below for as long as the machine lives, fibers of one OS thread run one at a
    // time, and no caller keeps the borrow over a switch (`suspend` is called outside of `with`).
    f(unsafe { &mut *machine })
}

impl Machine {
    pub(crate) fn new(memory: Memory, grid: Grid, strategy: Strategy, random: Random, hosts: u32, limit: u64) -> Self {
        let warps_per_block = grid.block_threads / LANES;
        let device_warps = grid.blocks * warps_per_block;
        let mut machine = Self {
            random,
            step: 0,
            news: 0,
            limit,
            strategy,
            grid,
            residency: None,
            device_fibers: device_warps * LANES,
            warps: Vec::new(),
            awake: Vec::new(),
            fibers: Vec::new(),
            blocks: Vec::new(),
            sleepers: BinaryHeap::new(),
            current: 0,
            next: None,
            launch: false,
            running: 0,
            hosts: 0,
            memory,
            trace: Trace::default(),
            fault: None,
            observer: None,
            records: None,
            watch: None,
        };
        for warp in 0..device_warps + hosts {
            let lanes = if warp < device_warps { LANES } else { 1 };
            let first_fiber = machine.fibers.len() as u32;
            machine.warps.push(Warp {
                ready: 0,
                first_fiber,
                lanes,
                exited: 0,
                gathering: Gathering::default(),
                path: Path::default(),
                awake_at: None,
            });
            for lane in 0..lanes {
                let yielder = std::ptr::null();
                machine.fibers.push(Fiber { warp, lane, state: State::Exited, yielder, caller: Line::NONE });
            }
        }
        if machine.memory.mode == Mode::Race {
            machine.memory.race.start(machine.fibers.len());
        }
        machine
    }

    pub(crate) fn current_fiber(&self) -> u32 {
        self.current
    }

    fn by(&self) -> By {
        By { fiber: self.current, host: self.current >= self.device_fibers, step: self.step }
    }

    /// Block, warp and lane, or the host's thread.
    pub(crate) fn fiber_name(&self, fiber: u32) -> String {
        if fiber >= self.device_fibers {
            return format!("host {}", fiber - self.device_fibers);
        }
        let thread = fiber % self.grid.block_threads;
        format!("block {} warp {} lane {:<2}", fiber / self.grid.block_threads, thread / LANES, thread % LANES)
    }

    pub(crate) fn fail(&mut self, message: String, fibers: Vec<u32>, address: Option<u64>) {
        if self.fault.is_none() {
            self.fault = Some(Fault { message, fibers, address });
        }
    }

    fn note(&mut self, what: What, address: u64, old: u128, new: u128, line: u32, file: *const c_char) {
        let caller = self.fibers[self.current as usize].caller;
        let operation = Operation { step: self.step, fiber: self.current, what, address, old, new, line, file, caller };
        if let (Some(records), What::Access(access)) = (&mut self.records, what)
            && let Some(region) = self.memory.region(address, access.bytes.into())
        {
            if region.name == REPLIES && access.kind == Kind::Store {
                records.stores_answer(self.current, (address - region.start).is_multiple_of(region.stride), new);
            } else if region.name == ARRAY {
                records.accesses(self.current, address, access, old as u64, new as u64);
            }
        }
        if let (Some(watch), What::Access(access)) = (&self.watch, what)
            && self.memory.name(address).starts_with(watch)
        {
            let (who, place) = (self.fiber_name(self.current), self.memory.name(address));
            println!(
                "  {:>9}  {who:<24} {:<22} {access} {place:<24} {old:#x} -> {new:#x}",
                self.step,
                operation.place()
            );
        }
        if self.strategy.one_path {
            let warp = self.fibers[self.current as usize].warp as usize;
            if let Some(waiter) = self.warps[warp].path.hear(&operation) {
                let message = "a lane waits for what another lane of its own warp does, which may run only after it";
                self.fail(message.into(), vec![waiter, self.current], Some(address));
            }
        }
        let offset = if address == 0 { 0 } else { self.memory.offset(address) };
        let (old, new) = (self.memory.relative(old), self.memory.relative(new));
        self.trace.push(operation, offset, old, new);
    }

    /// All device lanes have left the kernel.
    pub(crate) fn idle(&self) -> bool {
        self.running == 0 && !self.launch
    }

    pub(crate) fn launch(&mut self) {
        self.launch = true;
    }

    pub(crate) fn news(&mut self) {
        self.news = self.step;
    }

    pub(crate) fn place(&self, what: u32) -> u32 {
        match what {
            0 => self.current % self.grid.block_threads,
            1 => self.current / self.grid.block_threads,
            _ => self.grid.blocks,
        }
    }

    pub(crate) fn shared(&mut self, bytes: u32, line: u32) -> *mut u8 {
        let number = self.current / self.grid.block_threads;
        let block = &mut self.blocks[number as usize];
        if let Some((_, address, _)) = block.shared.iter().find(|(l, ..)| *l == line) {
            return *address as *mut u8;
        }
        let address = if self.memory.mode == Mode::Live {
            block.kept.push(vec![0u128; bytes.div_ceil(16) as usize].into_boxed_slice());
            block.kept.last_mut().map_or(0, |array| array.as_mut_ptr() as u64)
        } else {
            // A region of the arena, so that accesses by the names of memory.cuh are simulated like others.
            let name = format!("shared array of block {number}, line {line}");
            self.memory.allocate(&name, bytes.into(), 4, Space::Device, Discipline::Atomic)
        };
        block.shared.push((line, address, bytes));
        let all = block.shared.iter().map(|(.., bytes)| bytes).sum();
        self.check_residency(all);
        address as *mut u8
    }

    fn check_residency(&mut self, shared: u32) {
        if let Some(Err(message)) = self.residency.map(|r| r.check(self.grid, shared)) {
            self.fail(message, Vec::new(), None);
        }
    }

    pub(crate) fn called_from(&mut self, line: u32, file: *const c_char) {
        self.fibers[self.current as usize].caller = Line { line, file };
    }

    pub(crate) fn event(&mut self, kind: u32, a: u64, b: u64, line: u32) {
        self.note(What::Event(kind), 0, a.into(), b.into(), line, std::ptr::null());
        let step = self.step;
        self.news = step;
        let Some(mut observer) = self.observer.take() else { return };
        let verdict = observer(step, kind, a, b);
        self.observer = Some(observer);
        if let Err(message) = verdict {
            self.fail(message, vec![self.current], None);
        }
    }

    fn exited(&mut self, fiber: u32) {
        self.park(fiber, State::Exited);
        if fiber >= self.device_fibers {
            self.hosts -= 1;
            return;
        }
        self.running -= 1;
        if self.running == 0 {
            // The end of a kernel makes all that it stored visible to whoever learns of it.
            let all: Vec<u32> = (0..self.fibers.len() as u32).collect();
            self.memory.synchronise(&all, self.step);
        }
        let lane = self.fibers[fiber as usize].lane;
        let warp = &mut self.warps[self.fibers[fiber as usize].warp as usize];
        warp.exited |= 1 << lane;
        if warp.gathering.arrived() != 0 {
            self.fail("a lane leaves the kernel while lanes of its warp wait for it".into(), vec![fiber], None);
        }
        let block = fiber / self.grid.block_threads;
        self.blocks[block as usize].exited += 1;
        self.open_barrier(block);
    }

    fn open_barrier(&mut self, block: u32) {
        let entry = &mut self.blocks[block as usize];
        if entry.arrived == 0 || entry.arrived + entry.exited < self.grid.block_threads {
            return;
        }
        entry.arrived = 0;
        let first = block * self.grid.block_threads;
        let here: Vec<u32> = (first..first + self.grid.block_threads)
            .filter(|f| self.fibers[*f as usize].state == State::Waiting)
            .collect();
        self.memory.synchronise(&here, self.step);
        for fiber in here {
            self.wake(fiber);
        }
    }
}

fn spawn(body: Body, fiber: u32) -> Coroutine<(), (), (), DefaultStack> {
    let stack = STACKS.with(|stacks| {
        let mut pool = stacks.take();
        let stack = pool.pop();
        stacks.set(pool);
        stack
    });
    let stack = stack.or_else(|| DefaultStack::new(STACK_BYTES).ok());
    let Some(stack) = stack else { panic!("no memory for the stacks of {fiber} fibers") };
    Coroutine::with_stack(stack, move |yielder: &Yielder<(), ()>, ()| {
        with(|m| m.fibers[fiber as usize].yielder = yielder);
        body();
    })
}

/// A host thread whose panic is a fault of the run, so that its assertions are reported with the seed.
fn guarded(host: Body) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(host)) else { return };
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default();
    with(|m| m.fail(format!("a host thread panics: {text}"), vec![m.current], None));
}

fn recycle(mut fiber: Coroutine<(), (), (), DefaultStack>) {
    if !fiber.done() {
        // SAFETY: what lies on the stack is leaked: device code owns nothing, host code a few small buffers.
        unsafe { fiber.force_reset() };
    }
    let stack = fiber.into_stack();
    STACKS.with(|stacks| {
        let mut pool = stacks.take();
        pool.push(stack);
        stacks.set(pool);
    });
}

/// Runs host threads and whatever they launch until all have ended or a fault was found.
pub(crate) fn run(
    machine: &mut Machine,
    hosts: Vec<Body>,
    kernel: &dyn Fn() -> Body,
    explain: Option<&dyn Fn() -> String>,
) -> String {
    MACHINE.set(machine);
    let device = with(|m| {
        m.hosts = hosts.len() as u32;
        m.device_fibers
    });
    let mut stacks: Vec<Option<Coroutine<(), (), (), DefaultStack>>> = (0..device).map(|_| None).collect();
    for (i, host) in hosts.into_iter().enumerate() {
        let fiber = device + i as u32;
        stacks.push(Some(spawn(Box::new(move || guarded(host)), fiber)));
        with(|m| m.wake(fiber));
    }
    loop {
        if with(|m| m.fault.is_some()) {
            break;
        }
        if with(|m| std::mem::take(&mut m.launch)) {
            for fiber in 0..device {
                if let Some(old) = stacks[fiber as usize].replace(spawn(kernel(), fiber)) {
                    recycle(old);
                }
            }
            with(Machine::start_lanes);
        }
        let next = with(|m| m.next.take().or_else(|| m.pick()));
        let Some(fiber) = next else {
            with(|m| {
                if m.hosts != 0 || m.running != 0 {
                    let fibers: Vec<u32> =
                        (0..m.fibers.len() as u32).filter(|f| m.fibers[*f as usize].state == State::Waiting).collect();
                    m.fail("every fiber waits for another".into(), fibers.into_iter().take(4).collect(), None);
                }
            });
            break;
        };
        with(|m| m.current = fiber);
        let Some(stack) = &mut stacks[fiber as usize] else { break };
        if let CoroutineResult::Return(()) = stack.resume(()) {
            with(|m| m.exited(fiber));
        }
    }
    let notes = if with(|m| m.fault.is_some()) { explain.map_or_else(String::new, |f| f()) } else { String::new() };
    MACHINE.set(std::ptr::null_mut());
    stacks.into_iter().flatten().for_each(recycle);
    notes
}

impl Machine {
    fn start_lanes(&mut self) {
        self.check_residency(0);
        self.running = self.device_fibers;
        self.blocks = (0..self.grid.blocks)
            .map(|_| Block { arrived: 0, exited: 0, shared: Vec::new(), kept: Vec::new() })
            .collect();
        let all: Vec<u32> = (0..self.fibers.len() as u32).collect();
        self.memory.synchronise(&all, self.step);
        for fiber in 0..self.device_fibers {
            let warp = self.fibers[fiber as usize].warp;
            self.warps[warp as usize].exited = 0;
            self.wake(fiber);
        }
        debug_assert!(self.warps.iter().all(|w| w.lanes <= LANES));
    }
}
