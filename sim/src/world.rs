//! What a runtime sets up before a launch: tables, mailboxes, ready queues, pool, rings, reply cells.
//!
//! Plain addresses, so that host threads of a run can copy it.

use ringkernel_codegen::abi::{DeviceLine, HostLine, Params, Spill, WarpStats};

use crate::machine::Grid;
use crate::memory::{Discipline, Memory, Space};

/// One actor type.
#[derive(Clone, Debug)]
pub struct TypeShape {
    /// Actors.
    pub count: u32,
    /// Bytes of a state.
    pub state_bytes: u32,
    /// Bytes of a message slot.
    pub slot_bytes: u32,
}

/// How large everything is.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The launch.
    pub grid: Grid,
    /// Actor types.
    pub types: Vec<TypeShape>,
    /// Mailbox depth, a power of two.
    pub depth: u32,
    /// Ready shards, a power of two.
    pub shards: u32,
    /// Spare cells, a multiple of `pool_shards`.
    pub cells: u32,
    /// Free queues, a power of two.
    pub pool_shards: u32,
    /// Host rings.
    pub rings: u32,
    /// Slots of a host ring, a power of two.
    pub ring: u32,
    /// Depth of the host's mailbox, a power of two.
    pub host_depth: u32,
    /// Slots of the outbox, a power of two.
    pub outbox: u32,
    /// Reply cells, a power of two.
    pub replies: u32,
}

/// Where everything lies.
#[derive(Clone, Debug)]
pub struct World {
    /// What the kernel gets.
    pub params: Params,
    /// What it was made from.
    pub shape: Shape,
}

/// What the region of the reply cells is called.
pub(crate) const REPLIES: &str = "reply";

const LINE: u64 = 128;
const SPILL: u64 = size_of::<Spill>() as u64;

