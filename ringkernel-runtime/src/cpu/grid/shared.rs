//! What the tiles of a grid and the host share: where each tile is, and how far it may go.
//!
//! `target` is the step at which tiles hold. A tile announces the step that it begins (`begun`) before it looks at
//! `target`, and who lowers `target` looks at `begun` afterwards; both are sequentially consistent, so a tile either sees
//! the lower target or is seen. That is how all tiles come to hold at one step without any lock between them.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock};
use std::time::{Duration, Instant};

use super::super::log::Log;
use super::super::replies::Replies;
use super::groups::Groups;
use super::mail::{ALL, Inbox, lock};
use super::scratch::Scratch;
use super::seen::Tile;
use crate::error::{AskError, GridError};
use crate::failure::{DeadLetter, Failure};
use crate::lang::neighbour::SIDES;
use crate::tile_groups::Places;
use crate::tiling::Corners;

/// How often a run that waits is looked at, though nobody says that it has come to its end.
const LOOK: Duration = Duration::from_millis(1);

/// Steps without end.
pub(crate) const FREELY: u64 = u64::MAX;

#[derive(Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) handled: AtomicU64,
    pub(super) dead_letters: AtomicU64,
    pub(super) sent_to_host: AtomicU64,
}

/// What the tiles of a grid and the host share.
pub(crate) struct Shared {
    pub(super) name: &'static str,
    pub(super) extents: Vec<u32>,
    pub(super) tiles: Vec<Tile>,
    /// Tiles along each axis, and whether it goes on at the other side.
    pub(super) axes: Vec<(usize, bool)>,
    /// Who has come to barriers.
    pub(super) groups: Groups,
    target: AtomicU64,
    /// The target as callers know it: what looks at the grid lowers `target` for a moment, and not this.
    wanted: AtomicU64,
    /// The step at which it held last, or will.
    last_held: AtomicU64,
    /// The step at which the grid's own code asked it to hold.
    held_by_step: AtomicU64,
    /// A stop was asked for; the step to end at is decided by who may.
    stopping: AtomicBool,
    end_at: AtomicU64,
    pub(super) failed: AtomicBool,
    failure: Mutex<Option<Failure>>,
    alive: AtomicUsize,
    /// None is, and what they leave is accounted for.
    ended: AtomicBool,
    /// One who changes `target` at a time.
    control: Mutex<()>,
    /// Tiles wait here for steps, mail and the end; the host for progress.
    changed: Mutex<()>,
    for_tiles: Condvar,
    for_host: Condvar,
    pub(super) replies: Replies,
    pub(super) counters: Counters,
    pub(super) failures: Log<Failure>,
    pub(super) dead_letters: Log<DeadLetter>,
    pub(super) inboxes: RwLock<Vec<Arc<Inbox>>>,
    pub(super) inbox_depth: u32,
    scratch: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl Shared {
    pub(super) fn new(
        name: &'static str,
        extents: Vec<u32>,
        axes: Vec<(usize, bool)>,
        tiles: Vec<(Corners, Vec<usize>, [Option<usize>; SIDES], Places)>,
        inbox_depth: u32,
    ) -> Self {
        let tiles: Vec<_> = tiles
            .into_iter()
            .map(|(corners, neighbours, on_side, places)| Tile::new(corners, neighbours, on_side, places))
            .collect();
        Self {
            name,
            extents,
            alive: AtomicUsize::new(tiles.len()),
            ended: AtomicBool::new(false),
            tiles,
            axes,
            groups: Groups::default(),
            target: AtomicU64::new(0),
            wanted: AtomicU64::new(0),
            last_held: AtomicU64::new(0),
            held_by_step: AtomicU64::new(FREELY),
            stopping: AtomicBool::new(false),
            end_at: AtomicU64::new(FREELY),
            failed: AtomicBool::new(false),
            failure: Mutex::default(),
            control: Mutex::default(),
            changed: Mutex::default(),
            for_tiles: Condvar::new(),
            for_host: Condvar::new(),
            replies: Replies::new(),
            counters: Counters::default(),
            failures: Log::new(),
            dead_letters: Log::new(),
            inboxes: RwLock::default(),
            inbox_depth,
            scratch: Mutex::default(),
        }
    }

    /// The extents of the domain.
    pub(crate) fn extents(&self) -> &[u32] {
        &self.extents
    }

    /// How many tiles there are.
    pub(crate) fn tiles(&self) -> u32 {
        self.tiles.len() as u32
    }

    /// The tile that has a cell.
    pub(crate) fn tile_of(&self, cell: &[u32]) -> Option<u32> {
        let within = |corners: &Corners| {
            (0..cell.len()).all(|axis| (corners.from[axis]..corners.to[axis]).contains(&cell[axis]))
        };
        self.tiles.iter().position(|tile| within(&tile.corners)).map(|tile| tile as u32)
    }

    /// Memory for a reduction to values of type `R`; `None` if there is not so much.
    pub(super) fn scratch<R: Copy + Send + Sync + 'static>(&self, bricks: usize) -> Option<Arc<Scratch<R>>> {
        let mut all = lock(&self.scratch);
        let cells = self.extents.iter().map(|extent| *extent as usize).product();
        if let Some(any) = all.get(&TypeId::of::<R>()) {
            return Arc::clone(any).downcast().ok();
        }
        let scratch = Arc::new(Scratch::<R>::new(cells, bricks)?);
        all.insert(TypeId::of::<R>(), Arc::<Scratch<R>>::clone(&scratch));
        Some(scratch)
    }

