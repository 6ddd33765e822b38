//! Every structure that host and device share, defined once.
//!
//! The macro of `abi/shared_structs.rs` turns one definition into a `#[repr(C)]` Rust type and into the text of the same struct in CUDA,
//! with static assertions of size and offsets, so that the two cannot drift apart. Pointers are 64-bit device
//! addresses on both sides. [`ABI`] names the layout and the protocols; it is part of the key of a cached kernel.

use std::fmt::Write as _;
use std::sync::OnceLock;

/// Number of this layout and of the protocols between host and device; changes when either does.
pub const ABI: u32 = 13;

/// Most actor types in one system: their tables travel in the kernel's parameters.
pub const MAX_TYPES: usize = 16;

/// Most exchanges of faces in the step of a grid whose fields are on the chip: their lists travel in the parameters, too.
pub const MAX_EXCHANGES: usize = 8;

/// Messages that a tile of a grid sends to one of its neighbours between two steps.
pub const NEIGHBOUR_DEPTH: u32 = 8;
/// Groups of tiles that a grid can have: all of them, and those that its builder names.
pub const MAX_GROUPS: u32 = 16;
/// What `GridTile::places` has where no group is.
pub const NO_GROUP: u32 = u32::MAX;
/// Counters of a large group in each of three rounds, and its flags: 128 bytes apart.
pub const GROUP_COUNTERS: u32 = 32;

/// Most rings from the host: each has a warp of the system's block.
pub const MAX_RINGS: u32 = 4;
/// Where the host wants tiles of a grid to hold if that is only for a moment; see `GridHostLine`.
pub const PAUSE: u64 = u64::MAX - 1;
/// Beside the tag of a message of the host to a tile: its second word says for which step it is.
pub const TIMED: u32 = 1 << 31;

#[macro_use]
mod shared_structs;

