//! What must hold between launches: nothing is lost, nothing is there twice.
//!
//! Reads memory directly; no lane may run.

use std::fmt::Write as _;

use ringkernel_codegen::abi::{Spill, WarpStats};

use crate::host::peek;
use crate::world::World;

const SPILL: u64 = size_of::<Spill>() as u64;
fn small(address: u64) -> u32 {
    peek(address, 4) as u32
}

/// Sums of the counters of all warps: handled, dead letters, spilled, starved, failed.
#[must_use]
pub fn counters(world: &World) -> [u64; 5] {
    let warps = u64::from(world.shape.grid.blocks * world.shape.grid.block_threads / 32);
    std::array::from_fn(|k| {
        (0..warps).map(|w| peek(world.params.stats + w * size_of::<WarpStats>() as u64 + k as u64 * 8, 8) as u64).sum()
    })
}

/// Every spare cell is in the pool or in exactly one chain, once.
///
/// # Errors
/// The first cell that is missing or there twice.
pub fn pool(world: &World) -> Result<(), String> {
    let p = &world.params;
    let mut seen = vec![0u32; p.pool.count as usize];
    let mut meet = |cell: u32, place: &str| {
        let Some(count) = seen.get_mut(cell as usize) else {
            return Err(format!("{place} holds cell {cell}, which does not exist"));
        };
        *count += 1;
        if *count > 1 { Err(format!("cell {cell} is there twice, the second time in {place}")) } else { Ok(()) }
    };
    for shard in 0..=u64::from(p.pool.shard_mask) {
        let (mut head, tail) = (small(p.pool.heads + shard * 128), small(p.pool.heads + shard * 128 + 4));
        if tail.wrapping_sub(head) > p.pool.ring_mask + 1 {
            return Err(format!("free queue {shard} holds {} cells", tail.wrapping_sub(head)));
        }
        while head != tail {
            let at = shard * u64::from(p.pool.ring_mask + 1) + u64::from(head & p.pool.ring_mask);
            let entry = p.pool.entries + at * 16;
            if small(entry) != head.wrapping_add(1) {
                return Err(format!("free queue {shard} has an unwritten entry at {head}"));
            }
            meet(small(entry + 4), "the pool")?;
            head = head.wrapping_add(1);
        }
    }
    let owners = (0..p.types as usize).map(|t| &p.tables[t]).chain([&p.host]);
    for table in owners {
        for i in 0..u64::from(table.count) {
            let spill = table.spills + i * SPILL;
            let (tail, first, cursor) = (small(spill), small(spill + 4), small(spill + 8));
            if tail == 0 {
                continue;
            }
            // The chain starts at the last consumed cell, which is kept until its successor is linked.
            let mut cell = if cursor != 0 { cursor } else { first };
            loop {
                if cell == 0 {
                    return Err(format!("the chain of mailbox {i} does not reach its tail"));
                }
                meet(cell - 1, "a chain")?;
                if cell == tail {
                    break;
                }
                cell = small(p.pool.links + u64::from(cell - 1) * 4);
            }
        }
    }
    match seen.iter().position(|n| *n == 0) {
        Some(cell) => Err(format!("cell {cell} is lost")),
        None => Ok(()),
    }
}

/// Every mailbox with messages has its actor on exactly one ready queue, and no other actor is on one.
///
/// # Errors
/// The first actor for which that does not hold.
pub fn ready(world: &World) -> Result<(), String> {
    let p = &world.params;
    for table in &p.tables[..p.types as usize] {
        let mut queued = vec![0u32; table.count as usize];
        for shard in 0..=u64::from(table.shard_mask) {
            let (mut head, tail) = (small(table.ready_heads + shard * 128), small(table.ready_heads + shard * 128 + 4));
            if tail.wrapping_sub(head) > table.ring_mask + 1 {
                return Err(format!("ready queue {shard} holds {} actors", tail.wrapping_sub(head)));
            }
            while head != tail {
                let at = shard * u64::from(table.ring_mask + 1) + u64::from(head & table.ring_mask);
                let entry = table.ready_entries + at * 16;
                if small(entry) != head.wrapping_add(1) {
                    return Err(format!("ready queue {shard} has an unwritten entry at {head}"));
                }
                let actor = small(entry + 4);
                let Some(count) = queued.get_mut(actor as usize) else {
                    return Err(format!("ready queue {shard} names actor {actor}, which does not exist"));
                };
                *count += 1;
                head = head.wrapping_add(1);
            }
        }
        for (i, n) in queued.iter().enumerate() {
            let waiting = small(table.mailboxes + i as u64 * 16);
            let slot = table.first_slot as usize + i;
            if *n > 1 {
                return Err(format!("actor {slot} is on ready queues {n} times"));
            }
            if waiting != 0 && *n == 0 {
                return Err(format!("actor {slot} has {waiting} messages and is on no ready queue"));
            }
            if waiting == 0 && *n != 0 {
                return Err(format!("actor {slot} has no message and is on a ready queue"));
            }
        }
    }
    Ok(())
}

