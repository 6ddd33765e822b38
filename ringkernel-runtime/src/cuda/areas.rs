//! Where everything lies: one allocation on the device and one beside it, both cut into areas.
//!
//! Few allocations start a system quickly, and each is one more call that nobody else's kernel may be present for. [`place`]
//! is run twice: from address 0, to learn how many bytes there are, and from where they are.

use ringkernel_codegen::abi::{Ingress, Mailbox, Params, Pool, QueueHead, Spill, Table, WarpStats};

use super::footprint::{Footprint, OUTBOX_SLOTS, POOL_SHARDS, REPLY_CELL_BITS, RINGS};

/// An allocation that is cut into areas from front to back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cut {
    first: u64,
    next: u64,
}

impl Cut {
    pub(super) const fn from(first: u64) -> Self {
        Self { first, next: first }
    }

    /// The address of an area that shares no cache line with another.
    pub(super) const fn area(&mut self, bytes: u64) -> u64 {
        let at = self.next;
        self.next += bytes.next_multiple_of(256);
        at
    }

    pub(super) const fn bytes(&self) -> u64 {
        self.next - self.first
    }
}

/// The kernel's parameters, whose addresses are areas of `device` and of `mapped`. `first_slots` are those of the types
/// that have actors.
pub(super) fn place(footprint: &Footprint, first_slots: &[u32], device: &mut Cut, mapped: &mut Cut) -> Params {
    let mut params = Params { types: footprint.types.len() as u32, ..Params::default() };
    let with_slots = footprint.types.iter().zip(first_slots.iter().copied().chain(std::iter::repeat(u32::MAX)));
    for (table, (plan, first_slot)) in params.tables.iter_mut().zip(with_slots) {
        *table = Table {
            mailboxes: device.area(plan.mailbox_area()),
            rows: device.area(plan.row_area()),
            slots: device.area(plan.slot_area()),
            spills: device.area(plan.spill_area()),
            ready_entries: device.area(plan.entry_area()),
            ready_heads: device.area(plan.head_area()),
            count: plan.count,
            first_slot,
            depth_mask: plan.depth - 1,
            row_bytes: plan.row_bytes,
            slot_bytes: plan.slot_bytes,
            shard_mask: plan.shards - 1,
            ring_mask: plan.ring - 1,
            reserved: 0,
        };
    }
    let (cells, cell_bytes) = (footprint.cells, footprint.cell_bytes);
    params.pool = Pool {
        heads: device.area(u64::from(POOL_SHARDS) * size_of::<QueueHead>() as u64),
        entries: device.area(u64::from(cells) * 16),
        cells: device.area(u64::from(cells) * u64::from(cell_bytes)),
        links: device.area(u64::from(cells) * 4),
        count: cells,
        cell_bytes,
        shard_mask: POOL_SHARDS - 1,
        ring_mask: cells / POOL_SHARDS - 1,
    };
    params.stats = device.area(u64::from(footprint.warps()) * size_of::<WarpStats>() as u64);
    params.run_flag = device.area(4096);

    // The host as a receiver: what comes is forwarded to the outbox.
    params.outbox = mapped.area(u64::from(OUTBOX_SLOTS) * u64::from(footprint.host_slot_bytes));
    params.outbox_mask = OUTBOX_SLOTS - 1;
    params.host = Table {
        mailboxes: device.area(size_of::<Mailbox>() as u64),
        spills: device.area(size_of::<Spill>() as u64),
        slots: device.area(u64::from(footprint.host_depth) * u64::from(footprint.host_slot_bytes)),
        count: 1,
        depth_mask: footprint.host_depth - 1,
        slot_bytes: footprint.host_slot_bytes,
        ..Table::default()
    };
    // The line at the end of each ring is where the device says how far it got; a line for each ring.
    let ring_bytes = u64::from(footprint.ring_capacity) * u64::from(footprint.ring_words) * 16;
    params.ingress = Ingress {
        slots: mapped.area(u64::from(RINGS) * ring_bytes),
        heads: device.area(u64::from(RINGS) * 128),
        taken: mapped.area(u64::from(RINGS) * 128),
        rings: RINGS,
        mask: footprint.ring_capacity - 1,
    };
    params.replies = mapped.area(u64::from(footprint.reply_bytes) << REPLY_CELL_BITS);
    params.reply_bytes = footprint.reply_bytes;
    params.reply_count = 1 << REPLY_CELL_BITS;
    // A page each: one is written by the host alone, the other by the device alone.
    params.host_line = mapped.area(4096);
    params.device_line = mapped.area(4096);
    params
}

#[cfg(test)]
mod tests {
    use super::super::footprint::TypeSize;
    use super::*;

    #[test]
    fn addresses_move_with_the_allocation() {
        let size = TypeSize { count: 1000, state_bytes: 20, slot_bytes: 64 };
        let footprint = Footprint::plan(&[size, size], 64, 1 << 12, 1 << 10, (8, 40), 132 * 3);
        let placed = |at: u64, mapped_at: u64| {
            let (mut device, mut mapped) = (Cut::from(at), Cut::from(mapped_at));
            let params = place(&footprint, &[0], &mut device, &mut mapped);
            (params, device.bytes(), mapped.bytes())
        };
        let (zero, bytes, mapped_bytes) = placed(0, 0);
        let (moved, same, same_mapped) = placed(1 << 40, 1 << 41);
        assert_eq!((bytes, mapped_bytes), (same, same_mapped));
        assert_eq!(moved.tables[1].ready_heads - (1 << 40), zero.tables[1].ready_heads);
        assert_eq!(moved.device_line - (1 << 41), zero.device_line);
        assert_eq!((zero.tables[0].first_slot, zero.tables[1].first_slot, zero.tables[1].count), (0, u32::MAX, 1000));
        // Rows of 32 bytes and 64 slots of 64, and the host's mailbox: spare cells are the most of the rest.
        let least = 2 * 1000 * (32 + 64 * 64) + u64::from(footprint.host_depth) * 64;
        assert!((least..2 * least).contains(&bytes), "{bytes}");
    }
}
