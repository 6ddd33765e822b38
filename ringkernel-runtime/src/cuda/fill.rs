//! What the kernel finds in its memory when it begins.
//!
//! Everything is zero but what is written here: mailboxes, the actors' states, the free queues of spare cells, and the data
//! that states refer to.

use std::sync::Arc;

use ringkernel_codegen::abi::{Params, QueueHead, Table};

use super::areas::Cut;
use super::driver::DeviceMemory;
use super::footprint::POOL_SHARDS;
use super::residence::{Inner, Parameters};
use super::roster::Alone;
use crate::backend::Group;
use crate::error::StartError;
use crate::lang::shared as shared_data;

/// Bytes that are made and copied at once.
const CHUNK: usize = 1 << 22;

/// Mailboxes, states and spare cells. Calls a user's closures.
pub(super) fn actors(groups: &mut [Box<dyn Group>], inner: &Inner<Params>) -> Result<(), StartError> {
    let params = &inner.launch.params;
    for (i, table) in params.tables[..params.types as usize].iter().enumerate() {
        write(inner, table.mailboxes, &mailbox_bytes().repeat(table.count as usize))?;
        if let Some(group) = groups.get_mut(i) {
            encode(inner, table, group.as_mut())?;
        }
    }
    pool(inner)
}

fn write(inner: &Inner<Params>, address: u64, data: &[u8]) -> Result<(), StartError> {
    Ok(inner.launch.memory.write(&inner.launch.stream, address, data)?)
}

/// A mailbox whose tenant is alive and of the first generation.
fn mailbox_bytes() -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[8..12].copy_from_slice(&1u32.to_le_bytes());
    bytes[12..].copy_from_slice(&1u32.to_le_bytes());
    bytes
}

/// Has the actors made, and writes their states.
fn encode(inner: &Inner<Params>, table: &Table, group: &mut dyn Group) -> Result<(), StartError> {
    let (row, size, all) = (table.row_bytes as usize, group.state_layout().0, table.count as usize);
    let in_chunk = (CHUNK / row).max(1);
    let mut chunk = vec![0; in_chunk.min(all) * row];
    for first in (0..all).step_by(in_chunk) {
        let count = in_chunk.min(all - first);
        for (i, out) in chunk.chunks_exact_mut(row).take(count).enumerate() {
            group.encode_next((first + i) as u32, &mut out[..size])?;
        }
        write(inner, table.rows + (first * row) as u64, &chunk[..count * row])?;
    }
    Ok(())
}

/// Spare cells, all of them free.
fn pool(inner: &Inner<Params>) -> Result<(), StartError> {
    let pool = &inner.launch.params.pool;
    let ring = pool.ring_mask + 1;
    // In pieces that use the same memory: fresh pages take longer than the copy.
    let in_chunk = (CHUNK / 16).min(pool.count as usize);
    let mut chunk = Vec::with_capacity(in_chunk * 16);
    for first in (0..pool.count).step_by(in_chunk) {
        chunk.clear();
        for at in first..pool.count.min(first + in_chunk as u32) {
            // {seq, cell, -, -}: position p of a shard holds a cell whose number names that shard.
            let (shard, position) = (at >> ring.ilog2(), at & pool.ring_mask);
            let entry = u128::from(position * POOL_SHARDS + shard) << 32 | u128::from(position + 1);
            chunk.extend_from_slice(&entry.to_le_bytes());
        }
        write(inner, pool.entries + u64::from(first) * 16, &chunk)?;
    }
    let mut heads = vec![0; POOL_SHARDS as usize * size_of::<QueueHead>()];
    for head in heads.chunks_exact_mut(size_of::<QueueHead>()) {
        head[4..8].copy_from_slice(&ring.to_le_bytes());
    }
    write(inner, pool.heads, &heads)
}

/// Uploads what the states refer to, and says what that is: the table is indexed by the number in a handle. States have been
/// made, so that all of it is known; memory for it is taken by whoever is `alone`.
pub(super) fn shared<P: Parameters>(
    inner: &mut Inner<P>,
    alone: impl FnOnce() -> Result<Alone, StartError>,
) -> Result<Vec<u32>, StartError> {
    let kept = shared_data::kept();
    let mut table = vec![0; kept.iter().map(|(id, _)| *id as usize + 1).max().unwrap_or(0) * 16];
    if table.is_empty() {
        return Ok(Vec::new());
    }
    let placed = |cut: &mut Cut| {
        let table = cut.area(table.len() as u64);
        let data: Vec<u64> = kept.iter().map(|(_, data)| cut.area(data.size() as u64)).collect();
        (table, data)
    };
    let mut cut = Cut::from(0);
    placed(&mut cut);
    let stream = Arc::clone(&inner.launch.stream);
    let memory = {
        let _alone = alone()?;
        let available = inner.device.memory()?.0;
        let (what, needed) = ("the data that actors share", cut.bytes());
        DeviceMemory::zeroed(&stream, needed as usize).map_err(|error| {
            if error.is_out_of_memory() { StartError::OutOfMemory { what, needed, available } } else { error.into() }
        })?
    };
    let (base, addresses) = placed(&mut Cut::from(memory.address()));
    for ((id, data), address) in kept.iter().zip(addresses) {
        let mut bytes = vec![0; data.size()];
        data.encode(&mut bytes);
        memory.write(&stream, address, &bytes)?;
        if data.writable() {
            inner.written.push((Arc::clone(data), address));
        }
        let entry = &mut table[*id as usize * 16..][..16];
        entry[..8].copy_from_slice(&address.to_le_bytes());
        entry[8..].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    }
    memory.write(&stream, base, &table)?;
    inner.launch.params.set_shared(base);
    inner.shared = Some(memory);
    Ok(kept.iter().map(|(id, _)| *id).collect())
}
