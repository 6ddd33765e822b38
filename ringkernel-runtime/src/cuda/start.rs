//! Starting a system on a GPU: device, compiler, memory, launch.
//!
//! Everything that can be checked is checked before anything is allocated. What a driver may make wait for kernels that
//! are there is done while this start is alone on the device: loading, allocating, a first launch. A user's closures run
//! outside of that, since they may wait for another system. An error before anything is loaded says that CUDA is not
//! available, and the caller may turn to the CPU; after that it is final.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use ringkernel_codegen::abi::{self, MAX_TYPES, Params};
use ringkernel_codegen::desc::TypeDesc;
use ringkernel_codegen::{Compiled, Diagnostic, Program, compile, layout, reach};

use super::areas::{Cut, place};
use super::driver::{Blocks, Device, Kernel, Shape};
use super::emulate;
use super::engine::{CudaEngine, Members, Shared};
use super::fill;
use super::footprint::{self, BLOCK_THREADS, Footprint, OUTBOX_SLOTS, REPLY_CELL_BITS, RINGS, TypeSize};
use super::host::{Outbox, Replies, Ring};
use super::inboxes::Inboxes;
use super::mapped::{Lines, Mapped};
use super::nvrtc::{Arch, Cubin, Jit, Options, Source};
use super::pump::{Bell, Pump};
use super::questions::Questions;
use super::ready::{self, Phases, no_life};
use super::reports::{self, DEAD_LETTER_BYTES, FAILURE_BYTES, MAX_HOST_TAGS};
use super::residence::{Fresh, Inner, Launch, Residence};
use super::uploaded::Uploaded;
use crate::backend::{BackendKind, Description, Plan};
use crate::error::StartError;

/// Blocks per multiprocessor that the kernel is compiled for, best first. Three would leave 80 registers to a thread, which
/// spill, and were no faster on an H200.
const BLOCKS_PER_MULTIPROCESSOR: [u32; 2] = [2, 1];
/// The idle sleep of a worker, at most.
const IDLE_SLEEP_NS: u32 = 500;
/// The kernel.
const ENTRY: &str = "ringkernel_main";
/// Multiprocessors of an emulated device that a system takes, unless it is told: each block costs a start much time there.
const EMULATED_MULTIPROCESSORS: u32 = 2;

/// Starts a system on a GPU. Any error but [`StartError::CudaUnavailable`] is final; with that one, no closure of the
/// plan has been called.
pub(crate) fn start(plan: &mut Plan) -> Result<CudaEngine, StartError> {
    let mut phases = Phases::new("open the device");
    let device = ready::open()?;
    if device.is_emulated() {
        return start_emulated(plan, &device, phases);
    }
    phases.begin("find NVRTC");
    let jit = ready::compiler(&device)?;

    phases.begin("emit the actors' text");
    let compiled = compile_actors(plan)?;
    phases.begin("compile it, or find it compiled");
    let cubin = cubin(&device, &jit, &compiled)?;
    let load = || Ok(Kernel::load(&device, &cubin.bytes, ENTRY)?);
    run(plan, &device, compiled, load, phases)
}

/// The same without NVRTC.
fn start_emulated(plan: &mut Plan, device: &Arc<Device>, phases: Phases) -> Result<CudaEngine, StartError> {
    let Some(emulator) = emulate::installed() else { return Err(StartError::CudaUnavailable(String::new())) };
    let compiled = compile_actors(plan)?;
    let defines = [("RK_BLOCK_THREADS".to_owned(), BLOCK_THREADS.to_string())];
    let kernel = emulator.compile(&compiled.text, compiled.headers, &defines, ENTRY).map_err(StartError::Compile)?;
    run(plan, device, compiled, || Ok(Kernel::emulated(device, kernel)), phases)
}

/// From a compiled kernel to a running one; `load` loads it.
fn run(
    plan: &mut Plan,
    device: &Arc<Device>,
    compiled: Compiled,
    load: impl FnOnce() -> Result<Kernel, StartError>,
    mut phases: Phases,
) -> Result<CudaEngine, StartError> {
    phases.begin("wait until other systems have left the device");
    let alone = ready::alone(device)?;
    phases.begin("load the kernel");
    let kernel = load()?;
    phases.begin("allocate");
    let footprint = footprint(plan, &compiled, blocks(plan, device, &kernel)?);
    let mut residence = settle(plan, device, kernel, &footprint)?;
    phases.begin("rehearse the launch");
    residence.rehearse(&alone).map_err(|error| no_life(&error, device))?;
    drop(alone);

    phases.begin("make the actors");
    fill::actors(&mut plan.groups, &residence.inner)?;
    let uploaded = fill::shared(&mut residence.inner, || ready::alone(device))?;

    phases.begin("launch, and wait for signs of life");
    residence.enter(|| false).map_err(|error| no_life(&error, device))?;
    phases.begin("start the thread beside it");
    let engine = engine(plan, residence, compiled, &footprint, uploaded)?;
    phases.end();
    Ok(engine)
}