    // ---- steps ------------------------------------------------------------------------------------------------

    /// Whether tile `index` may do its next step; if so, it has begun.
    pub(super) fn begin(&self, index: usize) -> bool {
        let tile = &self.tiles[index];
        let step = tile.completed.load(Ordering::Relaxed);
        tile.begun.store(step + 1, Ordering::SeqCst);
        if step < self.target.load(Ordering::SeqCst) {
            return true;
        }
        tile.begun.store(step, Ordering::SeqCst);
        false
    }

    /// Tile `index` does something else before the step that it has begun. Who has seen it begin waits for that step, which
    /// the target then is not below.
    pub(super) fn not_yet(&self, index: usize) {
        let tile = &self.tiles[index];
        tile.begun.store(tile.completed.load(Ordering::Relaxed), Ordering::SeqCst);
    }

    /// For which steps tile `index` may hear messages now: for those that it has done, and for all where the grid holds for longer than a
    /// moment.
    pub(super) fn heard_up_to(&self, index: usize) -> u64 {
        let step = self.tiles[index].completed.load(Ordering::SeqCst);
        let end = self.wanted.load(Ordering::SeqCst).min(self.held_by_step.load(Ordering::SeqCst));
        if step < end { step } else { ALL }
    }

    /// Whether it has such a message.
    pub(super) fn has_mail(&self, index: usize) -> bool {
        self.tiles[index].mailbox.has_any(self.heard_up_to(index))
    }

    /// A tile has done a step.
    pub(super) fn complete(&self, index: usize) {
        self.tiles[index].completed.fetch_add(1, Ordering::SeqCst);
    }

    /// It has handled what its neighbours told it in that step.
    pub(super) fn settle(&self, index: usize) {
        let step = self.tiles[index].completed.load(Ordering::Relaxed);
        self.tiles[index].settled.store(step, Ordering::SeqCst);
        if step >= self.target.load(Ordering::SeqCst) {
            self.tell_host();
        }
    }

    /// The grid's own code asks it to hold after the step that tile `index` is doing.
    pub(super) fn hold_after_step(&self, index: usize) {
        let step = self.tiles[index].begun.load(Ordering::SeqCst);
        self.held_by_step.fetch_min(step, Ordering::SeqCst);
        self.target.fetch_min(step, Ordering::SeqCst);
    }

    /// Steps that all tiles have done, and what neighbours told each other in them.
    pub(crate) fn current_step(&self) -> u64 {
        self.tiles.iter().map(|tile| tile.settled.load(Ordering::SeqCst)).min().unwrap_or(0)
    }

    /// Does something as the only one who changes `target`. Who asks for a stop meanwhile leaves that to this one, since a
    /// stop waits for nobody.
    pub(super) fn controlled<T>(&self, then: impl FnOnce() -> T) -> T {
        let done = {
            let _control = lock(&self.control);
            then()
        };
        self.settle_stop();
        done
    }

