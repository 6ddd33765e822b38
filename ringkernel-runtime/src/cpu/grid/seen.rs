//! One tile, as the others and the host see it.

use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use crossbeam_utils::CachePadded;

use super::groups::Member;
use super::mail::Mailbox;
use super::nearby::Nearby;
use crate::lang::neighbour::SIDES;
use crate::tile_groups::Places;
use crate::tiling::Corners;

/// One tile, as the others and the host see it.
pub(super) struct Tile {
    pub(super) corners: Corners,
    pub(super) neighbours: Vec<usize>,
    /// How many meetings this tile has come to: it has finished what it did before.
    pub(super) meetings: CachePadded<AtomicU64>,
    /// The line of the source at which its last meetings are, by the parity of their number.
    pub(super) places: [AtomicU64; 2],
    /// For others that wait long as well: how many operations it had come to when it began to wait, and where that is.
    pub(super) waits: Mutex<(u64, u64)>,
    /// Its part in barriers.
    pub(super) member: Member,
    /// Steps that were begun, or are about to be.
    pub(super) begun: CachePadded<AtomicU64>,
    /// Steps that are done.
    pub(super) completed: CachePadded<AtomicU64>,
    /// Those of them of which the neighbours' messages are handled, too: what the host is told.
    pub(super) settled: CachePadded<AtomicU64>,
    pub(super) mailbox: Mailbox,
    /// The tile on each side.
    pub(super) on_side: [Option<usize>; SIDES],
    /// What those tell this one.
    pub(super) nearby: Nearby,
    /// The cell at which it failed.
    pub(super) failing_cell: Mutex<Option<Vec<u32>>>,
}

impl Tile {
    pub(super) fn new(
        corners: Corners,
        neighbours: Vec<usize>,
        on_side: [Option<usize>; SIDES],
        places: Places,
    ) -> Self {
        Self {
            corners,
            neighbours,
            meetings: CachePadded::default(),
            places: Default::default(),
            waits: Mutex::default(),
            member: Member::new(places),
            begun: CachePadded::default(),
            completed: CachePadded::default(),
            settled: CachePadded::default(),
            mailbox: Mailbox::default(),
            on_side,
            nearby: Nearby::default(),
            failing_cell: Mutex::default(),
        }
    }
}