/// The system in words: its actors.
fn name(plan: &Plan) -> Arc<str> {
    let of = plan.groups.iter().map(|group| format!("{} {}", group.count(), group.name()));
    Arc::from(of.collect::<Vec<_>>().join(" and "))
}

/// How many blocks the system can have.
fn blocks(plan: &Plan, device: &Device, kernel: &Kernel) -> Result<u32, StartError> {
    let each = kernel.blocks_per_multiprocessor(BLOCK_THREADS, 0)?;
    let usual = if device.is_emulated() { EMULATED_MULTIPROCESSORS } else { u32::MAX };
    let most = plan.options.multiprocessors.unwrap_or(usual).saturating_mul(each).max(2);
    let room = device.roster().room(each);
    if room < 2 {
        return Err(StartError::DeviceFull { device: device.info().name.clone(), taken: device.roster().tenants() });
    }
    Ok(room.min(most))
}

/// Takes room and memory for the system, so that only their contents are missing.
fn settle(
    plan: &Plan,
    device: &Arc<Device>,
    kernel: Kernel,
    footprint: &Footprint,
) -> Result<Residence<Params>, StartError> {
    let each = kernel.blocks_per_multiprocessor(BLOCK_THREADS, 0)?;
    let first_slots: Vec<u32> = plan.groups.iter().map(|group| group.first_slot()).collect();
    let (mut on_device, mut beside) = (Cut::from(0), Cut::from(0));
    place(footprint, &first_slots, &mut on_device, &mut beside);
    let what = "actors, mailboxes and spare cells on the device";
    let (stream, memory, mapped) = ready::take(device, what, on_device.bytes(), beside.bytes())?;
    let mut params =
        place(footprint, &first_slots, &mut Cut::from(memory.address()), &mut Cut::from(mapped.device_address()));
    params.idle_sleep_ns = IDLE_SLEEP_NS;
    let name = name(plan);
    tracing::debug!(
        target: "ringkernel",
        blocks = footprint.grid,
        device_bytes = on_device.bytes(),
        mapped_bytes = beside.bytes(),
        "memory of the system of {name}"
    );
    let lines = Arc::new(Lines::new(mapped.from(params.host_line), mapped.from(params.device_line)));
    let inner = Inner {
        device: Arc::clone(device),
        _claim: device.roster().claim(&name, footprint.grid, each),
        name,
        launch: Launch {
            kernel: Arc::new(kernel),
            stream: Arc::new(stream),
            shape: Shape { grid: footprint.grid, threads: BLOCK_THREADS, shared_bytes: 0, blocks: Blocks::AsTheyCome },
            params,
            memory: Arc::new(memory),
            // The flag and the count of blocks; what control and the forwarding warp saved for themselves lies behind them.
            fresh: Fresh { address: params.run_flag, bytes: 256, in_rehearsal: 0 },
        },
        mapped,
        shared: None,
        written: Vec::new(),
    };
    Ok(Residence::new(inner, lines))
}

/// What callers use, and the thread beside the kernel.
fn engine(
    plan: &Plan,
    residence: Residence<Params>,
    compiled: Compiled,
    footprint: &Footprint,
    uploaded: Vec<u32>,
) -> Result<CudaEngine, StartError> {
    let Inner { device, mapped, launch, .. } = &*residence.inner;
    let (params, info) = (&launch.params, device.info());
    if info.watchdog {
        tracing::info!(
            target: "ringkernel",
            device = info.name,
            "the device drives a display: the kernel leaves it for a moment twice a second"
        );
    }
    let messages: Vec<_> =
        compiled.host_messages.iter().map(|message| (message.path, layout::size_of(message.ty))).collect();
    let reply_words = footprint.reply_bytes as usize / 16;
    let members = plan.groups.iter().map(|group| Members {
        name: group.name(),
        first_slot: group.first_slot(),
        count: group.count(),
        handlers: group.desc().handlers,
    });
    let shared = Arc::new(Shared {
        description: Description { kind: BackendKind::Cuda, device: info.name.clone() },
        rings: rings(mapped, &params.ingress, footprint.ring_words as usize),
        questions: Questions::new(Replies::new(mapped.from(params.replies), reply_words, REPLY_CELL_BITS)),
        lines: Arc::clone(&residence.lines),
        inboxes: Inboxes::new(&messages, plan.options.inbox_depth as usize),
        members: members.collect(),
        uploaded: Uploaded::new(uploaded, messages_of(plan)),
        trace_sizes: compiled.traces.iter().map(reports::trace_bytes).collect(),
        sites: compiled.sites,
        traces: compiled.traces,
        host_sizes: messages.iter().map(|(_, size)| *size).collect(),
        bell: Bell::default(),
        stopping: false.into(),
        ended: false.into(),
        end: Mutex::default(),
        end_seen: Condvar::new(),
        stalled: Mutex::default(),
        failures: Mutex::default(),
        failures_noted: 0.into(),
        dead_letters: Mutex::default(),
        dead_letter_logged: false.into(),
    });
    let outbox = Outbox::new(mapped.from(params.outbox), footprint.host_slot_bytes as usize / 16, OUTBOX_SLOTS);
    let watchdog = info.watchdog;
    let pump = Pump { outbox, residence, watchdog, full: false };
    let for_pump = Arc::clone(&shared);
    let pump = thread::Builder::new()
        .name("ringkernel-pump".to_owned())
        .spawn(move || pump.run(&for_pump))
        .map_err(|error| StartError::Threads(error.to_string()))?;
    Ok(CudaEngine { shared, pump: Some(pump) })
}

