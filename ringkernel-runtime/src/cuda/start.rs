//! Starting a system on a GPU: device, compiler, memory, launch.
//!
//! Everything that can be checked is checked before anything is allocated, and everything is allocated and loaded before
//! the kernel runs, since a driver may make either wait for a kernel that does not end. An error of the first part says
//! that CUDA is not available, and the caller may turn to the CPU; after that it is final.

use std::sync::{Arc, Condvar, Mutex};
use std::{env, thread};

use ringkernel_codegen::abi::{self, Ingress, MAX_TYPES, Mailbox, Params, Pool, QueueHead, Table};
use ringkernel_codegen::desc::TypeDesc;
use ringkernel_codegen::{Compiled, Diagnostic, Program, compile, layout, reach};

use super::driver::{Device, DeviceMemory, DriverError, Kernel, NoDevice, Pinned, Stream};
use super::emulate;
use super::engine::{CudaEngine, Members, Shared};
use super::footprint::{
    self, BLOCK_THREADS, Footprint, HOST_DEPTH, POOL_SHARDS, REPLY_CELL_BITS, RINGS, TypePlan, TypeSize,
};
use super::host::{Outbox, Replies, Ring};
use super::inboxes::Inboxes;
use super::mapped::{Lines, Mapped};
use super::nvrtc::{Arch, Cache, Jit, Options, Search, Source, Version};
use super::pump::{Bell, Pump};
use super::reports::{self, DEAD_LETTER_BYTES, FAILURE_BYTES, MAX_HOST_TAGS};
use super::residence::{NoLife, Residence};
use super::uploaded::Uploaded;
use crate::backend::{BackendKind, Description, Group, Plan};
use crate::error::StartError;
use crate::lang::shared::{self as shared_data, SharedData};

/// Blocks per multiprocessor that the kernel is compiled for, best first.
const BLOCKS_PER_MULTIPROCESSOR: [u32; 3] = [3, 2, 1];
/// Bytes that a kernel may spill: so few are on paths that hardly run, and more warps hide them.
const TOLERATED_SPILL: u32 = 64;
/// The idle sleep of a worker, at most.
const IDLE_SLEEP_NS: u32 = 500;
/// Rows that are encoded and copied at once.
const CHUNK: usize = 1 << 22;

impl From<DriverError> for StartError {
    fn from(error: DriverError) -> Self {
        Self::Cuda(error.to_string())
    }
}

/// Starts a system on a GPU. Any error but [`StartError::CudaUnavailable`] is final; with that one, no closure of the
/// plan has been called.
pub(crate) fn start(plan: &mut Plan) -> Result<CudaEngine, StartError> {
    let device = Device::open(0).map_err(|NoDevice(reason)| StartError::CudaUnavailable(reason))?;
    let info = device.info().clone();
    if !info.maps_host_memory {
        return Err(StartError::CudaUnavailable(format!("{} cannot map host memory", info.name)));
    }
    if device.is_emulated() {
        return start_emulated(plan, &device);
    }
    let jit = Jit::find(Search::of_this_machine(), Some(Version::from_driver(info.driver)), Cache::of_this_user())
        .map_err(|error| StartError::CudaUnavailable(error.to_string()))?;
    warn_of_environment();

    let compiled = compile_actors(plan)?;
    let kernel = load(&device, &jit, &compiled)?;
    run(plan, device, kernel, compiled)
}

/// The same without NVRTC.
fn start_emulated(plan: &mut Plan, device: &Arc<Device>) -> Result<CudaEngine, StartError> {
    let Some(emulator) = emulate::installed() else { return Err(StartError::CudaUnavailable(String::new())) };
    let compiled = compile_actors(plan)?;
    let defines = [("RK_BLOCK_THREADS".to_owned(), BLOCK_THREADS.to_string())];
    let kernel = emulator.compile(&compiled.text, compiled.headers, &defines).map_err(StartError::Compile)?;
    run(plan, Arc::clone(device), Kernel::emulated(device, kernel), compiled)
}