    /// Decides the step to end at, if a stop was asked for and nobody else is about to.
    fn settle_stop(&self) {
        if self.stopping.load(Ordering::SeqCst)
            && let Ok(_control) = self.control.try_lock()
            && !self.is_ending()
        {
            let (step, _) = self.lower();
            self.end_at.store(step, Ordering::SeqCst);
            self.tell_tiles();
        }
    }

    /// Whether the step to end at is decided.
    fn is_ending(&self) -> bool {
        self.end_at.load(Ordering::SeqCst) != FREELY
    }

    /// Lets the grid go on, to step `target` in all.
    fn release(&self, target: u64) {
        self.target.store(target, Ordering::SeqCst);
        self.tell_tiles();
    }

    /// Lowers the target to the first step that all can hold at; gives that, and the target before.
    fn lower(&self) -> (u64, u64) {
        let before = self.target.swap(0, Ordering::SeqCst);
        let begun = self.tiles.iter().map(|tile| tile.begun.load(Ordering::SeqCst)).max().unwrap_or(0);
        // One step further than where it held last, or who reads all the time would never let it go on.
        let step = begun.max(self.last_held.load(Ordering::SeqCst) + 1).min(before);
        self.last_held.store(step, Ordering::SeqCst);
        self.target.store(step, Ordering::SeqCst);
        self.tell_tiles();
        (step, before)
    }