fn rings(mapped: &Mapped, ingress: &abi::Ingress, slot_words: usize) -> [Ring<Mapped>; RINGS as usize] {
    let capacity = ingress.mask + 1;
    let (slots, taken) = (mapped.from(ingress.slots), mapped.from(ingress.taken));
    std::array::from_fn(|i| {
        let first = i * capacity as usize * slot_words;
        Ring::new(slots.clone(), first, taken.clone(), i * 8, slot_words, capacity)
    })
}

/// The host's undelivered messages, if the builder was not told.
const HOST_WINDOW: u32 = 1 << 16;

fn compile_actors(plan: &Plan) -> Result<Compiled, StartError> {
    // Types that the builder was not given can still be named: what is sent to them is a dead letter.
    let listed = |errors: Vec<Diagnostic>| {
        StartError::Compile(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    };
    let actors = reach(plan.groups.iter().map(|group| group.desc()).collect()).map_err(listed)?;
    if actors.len() > MAX_TYPES {
        return Err(StartError::BadOption {
            option: "actors",
            value: actors.len() as u64,
            allowed: "a system on a GPU can have 16 types of actors, those that handlers name included",
        });
    }
    let program =
        Program { actors, overflow_checks: cfg!(debug_assertions), options: ringkernel_codegen::Options::default() };
    let compiled = compile(&program).map_err(listed)?;
    if compiled.host_messages.len() > MAX_HOST_TAGS {
        return Err(StartError::Compile(format!(
            "actors tell the host {} types of messages; there can be {MAX_HOST_TAGS}: put some of them into an enum",
            compiled.host_messages.len()
        )));
    }
    Ok(compiled)
}

/// Compiles the kernel for as many warps as its registers allow without spilling.
fn cubin(device: &Device, jit: &Jit, compiled: &Compiled) -> Result<Cubin, StartError> {
    let (major, minor) = device.info().capability;
    let source = Source { name: "ringkernel.cu", text: &compiled.text, headers: compiled.headers };
    for (i, blocks) in BLOCKS_PER_MULTIPROCESSOR.iter().enumerate() {
        let options = Options::for_arch(Arch::new(major, minor))
            .define("RK_BLOCK_THREADS", BLOCK_THREADS)
            .define("RK_MIN_BLOCKS", blocks);
        let cubin = jit.compile(&source, &options, abi::ABI).map_err(|error| StartError::Compile(error.to_string()))?;
        let spills = cubin.resources().iter().any(|used| used.spill_stores > 0);
        if !spills || i + 1 == BLOCKS_PER_MULTIPROCESSOR.len() {
            return Ok(cubin);
        }
    }
    unreachable!("the loop returns at its last round")
}

fn footprint(plan: &Plan, compiled: &Compiled, blocks: u32) -> Footprint {
    let counts = plan.groups.iter().map(|group| group.count()).chain(std::iter::repeat(0));
    let sizes: Vec<TypeSize> = compiled
        .actors
        .iter()
        .zip(counts)
        .map(|(actor, count)| TypeSize { count, state_bytes: actor.state_size, slot_bytes: actor.slot_bytes })
        .collect();
    let replies = plan.groups.iter().flat_map(|group| group.desc().handlers).map(|h| layout::size_of(h.reply)).max();
    let host = compiled.host_messages.iter().map(|message| layout::size_of(message.ty));
    let host =
        host.chain(compiled.traces.iter().map(reports::trace_bytes)).chain([FAILURE_BYTES, DEAD_LETTER_BYTES]).max();
    let options = &plan.options;
    let largest = (replies.unwrap_or(0), host.unwrap_or(0));
    Footprint::plan(
        &sizes,
        options.mailbox_depth,
        options.spare_cells,
        options.host_window.unwrap_or(HOST_WINDOW),
        largest,
        blocks,
    )
}

/// What each actor type takes, by tag.
fn messages_of(plan: &Plan) -> Vec<Vec<TypeDesc>> {
    plan.groups.iter().map(|group| group.desc().handlers.iter().map(|handler| handler.message).collect()).collect()
}

const _: () = assert!(footprint::BLOCK_WARPS > RINGS, "block 0 has a warp for control and one for each ring");