impl World {
    /// Lays everything out; all actors are alive, with generation 1 and zeroed states.
    #[must_use]
    pub fn new(memory: &mut Memory, shape: Shape) -> Self {
        let mut p = Params::default();
        let ring_slot = shape.types.iter().map(|t| t.slot_bytes).max().unwrap_or(32);
        // News of failures and dead letters must fit.
        let largest = ring_slot.max(64);
        let mut first_slot = 0;
        for (i, kind) in shape.types.iter().enumerate() {
            let device = |memory: &mut Memory, name: &str, bytes: u64, stride: u64, discipline: Discipline| {
                memory.allocate(&format!("{name}{i}"), bytes, stride, Space::Device, discipline)
            };
            let n = u64::from(kind.count);
            let ring = kind.count.div_ceil(shape.shards).next_power_of_two();
            let row_bytes = kind.state_bytes.next_multiple_of(16);
            let table = &mut p.tables[i];
            table.count = kind.count;
            table.first_slot = first_slot;
            table.depth_mask = shape.depth - 1;
            table.row_bytes = row_bytes;
            table.slot_bytes = kind.slot_bytes;
            table.shard_mask = shape.shards - 1;
            table.ring_mask = ring - 1;
            table.mailboxes = device(memory, "mailbox", n * 16, 16, Discipline::UpperHalf);
            table.rows = device(memory, "row", n * u64::from(row_bytes), row_bytes.into(), Discipline::Ordered);
            let slots = n * u64::from(shape.depth * kind.slot_bytes);
            table.slots = device(memory, "slot", slots, kind.slot_bytes.into(), Discipline::Atomic);
            table.spills = device(memory, "spill", n * SPILL, SPILL, Discipline::Atomic);
            let entries = u64::from(shape.shards * ring) * 16;
            table.ready_entries = device(memory, "ready", entries, 16, Discipline::Atomic);
            table.ready_heads = device(memory, "ready_head", u64::from(shape.shards) * LINE, LINE, Discipline::Atomic);
            for k in 0..n {
                memory.poke(table.mailboxes + k * 16 + 8, 4, 1);
                memory.poke(table.mailboxes + k * 16 + 12, 4, 1);
            }
            first_slot += kind.count;
        }
        p.types = shape.types.len() as u32;

        let host_slots = u64::from(shape.host_depth * largest);
        p.host.count = 1;
        p.host.depth_mask = shape.host_depth - 1;
        p.host.slot_bytes = largest;
        p.host.mailboxes = memory.allocate("host_mailbox", 16, 16, Space::Device, Discipline::Atomic);
        p.host.spills = memory.allocate("host_spill", SPILL, SPILL, Space::Device, Discipline::Atomic);
        p.host.slots = memory.allocate("host_slot", host_slots, largest.into(), Space::Device, Discipline::Atomic);
        p.outbox_mask = shape.outbox - 1;
        let outbox = u64::from(shape.outbox * largest);
        p.outbox = memory.allocate("outbox", outbox, largest.into(), Space::Mapped, Discipline::Atomic);

        let (cells, shards) = (shape.cells, shape.pool_shards);
        let ring = cells.div_ceil(shards).next_power_of_two();
        p.pool.count = cells;
        p.pool.cell_bytes = largest;
        p.pool.shard_mask = shards - 1;
        p.pool.ring_mask = ring - 1;
        p.pool.cells =
            memory.allocate("cell", u64::from(cells * largest), largest.into(), Space::Device, Discipline::Ordered);
        p.pool.links = memory.allocate("link", u64::from(cells) * 4, 4, Space::Device, Discipline::Atomic);
        p.pool.heads = memory.allocate("pool_head", u64::from(shards) * LINE, LINE, Space::Device, Discipline::Atomic);
        p.pool.entries = memory.allocate("pool", u64::from(shards * ring) * 16, 16, Space::Device, Discipline::Atomic);
        let mut tails = vec![0u64; shards as usize];
        for cell in 0..u64::from(cells) {
            let shard = cell % u64::from(shards);
            let at = p.pool.entries + (shard * u64::from(ring) + tails[shard as usize]) * 16;
            tails[shard as usize] += 1;
            memory.poke(at, 8, u128::from(cell << 32 | tails[shard as usize]));
            memory.poke(p.pool.heads + shard * LINE + 4, 4, tails[shard as usize].into());
        }

        let rings = u64::from(shape.rings);
        p.ingress.rings = shape.rings;
        p.ingress.mask = shape.ring - 1;
        let ring_bytes = rings * u64::from(shape.ring * ring_slot);
        p.ingress.slots = memory.allocate("ring", ring_bytes, ring_slot.into(), Space::Mapped, Discipline::Atomic);
        p.ingress.heads = memory.allocate("ring_head", rings * LINE, LINE, Space::Device, Discipline::Atomic);
        p.ingress.taken = memory.allocate("ring_taken", rings * LINE, LINE, Space::Mapped, Discipline::Atomic);

        p.host_line =
            memory.allocate("host_line", size_of::<HostLine>() as u64, LINE, Space::Mapped, Discipline::Atomic);
        p.device_line =
            memory.allocate("device_line", size_of::<DeviceLine>() as u64, LINE, Space::Mapped, Discipline::Atomic);
        p.run_flag = memory.allocate("run_flag", 1024, LINE, Space::Device, Discipline::Atomic);
        let warps = u64::from(shape.grid.blocks * shape.grid.block_threads / 32);
        let stats = size_of::<WarpStats>() as u64;
        p.stats = memory.allocate("stats", warps * stats, stats, Space::Device, Discipline::Atomic);
        p.reply_bytes = 64;
        p.reply_count = shape.replies;
        p.replies = memory.allocate(REPLIES, u64::from(shape.replies) * 64, 64, Space::Mapped, Discipline::Atomic);
        p.shared = memory.allocate("shared", 64, 16, Space::Device, Discipline::Atomic);
        p.idle_sleep_ns = 500;
        Self { params: p, shape }
    }

    /// Address of the state of the `index`-th actor of a type.
    #[must_use]
    pub fn row(&self, kind: usize, index: u32) -> u64 {
        self.params.tables[kind].rows + u64::from(index) * u64::from(self.params.tables[kind].row_bytes)
    }

    /// Bytes of a slot in the rings: as many as the largest one of an actor has.
    #[must_use]
    pub fn ring_slot_bytes(&self) -> u64 {
        self.shape.types.iter().map(|t| t.slot_bytes).max().unwrap_or(32).into()
    }
}