shared_structs! {
    /// One kind of mailbox owner: an actor type, or the host itself.
    pub struct Table {
        /// `Mailbox[count]`: the control words.
        pub mailboxes: u64,
        /// State rows, `row_bytes` apart.
        pub rows: u64,
        /// Message slots: `depth` of `slot_bytes` for each owner.
        pub slots: u64,
        /// `Spill[count]`: the overflow chains.
        pub spills: u64,
        /// Entries of the ready queues: `shard_mask + 1` rings of `ring_mask + 1` words.
        pub ready_entries: u64,
        /// `QueueHead[shard_mask + 1]` of the ready queues.
        pub ready_heads: u64,
        /// How many owners.
        pub count: u32,
        /// Slot number of the first one in the system's address space.
        pub first_slot: u32,
        /// Mailbox depth less one; the depth is a power of two.
        pub depth_mask: u32,
        /// Bytes from one state row to the next, a multiple of 16.
        pub row_bytes: u32,
        /// Bytes of a message slot: 32, 64, 128 or 256.
        pub slot_bytes: u32,
        /// Number of ready shards less one; a power of two.
        pub shard_mask: u32,
        /// Capacity of one shard less one.
        pub ring_mask: u32,
        /// Keeps the size a multiple of eight.
        pub reserved: u32,
    }

    /// What a mailbox owner's senders and its worker share: 16 bytes, read in one access.
    pub struct Mailbox {
        /// High half: the next ticket. Low half: messages sent and not yet released.
        pub word: u64,
        /// Generation of the tenant, 24 bits.
        pub generation: u32,
        /// 0: no tenant; 1: alive; 2: failed.
        pub life: u32,
    }

    /// The overflow chain of one mailbox: cells in the order in which senders joined.
    pub struct Spill {
        /// Last cell of the chain plus one, 0 when empty; written by senders.
        pub tail: u32,
        /// First cell plus one, linked by the sender that found the chain empty.
        pub first: u32,
        /// The last cell that the receiver consumed, plus one; only the receiver touches it.
        pub cursor: u32,
        /// Keeps the size at 16.
        pub reserved: u32,
    }

    /// Head and tail of a queue, alone on their line.
    pub struct QueueHead {
        /// Next position to take.
        pub head: u32,
        /// Next position to fill.
        pub tail: u32,
        /// The rest of the 128-byte line.
        pub padding: u32[30],
    }

    /// Spare cells for messages that meet a full mailbox.
    pub struct Pool {
        /// `QueueHead[shard_mask + 1]`.
        pub heads: u64,
        /// Entries of the free queues.
        pub entries: u64,
        /// Cell bodies, `cell_bytes` apart.
        pub cells: u64,
        /// `u32` per cell: the next cell of its chain plus one.
        pub links: u64,
        /// How many cells.
        pub count: u32,
        /// Bytes of a cell: the largest slot.
        pub cell_bytes: u32,
        /// Number of free queues less one.
        pub shard_mask: u32,
        /// Capacity of one free queue less one.
        pub ring_mask: u32,
    }

    /// The rings through which the host sends to actors.
    pub struct Ingress {
        /// First slot of ring 0 in mapped memory.
        pub slots: u64,
        /// `u32` per ring in device memory, 128 bytes apart: messages taken so far.
        pub heads: u64,
        /// `u32` per ring in mapped memory, 128 bytes apart: what the device has taken, for the host.
        pub taken: u64,
        /// Number of rings, each with a warp of its own.
        pub rings: u32,
        /// Capacity of a ring less one.
        pub mask: u32,
    }

    /// What the host tells the control warp; on a line that only the host writes.
    pub struct HostLine {
        /// Numbers the commands.
        pub command_seq: u32,
        /// See `command` in control.cuh: 1 leave, 2 kill.
        pub command: u32,
        /// How many messages to the host it has taken.
        pub host_taken: u32,
        /// 1 while it has no room for the next of them, so that nobody need wait until it takes more.
        pub host_full: u32,
        /// The rest of the line.
        pub padding: u32[28],
    }

    /// What the control warp tells the host; on a line that only the device writes.
    pub struct DeviceLine {
        /// The last command that was carried out.
        pub command_seen: u32,
        /// Blocks that have started.
        pub blocks_alive: u32,
        /// Counts up while the control warp runs.
        pub heartbeat: u32,
        /// 1 while nothing moves for want of spare cells.
        pub stalled: u32,
        /// Messages handled.
        pub handled: u64,
        /// Messages that found no living receiver.
        pub dead_letters: u64,
        /// Messages that met a full mailbox and travelled in a spare cell.
        pub spilled: u64,
        /// Times an actor was not started for want of spare cells.
        pub starved: u64,
        /// Actors that failed.
        pub failed: u64,
        /// Messages that actors sent to actors.
        pub sent: u64,
        /// Messages that actors sent to the host.
        pub to_host: u64,
        /// A slot that was starved last.
        pub starved_slot: u32,
        /// Counts the reports; odd while one is being written.
        pub reports: u32,
        /// 1 if the counters of this report are those of one moment, at which no worker ran anything.
        pub quiet: u32,
        /// The rest of the line.
        pub padding: u32[11],
    }

    /// Counters of one warp; only that warp writes them.
    pub struct WarpStats {
        /// Messages handled.
        pub handled: u64,
        /// Messages that found no living receiver.
        pub dead_letters: u64,
        /// Messages that travelled in a spare cell.
        pub spilled: u64,
        /// Actors not started for want of spare cells.
        pub starved: u64,
        /// Actors that failed.
        pub failed: u64,
        /// Messages that actors sent to actors.
        pub sent: u64,
        /// Messages that actors sent to the host.
        pub to_host: u64,
        /// A slot that was starved last.
        pub starved_slot: u32,
        /// Odd while the warp runs batches.
        pub epoch: u32,
        /// The last cry for cells that the warp has heard, all counters published after it.
        pub heard: u32,
        /// Unused.
        pub reserved: u32,
    }

    /// A slice that all actors share.
    pub struct SharedEntry {
        /// Device address of the first element.
        pub base: u64,
        /// Number of elements.
        pub len: u64,
    }

    /// The kernel's parameters.
    pub struct Params {
        /// One for each actor type, in the order of their index.
        pub tables: Table[MAX_TYPES],
        /// The host as a receiver: its mailbox is in device memory, and a warp forwards what comes.
        pub host: Table,
        /// Slots in mapped memory to which messages to the host are forwarded, as large as those of its mailbox.
        pub outbox: u64,
        /// Number of those slots less one.
        pub outbox_mask: u32,
        /// Keeps the size a multiple of eight.
        pub reserved: u32,
        /// Spare cells.
        pub pool: Pool,
        /// Rings from the host.
        pub ingress: Ingress,
        /// `HostLine` in mapped memory.
        pub host_line: u64,
        /// `DeviceLine` in mapped memory.
        pub device_line: u64,
        /// `u32` in device memory: 0 run, 1 leave, 2 kill; then, 128 bytes on, the count of started blocks.
        pub run_flag: u64,
        /// `WarpStats` for each warp of the grid.
        pub stats: u64,
        /// Reply cells in mapped memory.
        pub replies: u64,
        /// `SharedEntry` table.
        pub shared: u64,
        /// Bytes of a reply cell.
        pub reply_bytes: u32,
        /// How many reply cells.
        pub reply_count: u32,
        /// Actor types in use.
        pub types: u32,
        /// Longest sleep of an idle warp in nanoseconds.
        pub idle_sleep_ns: u32,
    }

    /// A field's cells over the whole domain, x fastest, and what lies beyond a fixed edge.
    pub struct GridArray {
        /// The cells.
        pub cells: u64,
        /// The border value.
        pub border: u64,
    }

    /// A tile: its cells, and the tiles that may read them or be read by it.
    pub struct GridTile {
        /// The first cell.
        pub from: u32[3],
        /// The cell after the last one along each axis.
        pub to: u32[3],
        /// Where its neighbours begin in the list of all.
        pub first_neighbour: u32,
        /// How many they are.
        pub neighbours: u32,
        /// The tile on each side, all ones for none: where x is larger, where it is smaller, and so for y and z.
        pub on_side: u32[6],
        /// Its place in each group of tiles: how many are in it, in the upper half, and its number among them. 0 if it is in it not,
        /// all ones if there is no such group. The first group are all tiles.
        pub places: u32[16],
    }

    /// What an exchange of faces needs; its lists have as many entries for each tile as its threads may send and receive.
    pub struct GridExchange {
        /// Of each word that a tile sends, an entry and above it the word in all inboxes.
        pub sends: u64,
        /// Of each word that a tile receives, an entry.
        pub receives: u64,
        /// Words of sixteen bytes: two halves, each with an inbox for each tile.
        pub inbox: u64,
    }

    /// How far a tile is: written by that tile alone.
    pub struct GridProgress {
        /// Meetings that it has come to.
        pub meetings: u32,
        /// Of its last two meetings, by the parity of their number, at which site they are.
        pub places: u32[2],
        /// The number of the last message of the host that it has handled.
        pub heard: u32,
        /// Steps that it has done.
        pub completed: u64,
        /// Exchanges of faces that it has begun.
        pub sequence: u32,
        /// Of each of the program's exchanges, which half of the inbox is next: a bit each.
        pub parities: u32,
        /// The number of the meeting or exchange that it has waited at for long, and above it the site.
        pub waits: u64,
        /// The number of the barrier with tiles around it that it has come to, and above it the site.
        pub near: u64,
        /// Messages that it has sent to each side since its last step: four bits each.
        pub sent: u32,
        /// Of each group, the round that it comes to next: 0, 1 or 2.
        pub rounds: u32[16],
        /// Messages of the host that it has handled.
        pub handled: u32,
        /// Keeps tiles on lines of their own.
        pub unused: u32[2],
    }

    /// What all tiles look at, in device memory.
    pub struct GridControl {
        /// For tiles that hold, a word: `target` (two), the host's `written` before it, and how many messages tiles had been given.
        pub go: u32[4],
        /// Tiles hold after so many steps.
        pub target: u64,
        /// The same, asked for by a step; all ones if none did.
        pub held: u64,
        /// Where the host wants them to hold, whoever looks at them for a moment meanwhile.
        pub wanted: u64,
        /// Where they are to hold now: 0 if somebody looks at them.
        pub goal: u64,
        /// A tile has failed: nobody waits any more.
        pub failed: u32,
        /// Who is the first to fail, plus one.
        pub claimed: u32,
        /// Messages to the host: the next place in the ring.
        pub told: u32,
        /// Those that the host has taken.
        pub host_taken: u32,
        /// Tiles leave when they hold. This and what follows is cleared before each launch.
        pub leave: u32,
        /// Tiles that have left.
        pub left: u32,
    }

    /// What the host tells a grid, in mapped memory. A command is the first sixteen bytes: a word with its number.
    pub struct GridHostLine {
        /// The number of the command; not given before the device has seen the one before.
        pub command: u32,
        /// Tiles hold after so many steps, lower half and upper half: all ones for no end, `PAUSE` for as soon as they can, for a moment.
        pub target: u32[2],
        /// Messages that are to be given to tiles before.
        pub after: u32,
        /// 1: tiles are let go on no further, and leave when they hold. 2: as soon as they wait for another, in the middle of a step.
        pub leave: u32,
        /// Messages that it has taken.
        pub taken: u32,
        /// How often it has written in the grid's memory.
        pub written: u32,
        /// Makes it two words.
        pub reserved: u32,
    }

    /// What a grid tells the host, in mapped memory.
    pub struct GridDeviceLine {
        /// Steps that all tiles have done.
        pub completed: u64,
        /// Where they hold as things are: at the target, or where a step asked for it.
        pub end: u64,
        /// Where a step asked for it; all ones if none did since the host let it go on from there.
        pub held: u64,
        /// The last command that was seen; written after `end` and `held`.
        pub command: u32,
        /// All tiles have left.
        pub ended: u32,
        /// Messages that were given to tiles.
        pub taken: u32,
        /// Messages that tiles have handled.
        pub heard: u32,
        /// 1 when the kernel runs, all tiles of it.
        pub alive: u32,
        /// A tile has failed, and what follows is about it.
        pub failed: u32,
        /// Which.
        pub tile: u32,
        /// Where in the text.
        pub site: u32,
        /// What the failure carries.
        pub value: u64,
        /// Steps that the tile had done.
        pub step: u64,
        /// The cell, if `has_cell` is not 0.
        pub cell: u32[3],
        /// It failed in a cell.
        pub has_cell: u32,
        /// Messages that tiles have sent to the host, or are about to; as new as the steps.
        pub told: u32,
        /// The host's `written`, as tiles that go on or hear a message from now on know.
        pub written: u32,
    }

    /// The parameters of a grid's kernel.
    pub struct GridParams {
        /// `GridTile` for each tile.
        pub tiles: u64,
        /// `u32` tiles: the neighbours of all tiles, one after the other.
        pub neighbours: u64,
        /// `GridProgress` for each tile.
        pub progress: u64,
        /// `GridArray` for each field.
        pub arrays: u64,
        /// What each tile keeps, `row_bytes` apart: members that are no fields, and which array each field is.
        pub rows: u64,
        /// Reductions: a value for each cell.
        pub cell_values: u64,
        /// Reductions: a value for each brick.
        pub brick_values: u64,
        /// Reductions: 256 values for each tile.
        pub lane_values: u64,
        /// `GridControl`.
        pub control: u64,
        /// `GridHostLine`.
        pub host_line: u64,
        /// `GridDeviceLine`.
        pub device_line: u64,
        /// `SharedEntry` table.
        pub shared: u64,
        /// Reply cells in mapped memory.
        pub replies: u64,
        /// Messages to the host: a ring in mapped memory of slots of `outbox_bytes`.
        pub outbox: u64,
        /// Exchanges of faces, if fields are on the chip.
        pub exchanges: GridExchange[MAX_EXCHANGES],
        /// Messages between tiles that touch, words of sixteen bytes: two halves, each with an inbox for each side of each tile.
        pub nearby: u64,
        /// Of each group of tiles the counters of three rounds, and its flags: `GROUP_COUNTERS` each, 128 bytes apart.
        pub counters: u64,
        /// Messages from the host: a ring in mapped memory of slots of `mail_bytes`.
        pub mail: u64,
        /// The message that waits for each tile, `mail_bytes` each.
        pub inboxes: u64,
        /// Slots of the ring less one.
        pub mail_mask: u32,
        /// Bytes of a message: 16 of number, tile, tag and reply cell, 16 of number, step and command or `written`, then the payload.
        pub mail_bytes: u32,
        /// How many tiles.
        pub count: u32,
        /// Bytes from one tile's row to the next one's, a multiple of 16.
        pub row_bytes: u32,
        /// Cells of the domain along each axis; 1 for those that it has not.
        pub extents: u32[3],
        /// Tiles along each axis.
        pub along: u32[3],
        /// The rules of the low and of the high side of each axis: 0 fixed, 1 reflect, 2 periodic.
        pub sides: u32[6],
        /// Bytes of a reply cell.
        pub reply_bytes: u32,
        /// How many reply cells.
        pub reply_count: u32,
        /// Slots of the ring to the host less one.
        pub outbox_mask: u32,
        /// Bytes of one of them.
        pub outbox_bytes: u32,
    }
}