    /// Waits until all tiles hold at the target or at `step`, whatever comes first.
    fn wait_held(&self, step: u64) -> Result<u64, GridError> {
        let mut guard = lock(&self.changed);
        loop {
            self.check()?;
            let now = self.current_step();
            if now >= step.min(self.target.load(Ordering::SeqCst)) {
                return Ok(now);
            }
            guard = self.for_host.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    /// Waits until the grid has done so many steps, or holds before by its own wish or somebody's else. Others may let it go on meanwhile,
    /// and then no tile says that it has come to this step: so it is also looked at now and then.
    fn wait_for(&self, step: u64) -> Result<u64, GridError> {
        let mut guard = lock(&self.changed);
        loop {
            self.check()?;
            let now = self.current_step();
            let held = self.wanted.load(Ordering::SeqCst).min(self.held_by_step.load(Ordering::SeqCst));
            if now >= step.min(held) {
                return Ok(now);
            }
            guard = self.for_host.wait_timeout(guard, LOOK).unwrap_or_else(std::sync::PoisonError::into_inner).0;
        }
    }

    /// An error if nobody does steps any more.
    fn check(&self) -> Result<(), GridError> {
        if let Some(failure) = lock(&self.failure).clone() {
            return Err(GridError::Failed(Box::new(failure)));
        }
        if self.stopping.load(Ordering::SeqCst) { Err(GridError::Stopped) } else { Ok(()) }
    }

    /// Sends something between two steps, when no message waits for a later step: those after it to the same tile would.
    pub(crate) fn while_open<T>(&self, send: impl FnOnce() -> T) -> T {
        let waits = || self.tiles.iter().any(|tile| tile.mailbox.has_timed()) && !self.ends();
        let mut send = Some(send);
        loop {
            while waits() {
                std::thread::sleep(LOOK);
            }
            let sent = self.while_held(|| if waits() { None } else { send.take().map(|send| send()) });
            if let Some(sent) = sent {
                return sent;
            }
        }
    }

    /// Does something while the grid holds, and then lets it go on as before. If it failed or ended it holds anyway.
    pub(crate) fn while_held<T>(&self, then: impl FnOnce() -> T) -> T {
        self.controlled(|| {
            let (step, before) = self.lower();
            let _ = self.wait_held(step);
            let done = then();
            self.release(before.min(self.held_by_step.load(Ordering::SeqCst)));
            done
        })
    }

    /// Lets the grid do `steps` more than it was told before, or than it has done if it ran freely; gives the step that
    /// it will hold at. Waits for the step under way, since that may hold the grid by itself.
    pub(crate) fn step(&self, steps: u64) -> Result<u64, GridError> {
        self.controlled(|| {
            if self.is_ending() {
                return Err(self.why_not());
            }
            let (held, before) = self.lower();
            self.wait_held(held)?;
            let by_itself = self.held_by_step.swap(FREELY, Ordering::SeqCst) <= held;
            let from = if by_itself || before == FREELY { held } else { before };
            let target = from.saturating_add(steps);
            self.wanted.store(target, Ordering::SeqCst);
            self.release(target);
            Ok(target)
        })
    }

    /// Lets the grid do `steps` more and waits until it has; gives the step at which it holds.
    pub(crate) fn run(&self, steps: u64) -> Result<u64, GridError> {
        self.wait_for(self.step(steps)?)
    }

    /// Lets the grid hold as soon as it can; gives the step.
    pub(crate) fn hold(&self) -> Result<u64, GridError> {
        self.controlled(|| {
            if self.is_ending() {
                return Err(self.why_not());
            }
            let (step, _) = self.lower();
            self.wanted.fetch_min(step, Ordering::SeqCst);
            // Messages for later steps are heard here.
            self.tell_tiles();
            self.wait_held(step)
        })
    }

    fn why_not(&self) -> GridError {
        self.failure().map_or(GridError::Stopped, |failure| GridError::Failed(Box::new(failure)))
    }

    // ---- waking -----------------------------------------------------------------------------------------------

    pub(super) fn tell_tiles(&self) {
        let _changed = lock(&self.changed);
        self.for_tiles.notify_all();
    }

    fn tell_host(&self) {
        let _changed = lock(&self.changed);
        self.for_host.notify_all();
    }

    /// Whether tile `index` has something to do besides waiting.
    fn is_wanted(&self, index: usize) -> bool {
        let tile = &self.tiles[index];
        self.has_mail(index)
            || self.ends_here(index)
            || tile.completed.load(Ordering::SeqCst) < self.target.load(Ordering::SeqCst)
    }

    /// Waits until there is something to do for tile `index`.
    pub(super) fn wait_wanted(&self, index: usize) {
        let mut guard: MutexGuard<'_, ()> = lock(&self.changed);
        while !self.is_wanted(index) {
            guard = self.for_tiles.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
    }

    // ---- the end ----------------------------------------------------------------------------------------------

    /// Whether messages find nobody any more.
    pub(super) fn ends(&self) -> bool {
        self.stopping.load(Ordering::SeqCst) || self.has_failed()
    }

    /// Whether tile `index` is to end now.
    pub(super) fn ends_here(&self, index: usize) -> bool {
        self.has_failed() || self.tiles[index].completed.load(Ordering::SeqCst) >= self.end_at.load(Ordering::SeqCst)
    }

    /// Asks all tiles to end, at one step. Waits for nobody.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.settle_stop();
        self.tell_host();
    }

    /// A tile has failed, and with it the grid.
    pub(super) fn fail(&self, failure: Failure) {
        tracing::warn!(target: "ringkernel", actor = %failure.name, "{failure}");
        let first = lock(&self.failure).get_or_insert_with(|| failure.clone()).clone();
        self.failures.add(failure);
        self.failed.store(true, Ordering::SeqCst);
        self.replies.fail_all(&AskError::Failed(Box::new(first)));
        self.tell_tiles();
        self.tell_host();
    }

    /// The first failure.
    pub(crate) fn failure(&self) -> Option<Failure> {
        lock(&self.failure).clone()
    }

    /// Whether a tile failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::SeqCst)
    }

    pub(super) fn tile_ended(&self) {
        if self.alive.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.bury_all();
            self.replies.fail_all(&AskError::Stopped);
            self.ended.store(true, Ordering::SeqCst);
            lock_read(&self.inboxes).iter().for_each(|inbox| inbox.wake());
        }
        self.tell_host();
    }

    /// Whether no tile hears messages any more: who has sent one buries it.
    pub(super) fn is_deserted(&self) -> bool {
        self.alive.load(Ordering::SeqCst) == 0
    }

    /// Whether no tile runs any more, and what was sent to them is accounted for.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Waits until no tile runs any more; `false` if that took too long.
    pub(super) fn wait_end(&self, timeout: Option<Duration>) -> bool {
        let start = Instant::now();
        let mut guard = lock(&self.changed);
        while !self.has_ended() {
            guard = match timeout {
                None => self.for_host.wait(guard).unwrap_or_else(std::sync::PoisonError::into_inner),
                Some(timeout) => {
                    let Some(rest) = timeout.checked_sub(start.elapsed()).filter(|rest| !rest.is_zero()) else {
                        return false;
                    };
                    self.for_host.wait_timeout(guard, rest).unwrap_or_else(std::sync::PoisonError::into_inner).0
                }
            };
        }
        true
    }
}

pub(super) fn lock_read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}
