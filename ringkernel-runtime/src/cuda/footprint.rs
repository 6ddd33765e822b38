//! How much memory a system needs on the device and beside it, and how its parts are cut.
//!
//! Pure arithmetic from counts and sizes to a [`Footprint`]: the numbers that go into the kernel's parameters. What lies where
//! follows from it (`areas.rs`).

use ringkernel_codegen::abi::{MAX_RINGS, Mailbox, QueueHead, Spill};

/// Threads of a block.
pub(super) const BLOCK_THREADS: u32 = 256;
/// Warps of a block.
pub(super) const BLOCK_WARPS: u32 = BLOCK_THREADS / 32;
/// Host rings, each with a warp of block 0; before them come control and the one that forwards to the host.
pub(super) const RINGS: u32 = MAX_RINGS;
/// Free queues of the pool of spare cells.
pub(super) const POOL_SHARDS: u32 = 64;
/// Bits of a question's number that name its reply cell: 65,536 questions can be open.
pub(super) const REPLY_CELL_BITS: u32 = 16;
/// Slots of the outbox in mapped memory, which the host empties.
pub(super) const OUTBOX_SLOTS: u32 = 1 << 14;
/// Messages that a lane handles before it looks again, as `worker.cuh` has it.
const RUN_MESSAGES: u32 = 4;
/// Actors that a warp is given work for when a system is small: with fewer, a warp for every one of them would only poll.
const ACTORS_PER_WARP: u32 = 4;

/// What one actor type needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct TypeSize {
    pub(super) count: u32,
    pub(super) state_bytes: usize,
    pub(super) slot_bytes: u32,
}

/// How one actor type is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TypePlan {
    pub(super) count: u32,
    pub(super) row_bytes: u32,
    pub(super) slot_bytes: u32,
    pub(super) depth: u32,
    /// Ready queues; a power of two.
    pub(super) shards: u32,
    /// Entries of a ready queue; a power of two, room for all actors of the shard.
    pub(super) ring: u32,
}

impl TypePlan {
    pub(super) fn row_area(&self) -> u64 {
        u64::from(self.count) * u64::from(self.row_bytes)
    }
    pub(super) fn slot_area(&self) -> u64 {
        u64::from(self.count) * u64::from(self.depth) * u64::from(self.slot_bytes)
    }
    pub(super) fn mailbox_area(&self) -> u64 {
        u64::from(self.count) * size_of::<Mailbox>() as u64
    }
    pub(super) fn spill_area(&self) -> u64 {
        u64::from(self.count) * size_of::<Spill>() as u64
    }
    pub(super) fn entry_area(&self) -> u64 {
        u64::from(self.shards) * u64::from(self.ring) * 16
    }
    pub(super) fn head_area(&self) -> u64 {
        u64::from(self.shards) * size_of::<QueueHead>() as u64
    }
}

/// The whole system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Footprint {
    pub(super) types: Vec<TypePlan>,
    /// Blocks of the grid; block 0 is the system's own.
    pub(super) grid: u32,
    /// Spare cells; a multiple of the free queues.
    pub(super) cells: u32,
    pub(super) cell_bytes: u32,
    /// Words of a slot of a host ring: the largest slot of an actor type, as `ringkernel.cuh` has it for ingress.
    pub(super) ring_words: u32,
    /// Messages to the host that wait in its mailbox before they take spare cells. Actors that tell the host are not started
    /// while a quarter is full, and what all lanes may then still send fits the rest.
    pub(super) host_depth: u32,
    /// Bytes of a slot of the host's mailbox.
    pub(super) host_slot_bytes: u32,
    /// Slots of one host ring.
    pub(super) ring_capacity: u32,
    pub(super) reply_bytes: u32,
}