/// From a loaded kernel to a running one.
fn run(plan: &mut Plan, device: Arc<Device>, kernel: Kernel, compiled: Compiled) -> Result<CudaEngine, StartError> {
    let info = device.info();
    let blocks = kernel.blocks_per_multiprocessor(BLOCK_THREADS)? * info.multiprocessors;
    let footprint = footprint(plan, &compiled, blocks);
    let (available, _) = device.memory()?;
    if footprint.device_bytes() > available {
        return Err(StartError::OutOfMemory {
            what: "actors, mailboxes and spare cells on the device",
            needed: footprint.device_bytes(),
            available,
        });
    }
    Builder {
        stream: Stream::new(&device)?,
        device,
        params: Params::default(),
        memory: Vec::new(),
        mapped: Vec::new(),
        written: Vec::new(),
        footprint,
    }
    .build(plan, kernel, compiled)
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
            tracing::warn!("{name} is set: {why}");
        }
    }
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

/// Compiles and loads the kernel for as many warps as its registers allow without spilling.
fn load(device: &Arc<Device>, jit: &Jit, compiled: &Compiled) -> Result<Kernel, StartError> {
    let (major, minor) = device.info().capability;
    let source = Source { name: "ringkernel.cu", text: &compiled.text, headers: compiled.headers };
    for (i, blocks) in BLOCKS_PER_MULTIPROCESSOR.iter().enumerate() {
        let options = Options::for_arch(Arch::new(major, minor))
            .define("RK_BLOCK_THREADS", BLOCK_THREADS)
            .define("RK_MIN_BLOCKS", blocks);
        let cubin = jit.compile(&source, &options, abi::ABI).map_err(|error| StartError::Compile(error.to_string()))?;
        let spills = cubin.resources().iter().any(|used| used.spill_stores > TOLERATED_SPILL);
        if !spills || i + 1 == BLOCKS_PER_MULTIPROCESSOR.len() {
            return Ok(Kernel::load(device, &cubin.bytes, "ringkernel_main")?);
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

/// Collects what the kernel's parameters point to.
struct Builder {
    device: Arc<Device>,
    stream: Stream,
    params: Params,
    memory: Vec<DeviceMemory>,
    mapped: Vec<Mapped>,
    /// What actors write, and which of `memory` it is in.
    written: Vec<(Arc<dyn SharedData>, usize)>,
    footprint: Footprint,
}

impl Builder {
    /// Zeroed device memory that lives as long as the kernel.
    fn area(&mut self, bytes: u64) -> Result<u64, StartError> {
        let memory = DeviceMemory::zeroed(&self.stream, bytes as usize).map_err(|error| {
            if error.is_out_of_memory() {
                let available = self.device.memory().map_or(0, |(free, _)| free);
                StartError::OutOfMemory { what: "actors and mailboxes on the device", needed: bytes, available }
            } else {
                error.into()
            }
        })?;
        let address = memory.address();
        self.memory.push(memory);
        Ok(address)
    }

    /// The same, filled with `data`.
    fn filled(&mut self, data: &[u8]) -> Result<u64, StartError> {
        let address = self.area(data.len() as u64)?;
        if let Some(memory) = self.memory.last() {
            memory.write(&self.stream, 0, data)?;
        }
        Ok(address)
    }

    /// Zeroed mapped memory that lives as long as the kernel, at least.
    fn mapped(&mut self, bytes: usize) -> Result<Mapped, StartError> {
        let mapped = Mapped::new(Pinned::zeroed(&self.device, bytes)?);
        self.mapped.push(mapped.clone());
        Ok(mapped)
    }

    fn build(mut self, plan: &mut Plan, kernel: Kernel, compiled: Compiled) -> Result<CudaEngine, StartError> {
        let grid = self.footprint.grid;
        let mut members = Vec::with_capacity(plan.groups.len());
        for (i, group) in plan.groups.iter_mut().enumerate() {
            self.params.tables[i] = self.actors(i, Some(group.as_mut()))?;
            members.push(Members { name: group.name(), first_slot: group.first_slot(), count: group.count() });
        }
        for i in plan.groups.len()..compiled.actors.len() {
            self.params.tables[i] = self.actors(i, None)?;
        }
        self.params.types = compiled.actors.len() as u32;
        self.params.pool = self.pool()?;
        let uploaded = self.shared()?;
        self.params.stats = self.area(u64::from(self.footprint.warps()) * size_of::<abi::WarpStats>() as u64)?;
        self.params.idle_sleep_ns = IDLE_SLEEP_NS;

        // The host as a receiver: its slots are in mapped memory.
        let host_slot = self.footprint.host_slot_bytes;
        let outbox = self.mapped(HOST_DEPTH as usize * host_slot as usize)?;
        self.params.host = Table {
            mailboxes: self.area(size_of::<Mailbox>() as u64)?,
            spills: self.area(size_of::<abi::Spill>() as u64)?,
            slots: outbox.device_address(),
            count: 1,
            depth_mask: HOST_DEPTH - 1,
            slot_bytes: host_slot,
            ..Table::default()
        };

        let rings = self.rings(self.footprint.ring_words as usize)?;
        let replies = self.mapped((self.footprint.reply_bytes as usize) << REPLY_CELL_BITS)?;
        self.params.replies = replies.device_address();
        self.params.reply_bytes = self.footprint.reply_bytes;
        self.params.reply_count = 1 << REPLY_CELL_BITS;

        let (to_device, from_device) = (self.mapped(4096)?, self.mapped(4096)?);
        (self.params.host_line, self.params.device_line) = (to_device.device_address(), from_device.device_address());
        let lines = Arc::new(Lines::new(to_device, from_device));
        let run_flag = DeviceMemory::zeroed(&self.stream, 4096)?;
        self.params.run_flag = run_flag.address();
        self.stream.synchronize()?;

        let info = self.device.info().clone();
        let residence = Residence::new(
            kernel,
            self.stream,
            self.params,
            run_flag,
            (self.memory, self.mapped),
            self.written,
            Arc::clone(&lines),
            grid,
        );
        residence.enter().map_err(|error| no_life(&error, &info.name))?;
        if info.watchdog {
            tracing::info!(
                device = info.name,
                "the device drives a display: the kernel leaves it for a moment twice a second"
            );
        }

        let messages: Vec<_> =
            compiled.host_messages.iter().map(|message| (message.path, layout::size_of(message.ty))).collect();
        let shared = Arc::new(Shared {
            description: Description { kind: BackendKind::Cuda, device: info.name.clone() },
            rings,
            replies: Replies::new(replies, self.footprint.reply_bytes as usize / 16, REPLY_CELL_BITS),
            lines,
            inboxes: Inboxes::new(&messages, plan.options.inbox_depth as usize),
            members,
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
            askers: Mutex::default(),
            failures: Mutex::default(),
            failures_noted: 0.into(),
            dead_letters: Mutex::default(),
        });
        let pump = Pump {
            outbox: Outbox::new(outbox, host_slot as usize / 16, HOST_DEPTH),
            residence,
            watchdog: info.watchdog,
        };
        let for_pump = Arc::clone(&shared);
        let pump = thread::Builder::new()
            .name("ringkernel-pump".to_owned())
            .spawn(move || pump.run(&for_pump))
            .map_err(|error| StartError::Threads(error.to_string()))?;
        Ok(CudaEngine { shared, pump: Some(pump) })
    }

    /// Rows, mailboxes and ready queues of one actor type; without a group, of a type that has no actors.
    fn actors(&mut self, index: usize, group: Option<&mut dyn Group>) -> Result<Table, StartError> {
        let plan = self.footprint.types[index];
        let mailboxes: Vec<u8> = (0..plan.count).flat_map(|_| mailbox_bytes()).collect();
        let table = Table {
            mailboxes: self.filled(&mailboxes)?,
            rows: self.area(plan.row_area())?,
            slots: 0,
            spills: 0,
            ready_entries: 0,
            ready_heads: 0,
            count: plan.count,
            first_slot: group.as_ref().map_or(u32::MAX, |group| group.first_slot()),
            depth_mask: plan.depth - 1,
            row_bytes: plan.row_bytes,
            slot_bytes: plan.slot_bytes,
            shard_mask: plan.shards - 1,
            ring_mask: plan.ring - 1,
            reserved: 0,
        };
        let rows = self.memory.len() - 1;
        if let Some(group) = group {
            self.encode(plan, rows, group)?;
        }
        Ok(Table {
            slots: self.area(plan.slot_area())?,
            spills: self.area(plan.spill_area())?,
            ready_entries: self.area(plan.entry_area())?,
            ready_heads: self.area(plan.head_area())?,
            ..table
        })
    }

    /// Has the actors made, and writes their states to the memory with index `rows`.
    fn encode(&self, plan: TypePlan, rows: usize, group: &mut dyn Group) -> Result<(), StartError> {
        let (row, size) = (plan.row_bytes as usize, group.state_layout().0);
        let in_chunk = (CHUNK / row).max(1);
        let mut chunk = vec![0; in_chunk.min(plan.count as usize) * row];
        for first in (0..plan.count as usize).step_by(in_chunk) {
            let count = in_chunk.min(plan.count as usize - first);
            for i in 0..count {
                group.encode_next((first + i) as u32, &mut chunk[i * row..i * row + size])?;
            }
            self.memory[rows].write(&self.stream, first * row, &chunk[..count * row])?;
        }
        Ok(())
    }

    /// Spare cells, all of them free.
    fn pool(&mut self) -> Result<Pool, StartError> {
        let (cells, cell_bytes) = (self.footprint.cells, self.footprint.cell_bytes);
        let ring = cells / POOL_SHARDS;
        let mut entries = Vec::with_capacity(cells as usize * 16);
        for shard in 0..POOL_SHARDS {
            for position in 0..ring {
                // {seq, cell, -, -}: position p of a shard holds a cell whose number names that shard.
                for field in [position + 1, position * POOL_SHARDS + shard, 0, 0] {
                    entries.extend_from_slice(&field.to_le_bytes());
                }
            }
        }
        let mut heads = vec![0; POOL_SHARDS as usize * size_of::<QueueHead>()];
        for head in heads.chunks_exact_mut(size_of::<QueueHead>()) {
            head[4..8].copy_from_slice(&ring.to_le_bytes());
        }
        Ok(Pool {
            heads: self.filled(&heads)?,
            entries: self.filled(&entries)?,
            cells: self.area(u64::from(cells) * u64::from(cell_bytes))?,
            links: self.area(u64::from(cells) * 4)?,
            count: cells,
            cell_bytes,
            shard_mask: POOL_SHARDS - 1,
            ring_mask: ring - 1,
        })
    }

    /// Uploads what the states refer to; the table is indexed by the number in a handle.
    fn shared(&mut self) -> Result<Vec<u32>, StartError> {
        let kept = shared_data::kept();
        let mut table = vec![0; (kept.iter().map(|(id, _)| *id as usize + 1).max().unwrap_or(0)) * 16];
        let ids = kept.iter().map(|(id, _)| *id).collect();
        for (id, data) in &kept {
            let mut bytes = vec![0; data.size()];
            data.encode(&mut bytes);
            let base = self.filled(&bytes)?;
            if data.writable() {
                self.written.push((Arc::clone(data), self.memory.len() - 1));
            }
            let entry = &mut table[*id as usize * 16..][..16];
            entry[..8].copy_from_slice(&base.to_le_bytes());
            entry[8..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
        }
        self.params.shared = self.filled(&table)?;
        Ok(ids)
    }

    fn rings(&mut self, slot_words: usize) -> Result<Vec<Ring<Mapped>>, StartError> {
        let capacity = self.footprint.ring_capacity;
        // The line at the end of each ring is where the device says how far it got; a line for each ring.
        let ring_words = capacity as usize * slot_words;
        let slots = self.mapped(RINGS as usize * ring_words * 16)?;
        let taken = self.mapped(RINGS as usize * 128)?;
        self.params.ingress = Ingress {
            slots: slots.device_address(),
            heads: self.area(u64::from(RINGS) * 128)?,
            taken: taken.device_address(),
            rings: RINGS,
            mask: capacity - 1,
        };
        Ok((0..RINGS as usize)
            .map(|i| Ring::new(slots.clone(), i * ring_words, taken.clone(), i * 8, slot_words, capacity))
            .collect())
    }
}

/// What each actor type takes, by tag.
fn messages_of(plan: &Plan) -> Vec<Vec<TypeDesc>> {
    plan.groups.iter().map(|group| group.desc().handlers.iter().map(|handler| handler.message).collect()).collect()
}

/// A mailbox whose tenant is alive and of the first generation.
fn mailbox_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[8..12].copy_from_slice(&1u32.to_le_bytes());
    bytes[12..].copy_from_slice(&1u32.to_le_bytes());
    bytes
}

fn no_life(error: &NoLife, device: &str) -> StartError {
    StartError::Cuda(match error {
        NoLife::Driver(error) => format!("the kernel could not be launched on {device}: {error}"),
        NoLife::Blocks { started: 0, .. } => format!(
            "the kernel did not start on {device} within 5 s: another kernel occupies the device, or launches are serialised \
             (CUDA_LAUNCH_BLOCKING, a profiler, a debugger)"
        ),
        NoLife::Blocks { started, of } => format!(
            "only {started} of {of} blocks started on {device} within 5 s: another persistent kernel occupies part of it; stop \
             the other system, or give this one fewer actors"
        ),
    })
}

const _: () = assert!(footprint::BLOCK_WARPS > RINGS, "block 0 has a warp for control and one for each ring");