/// Messages that are in mailboxes of actors, less those that were handled and not yet released.
#[must_use]
pub fn undelivered(world: &World) -> i64 {
    let p = &world.params;
    let mut total = 0;
    for t in &p.tables[..p.types as usize] {
        total += (0..u64::from(t.count)).map(|i| i64::from(small(t.mailboxes + i * 16))).sum::<i64>();
        for shard in 0..=u64::from(t.shard_mask) {
            let (head, tail) = (small(t.ready_heads + shard * 128), small(t.ready_heads + shard * 128 + 4));
            for k in 0..tail.wrapping_sub(head) {
                let at = shard * u64::from(t.ring_mask + 1) + u64::from(head.wrapping_add(k) & t.ring_mask);
                let entry = t.ready_entries + at * 16;
                total -= i64::from(small(entry + 12));
            }
        }
    }
    total
}

/// The most messages that an actor on a ready queue has consumed and not taken off its mailbox's count.
#[must_use]
pub fn unreleased(world: &World) -> u32 {
    let p = &world.params;
    let mut most = 0;
    for t in &p.tables[..p.types as usize] {
        for shard in 0..=u64::from(t.shard_mask) {
            let (head, tail) = (small(t.ready_heads + shard * 128), small(t.ready_heads + shard * 128 + 4));
            for k in 0..tail.wrapping_sub(head) {
                let at = shard * u64::from(t.ring_mask + 1) + u64::from(head.wrapping_add(k) & t.ring_mask);
                let entry = t.ready_entries + at * 16;
                most = most.max(small(entry + 12));
            }
        }
    }
    most
}

/// Mailboxes, chains and queues that are not empty, for reports.
#[must_use]
pub fn describe(world: &World) -> String {
    let p = &world.params;
    let mut text = String::new();
    let owners = p.tables[..p.types as usize]
        .iter()
        .enumerate()
        .map(|(k, t)| (k.to_string(), t))
        .chain([("host".into(), &p.host)]);
    for (name, table) in owners {
        for i in 0..u64::from(table.count) {
            let (count, ticket) = (small(table.mailboxes + i * 16), small(table.mailboxes + i * 16 + 4));
            let [tail, first, cursor] = std::array::from_fn(|k| small(table.spills + i * SPILL + k as u64 * 4));
            if count != 0 || tail != 0 {
                let _ = writeln!(
                    text,
                    "  mailbox {name}[{i}]: ticket {ticket}, count {count}, depth {}; chain tail {tail}, first {first}, cursor {cursor}",
                    table.depth_mask + 1
                );
            }
        }
        for shard in 0..=u64::from(table.shard_mask) {
            if table.ready_heads == 0 {
                break;
            }
            let (head, tail) = (small(table.ready_heads + shard * 128), small(table.ready_heads + shard * 128 + 4));
            for at in (0..tail.wrapping_sub(head)).map(|k| head.wrapping_add(k)) {
                let entry = table.ready_entries
                    + (shard * u64::from(table.ring_mask + 1) + u64::from(at & table.ring_mask)) * 16;
                let [seq, actor, base, done] = std::array::from_fn(|k| small(entry + k as u64 * 4));
                let _ = writeln!(
                    text,
                    "  ready {name} shard {shard} at {at}: seq {seq}, actor {actor}, base {base}, done {done}"
                );
            }
        }
    }
    let free: u32 = (0..=u64::from(p.pool.shard_mask))
        .map(|s| small(p.pool.heads + s * 128 + 4).wrapping_sub(small(p.pool.heads + s * 128)))
        .sum();
    let _ = writeln!(text, "  {free} of {} spare cells are free", p.pool.count);
    text
}