impl Footprint {
    /// `reply_bytes` and `host_bytes` are the largest reply and the largest message to the host.
    pub(super) fn plan(
        sizes: &[TypeSize],
        depth: u32,
        cells: u32,
        window: u32,
        (reply_bytes, host_bytes): (usize, usize),
        resident_blocks: u32,
    ) -> Self {
        let actors: u32 = sizes.iter().map(|size| size.count).sum();
        let wanted_warps = actors.div_ceil(ACTORS_PER_WARP).max(BLOCK_WARPS);
        let grid = (wanted_warps.div_ceil(BLOCK_WARPS) + 1).min(resident_blocks).max(2);
        let warps = (grid - 1) * BLOCK_WARPS;
        let types = sizes
            .iter()
            .map(|size| {
                // Four warps for each shard: enough that one is always looking, few enough that they rarely collide.
                let shards = power_of_two_up_to((warps / 4).min(size.count.div_ceil(8)).max(1));
                TypePlan {
                    count: size.count,
                    row_bytes: size.state_bytes.max(1).next_multiple_of(16) as u32,
                    slot_bytes: size.slot_bytes,
                    depth,
                    shards,
                    ring: size.count.div_ceil(shards).next_power_of_two(),
                }
            })
            .collect::<Vec<_>>();
        let host_slot = slot_bytes(host_bytes);
        let largest = types.iter().map(|plan| plan.slot_bytes).max().unwrap_or(32);
        Self {
            types,
            grid,
            // A lane holds a few cells for itself, so there must be some for all of them; and with two for each actor the host
            // can send one message to nearly all at once (`admit` in control.cuh).
            cells: cells
                .max(warps * 32 * 2)
                .max(actors.saturating_mul(2))
                .next_multiple_of(POOL_SHARDS)
                .next_power_of_two(),
            // A cell holds a message to an actor or to the host.
            cell_bytes: largest.max(host_slot),
            ring_words: largest / 16,
            host_depth: (warps * 32 * RUN_MESSAGES).next_power_of_two().clamp(1 << 12, 1 << 20),
            host_slot_bytes: host_slot,
            ring_capacity: (window / RINGS).max(32).next_power_of_two(),
            reply_bytes: slot_bytes(reply_bytes.max(8)),
        }
    }

    pub(super) fn warps(&self) -> u32 {
        self.grid * BLOCK_WARPS
    }
}

/// The slot that a message of so many bytes travels in: 12 bytes a word after the first.
pub(super) fn slot_bytes(message: usize) -> u32 {
    let words = 1 + message.div_ceil(12) as u32;
    (words * 16).next_power_of_two().max(32)
}

fn power_of_two_up_to(n: u32) -> u32 {
    1 << n.ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(count: u32) -> Footprint {
        let size = TypeSize { count, state_bytes: 20, slot_bytes: 64 };
        Footprint::plan(&[size, size], 16, 1 << 20, 1 << 16, (8, 40), 132 * 3)
    }

    #[test]
    fn a_million_actors_fill_the_device() {
        let footprint = plan(500_000);
        assert_eq!(footprint.grid, 396);
        let one = footprint.types[0];
        assert_eq!((one.row_bytes, one.shards), (32, 512));
        assert!(one.shards * one.ring >= one.count);
        // Messages to actors fit 64 bytes, those to the host need 128.
        assert_eq!((footprint.ring_words, footprint.host_slot_bytes, footprint.cell_bytes), (4, 128, 128));
        // 16 slots of 64 bytes for 500,000 actors are half a gigabyte of mailboxes.
        assert_eq!(one.slot_area(), 512_000_000);
    }

    #[test]
    fn a_small_system_takes_a_small_grid() {
        let footprint = plan(1);
        assert_eq!(footprint.grid, 2);
        assert_eq!((footprint.types[0].shards, footprint.types[0].ring), (1, 1));
    }

    #[test]
    fn slots_are_powers_of_two() {
        assert_eq!([0, 12, 13, 36, 37, 84, 85, 180].map(slot_bytes), [32, 32, 64, 64, 128, 128, 256, 256]);
    }
}
