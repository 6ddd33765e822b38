//! What a step reaches of its tile: meetings with other tiles, and what the context offers.
//!
//! A tile's meetings are numbered. To come to meeting `k` says that everything before is finished: what this tile read of
//! others and what it wrote. Who comes waits until those that it meets have come too, and then reads what they wrote; they
//! write again only after meeting `k + 1`, to which this tile has to come first.

use std::cell::{Cell, RefCell};
use std::panic::{Location, panic_any, resume_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::super::panics::{self, Fault};
use super::groups::Waited;
use super::mail::{Envelope, lock};
use super::scratch::Scratch;
use super::seen::Tile;
use super::shared::Shared;
use crate::error::AskError;
use crate::failure::FailureKind;
use crate::lang::neighbour::across;
use crate::lang::{Dir, Message, NotSent};

/// A tile of a grid.
#[derive(Clone)]
pub struct TileHandle {
    shared: Arc<Shared>,
    index: usize,
}

const APART: &str = "a neighbour is elsewhere in its step: what decides whether fields are updated or reduced must be the \
                     same in all tiles";

/// What a step is left with when the grid has failed elsewhere.
pub(super) struct Abandoned;

/// The tile that runs on this thread.
pub(crate) struct Current {
    pub(crate) handle: TileHandle,
    /// The question of the message that runs, until it is answered or kept; 0 for none.
    question: Cell<u64>,
    /// Questions that a failing handler dropped.
    orphans: RefCell<Vec<u64>>,
}

thread_local! {
    static CURRENT: Cell<*const Current> = const { Cell::new(ptr::null()) };
}

/// Does something with the tile that runs on this thread; nothing on other threads.
pub(crate) fn with_current<T>(f: impl FnOnce(&Current) -> T) -> Option<T> {
    let current = CURRENT.try_with(Cell::get).unwrap_or(ptr::null());
    // SAFETY: set by `Current::enter` to what it borrows, and reset before that borrow ends.
    unsafe { current.as_ref() }.map(f)
}

impl Current {
    pub(super) const fn new(handle: TileHandle) -> Self {
        Self { handle, question: Cell::new(0), orphans: RefCell::new(Vec::new()) }
    }

    /// Makes this the tile of this thread while `run` runs.
    pub(super) fn enter(&self, run: impl FnOnce()) {
        CURRENT.set(ptr::from_ref(self));
        run();
        CURRENT.set(ptr::null());
    }

    pub(super) fn ask(&self, question: u64) {
        self.question.set(question);
    }

    pub(crate) fn take_question(&self) -> u64 {
        self.question.take()
    }

    pub(crate) fn answer(&self, question: u64, len: usize, write: impl FnOnce(&mut [u8])) {
        self.handle.shared.replies.answer(question, len, write);
    }

    /// A `Reply` was dropped: by itself, or because its handler fails.
    pub(crate) fn drop_reply(&self, question: u64) {
        if panics::in_handler() && thread::panicking() {
            self.orphans.borrow_mut().push(question);
        } else {
            self.handle.shared.replies.fail(question, AskError::Dropped);
        }
    }

    /// Sends to the host. An inbox that is full fails the grid: a tile that waited would let all others wait.
    #[track_caller]
    pub(crate) fn tell_host<M: Message>(&self, message: &M) {
        let shared = &self.handle.shared;
        let mut payload = vec![0; M::SIZE].into_boxed_slice();
        message.encode(&mut payload);
        if shared.inbox(std::any::TypeId::of::<M>()).1.push(payload).is_err() {
            panic_any(Fault {
                kind: FailureKind::PoolExhausted,
                value: None,
                message: "the host's inbox is full: receive while the grid runs, or raise `.inbox_depth(..)`",
            });
        }
        shared.counters.sent_to_host.fetch_add(1, Ordering::AcqRel);
    }
}

impl TileHandle {
    pub(crate) const fn new(shared: Arc<Shared>, index: usize) -> Self {
        Self { shared, index }
    }

    pub(super) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(super) fn tile(&self) -> &Tile {
        &self.shared.tiles[self.index]
    }

    /// Its place among the tiles, x fastest.
    pub(crate) const fn index(&self) -> usize {
        self.index
    }

    /// How many tiles there are.
    pub(crate) fn tiles(&self) -> usize {
        self.shared.tiles.len()
    }

    /// Its address.
    pub(crate) fn address(&self) -> u64 {
        Shared::address(self.index as u32)
    }

    /// `Wave#3`
    pub(crate) fn name(&self) -> String {
        format!("{}#{}", self.shared.name, self.index)
    }

    /// Whether this is the same tile.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.index == other.index && Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Whether this thread runs the tile.
    pub(crate) fn is_current(&self) -> bool {
        with_current(|current| current.handle.is(self)).unwrap_or(false)
    }

    /// Its first cell, and the one after its last along each axis.
    pub(crate) fn corners<const D: usize>(&self) -> ([u32; D], [u32; D]) {
        let corners = self.tile().corners;
        (std::array::from_fn(|axis| corners.from[axis]), std::array::from_fn(|axis| corners.to[axis]))
    }

    /// How many axes the domain has.
    pub(crate) fn dimensions(&self) -> usize {
        self.shared.extents.len()
    }

    /// The extents of the domain.
    pub(crate) fn extents<const D: usize>(&self) -> [u32; D] {
        std::array::from_fn(|axis| self.shared.extents[axis])
    }

    /// Steps that it has done.
    pub(crate) fn step(&self) -> u64 {
        self.tile().completed.load(Ordering::Relaxed)
    }

    /// Lets the grid hold after this step. In a handler it fails the grid: neighbours may be in the midst of a step.
    #[track_caller]
    pub(crate) fn hold(&self) {
        let tile = self.tile();
        if tile.begun.load(Ordering::Relaxed) == tile.completed.load(Ordering::Relaxed) {
            let message =
                "`ctx.hold()` in a handler: let the handler set a member, and hold in the step where it is set";
            panic_any(Fault { kind: FailureKind::Panic, value: None, message });
        }
        self.shared.hold_after_step(self.index);
    }

    /// Sends to the tile on one side.
    pub(crate) fn send<M: Message>(&self, to: Dir, tag: u32, message: M) -> Result<(), NotSent<M>> {
        let side = to as usize;
        let Some(other) = self.tile().on_side[side] else { return Err(NotSent::NoNeighbour(message)) };
        let write = || {
            let mut payload = vec![0; M::SIZE].into_boxed_slice();
            message.encode(&mut payload);
            Envelope { tag, question: 0, after: 0, payload }
        };
        // From there, this tile is across.
        if self.shared.tiles[other].nearby.push(self.step() + 1, across(side), write) {
            Ok(())
        } else {
            Err(NotSent::Full(message))
        }
    }

    /// Remembers the cell at which it fails.
    pub(crate) fn note_cell(&self, cell: &[u32]) {
        *lock(&self.tile().failing_cell) = Some(cell.to_vec());
    }

    pub(super) fn take_cell(&self) -> Option<Vec<u32>> {
        lock(&self.tile().failing_cell).take()
    }

    /// Memory for a reduction.
    #[track_caller]
    pub(crate) fn scratch<R: Copy + Send + Sync + 'static>(&self, bricks: usize) -> Arc<Scratch<R>> {
        self.shared.scratch(bricks).unwrap_or_else(|| {
            panic_any(Fault {
                kind: FailureKind::Panic,
                value: None,
                message: "there is no memory for a reduction, which keeps a value for each cell",
            })
        })
    }

    /// Whether this tile has done as many operations as another one that waits for long, but is at another place.
    fn is_apart(&self, place: u64, group: Option<usize>) -> bool {
        let common = |tile: &Tile| tile.meetings.load(Ordering::Relaxed) + tile.member.common.load(Ordering::Relaxed);
        let at = common(self.tile());
        *lock(&self.tile().waits) = (at, place);
        self.shared.tiles.iter().any(|other| {
            let (there, of_other) = *lock(&other.waits);
            match group {
                // A tile of the group that waits at a later operation has passed by this barrier.
                Some(group) => of_other != 0 && there > at && other.member.is_in(group),
                None => there == at && of_other != place && of_other != 0 && place != 0,
            }
        })
    }

    /// Waits until something is so. `place` is where in its step this tile is, 0 if that is not to be compared; `group` the named group
    /// that it waits for.
    pub(super) fn wait_until(&self, place: u64, group: Option<usize>, mut has_come: impl FnMut() -> bool) -> Waited {
        let mut looks = 0_u32;
        while !has_come() {
            if self.shared.failed.load(Ordering::Relaxed) {
                return Waited::Abandoned;
            }
            looks += 1;
            // Few threads: the other is about to come. Many: it may wait for this processor.
            match looks {
                0..64 => std::hint::spin_loop(),
                64..4096 => thread::yield_now(),
                _ => {
                    if looks.is_multiple_of(64) && self.is_apart(place, group) {
                        return Waited::Apart;
                    }
                    thread::sleep(Duration::from_micros(50));
                }
            }
        }
        Waited::Come
    }

    /// Meets the tiles that can read cells of this one.
    #[track_caller]
    pub(crate) fn meet_neighbours(&self, place: &Location<'_>) {
        let at = self.come(place_of(place));
        for other in &self.tile().neighbours {
            self.wait_for(*other, at, place_of(place));
            // A neighbour is at most one meeting ahead, so what it left is still about this one.
            let others = self.shared.tiles[*other].places[(at & 1) as usize].load(Ordering::Relaxed);
            if others != place_of(place) {
                panic_any(Fault { kind: FailureKind::Panic, value: Some(others >> 32), message: APART });
            }
        }
    }

    /// Meets all tiles.
    #[track_caller]
    pub(crate) fn meet_all(&self, place: &Location<'_>) {
        let at = self.come(place_of(place));
        for other in (0..self.tiles()).filter(|other| *other != self.index) {
            self.wait_for(other, at, place_of(place));
        }
    }

    /// Meets the neighbours after a step; `false` if the grid has failed.
    pub(super) fn meet_after_step(&self) -> bool {
        let at = self.come(0);
        self.tile().neighbours.iter().all(|other| self.awaited(*other, at, 0) == Waited::Come)
    }

    /// Comes to the next meeting; gives its number.
    fn come(&self, place: u64) -> u64 {
        let tile = self.tile();
        let at = tile.meetings.load(Ordering::Relaxed) + 1;
        tile.places[(at & 1) as usize].store(place, Ordering::Relaxed);
        tile.meetings.store(at, Ordering::Release);
        at
    }

    /// Waits until another tile has come to meeting `at`.
    fn awaited(&self, other: usize, at: u64, place: u64) -> Waited {
        let meetings = &self.shared.tiles[other].meetings;
        self.wait_until(place, None, || meetings.load(Ordering::Acquire) >= at)
    }

    #[track_caller]
    fn wait_for(&self, other: usize, at: u64, place: u64) {
        match self.awaited(other, at, place) {
            Waited::Come => {}
            Waited::Abandoned => resume_unwind(Box::new(Abandoned)),
            Waited::Apart => panic_any(Fault { kind: FailureKind::Panic, value: None, message: APART }),
        }
    }
}

/// The line and column of a call, never 0.
pub(super) fn place_of(place: &Location<'_>) -> u64 {
    u64::from(place.line()) << 32 | u64::from(place.column())
}

impl std::fmt::Debug for TileHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())
    }
}
