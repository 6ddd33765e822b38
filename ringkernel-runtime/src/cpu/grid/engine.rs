//! The host's side of a grid on the CPU.

use std::any::Any;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::thread;
use std::time::Duration;

use super::super::cells::available_memory;
use super::super::panics;
use super::mail::Envelope;
use super::runner::{self, States};
use super::shared::{Shared, lock_read};
use super::tile::TileHandle;
use crate::backend::{BackendKind, Description, Engine, GridPlan, HostType, InboxId, Ticket};
use crate::error::{AskError, EndError, RecvError, StartError, Unsent};
use crate::failure::{DeadLetter, Failure};
use crate::lang::addr::Parts;
use crate::lang::{Boundary, Grid, Place, PlaceError, Placer, TilePlace};
use crate::stats::Stats;
use crate::tile_groups::places;
use crate::tiling::{along, choose, cut, neighbours, on_each_side};

/// The most tiles: each is a thread.
const MAX_TILES: usize = 1024;

/// A running grid.
pub(crate) struct GridEngine {
    shared: Arc<Shared>,
    description: Description,
    /// Its `States`.
    pub(crate) states: Arc<dyn Any + Send + Sync>,
    host_window: u64,
}

impl GridEngine {
    /// Places the fields and starts a thread for each tile.
    pub(crate) fn start<A: Grid>(plan: GridPlan<A>) -> Result<Self, StartError> {
        panics::install_hook();
        let GridPlan { extents, sides, tile, groups, init, options } = plan;
        let threads = || thread::available_parallelism().map_or(1, NonZero::get) as u32;
        let tile = tile.unwrap_or_else(|| choose(&extents, options.workers.unwrap_or_else(threads)));
        let count = extents.iter().zip(&tile).map(|(extent, tile)| u64::from(extent.div_ceil(*tile))).product::<u64>();
        if count > MAX_TILES as u64 {
            let what = format!(
                "tiles of {tile:?} cells cut its domain of {extents:?} into {count}, and the CPU backend, which has a thread \
                 for each, takes {MAX_TILES} at most: use larger tiles, or leave `.tile(..)` out"
            );
            return Err(StartError::Grid { actor: A::NAME, what });
        }
        let tiles = cut(&extents, &tile);
        let near = neighbours(&tiles, &extents, &sides);
        let on_each_side = on_each_side(&extents, &tile, &sides);
        let places = places(A::NAME, &tiles, A::DIMS, &groups)?;
        let along = along(&extents, &tile);
        let axes =
            sides.iter().zip(along).map(|((low, _), along)| (along as usize, *low == Boundary::Periodic)).collect();
        let tiles: Vec<_> = tiles
            .into_iter()
            .zip(near)
            .zip(on_each_side)
            .zip(places)
            .map(|(((corners, near), on_side), places)| (corners, near, on_side, places))
            .collect();
        let count = tiles.len();
        let shared = Arc::new(Shared::new(A::NAME, extents.clone(), axes, tiles, options.inbox_depth));
        let mut arrays = Vec::new();
        let mut states = Vec::with_capacity(count);
        for index in 0..count {
            let tile = TileHandle::new(Arc::clone(&shared), index);
            let place = TilePlace { tile, extents: &extents, sides: &sides, arrays: &mut arrays, next: 0 };
            let mut placer = Placer(Place::Tile(place));
            let placed = catch_unwind(AssertUnwindSafe(|| init.place(&mut placer)));
            let placed = placed.map_err(|panic| StartError::InitPanicked {
                actor: A::NAME,
                index: index as u32,
                message: crate::cpu::panic_text(&*panic),
            })?;
            states.push(Mutex::new(placed.map_err(start_error)?));
        }
        let states = Arc::new(States(states));
        let mut failed = None;
        for index in 0..count {
            let (tile, states) = (Arc::clone(&shared), Arc::clone(&states));
            let thread = thread::Builder::new().name(format!("ringkernel-tile-{index}"));
            if let Err(error) = thread.spawn(move || runner::run(&tile, index, &states)) {
                shared.tile_ended();
                failed = Some(StartError::Threads(error.to_string()));
            }
        }
        if let Some(error) = failed {
            shared.stop();
            return Err(error);
        }
        let device = format!("{count} {}", if count == 1 { "tile" } else { "tiles, a thread each" });
        let host_window = u64::from(options.host_window.unwrap_or(1 << 14));
        let description = Description { kind: BackendKind::Cpu, device };
        Ok(Self { shared, description, states, host_window })
    }

    /// What the tiles share.
    pub(crate) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn send(
        &self,
        (to, after): (u64, u64),
        tag: u32,
        question: u64,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<(), Unsent> {
        let shared = &self.shared;
        if shared.ends() {
            return Err(Unsent::Stopped);
        }
        let index = Parts::of(to).slot as usize;
        let Some(tile) = shared.tiles.get(index) else { return Err(Unsent::NoSuchActor) };
        let counters = &shared.counters;
        let done = counters.handled.load(Ordering::Acquire) + counters.dead_letters.load(Ordering::Acquire);
        if counters.sent.load(Ordering::Acquire).saturating_sub(done) >= self.host_window {
            return Err(Unsent::Full);
        }
        counters.sent.fetch_add(1, Ordering::AcqRel);
        let mut payload = vec![0; len].into_boxed_slice();
        write(&mut payload);
        let envelope = Envelope { tag, question, after, payload };
        if after == 0 {
            tile.mailbox.push(envelope);
        } else {
            shared.controlled(|| tile.mailbox.push(envelope));
        }
        shared.tell_tiles();
        if shared.is_deserted() {
            shared.bury_all();
        }
        Ok(())
    }
}

fn start_error(error: PlaceError) -> StartError {
    match error {
        PlaceError::Memory { bytes } => {
            let available = available_memory().unwrap_or(u64::MAX);
            StartError::OutOfMemory { what: "the cells of a field", needed: bytes, available }
        }
        PlaceError::Corrupt(error) => StartError::Compile(error.to_string()),
        PlaceError::Device(what) => StartError::Cuda(what),
    }
}

impl Engine for GridEngine {
    fn description(&self) -> &Description {
        &self.description
    }

    fn tell(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        self.tell_after(0, to, tag, len, write)
    }

    fn ask(&self, to: u64, tag: u32, len: usize, write: impl FnOnce(&mut [u8])) -> Result<Ticket, Unsent> {
        self.ask_after(0, to, tag, len, write)
    }

    fn tell_after(
        &self,
        step: u64,
        to: u64,
        tag: u32,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<(), Unsent> {
        self.send((to, step), tag, 0, len, write)
    }

    fn ask_after(
        &self,
        step: u64,
        to: u64,
        tag: u32,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<Ticket, Unsent> {
        let question = self.shared.replies.open().ok_or(Unsent::Full)?;
        if let Err(error) = self.send((to, step), tag, question, len, write) {
            self.shared.replies.abandon(question);
            self.shared.replies.fail(question, AskError::Stopped);
            return Err(error);
        }
        Ok(Ticket(question))
    }

    fn poll_answer(&self, ticket: Ticket, out: &mut [u8]) -> Option<Result<(), AskError>> {
        let replies = &self.shared.replies;
        replies.poll(ticket.0, out).or_else(|| {
            if !self.shared.has_ended() {
                return None;
            }
            // No tile runs: an answer is there already, or never will be.
            replies.poll(ticket.0, out).or_else(|| {
                replies.fail(ticket.0, AskError::Stopped);
                replies.poll(ticket.0, out)
            })
        })
    }

    fn wake_on_answer(&self, ticket: Ticket, waker: &Waker) {
        self.shared.replies.listen(ticket.0, waker);
        if self.shared.has_ended() {
            waker.wake_by_ref();
        }
    }

    fn abandon(&self, ticket: Ticket) {
        self.shared.replies.abandon(ticket.0);
    }

    fn inbox(&self, message: HostType) -> InboxId {
        InboxId(self.shared.inbox(message.id).0)
    }

    fn poll_inbox(&self, inbox: InboxId, out: &mut [u8]) -> Option<Result<(), RecvError>> {
        let ended = self.shared.has_ended();
        let popped = lock_read(&self.shared.inboxes).get(inbox.0 as usize).and_then(|inbox| inbox.pop());
        let Some(payload) = popped else { return ended.then_some(Err(RecvError::Stopped)) };
        let len = payload.len().min(out.len());
        out[..len].copy_from_slice(&payload[..len]);
        Some(Ok(()))
    }

    fn wake_on_message(&self, inbox: InboxId, waker: &Waker) {
        if let Some(inbox) = lock_read(&self.shared.inboxes).get(inbox.0 as usize) {
            inbox.listen(waker);
        }
        if self.shared.has_ended() {
            waker.wake_by_ref();
        }
    }

    fn stats(&self) -> Stats {
        let counters = &self.shared.counters;
        let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Acquire);
        let (handled, dead_letters) = (of(&counters.handled), of(&counters.dead_letters));
        Stats {
            handled,
            dead_letters,
            sent_by_host: of(&counters.sent),
            sent_to_host: of(&counters.sent_to_host),
            failures: u64::from(self.shared.has_failed()),
            ..Stats::default()
        }
    }

    fn take_failures(&self) -> Vec<Failure> {
        self.shared.failures.take()
    }

    fn take_dead_letters(&self) -> Vec<DeadLetter> {
        self.shared.dead_letters.take()
    }

    fn stop(&self) {
        self.shared.stop();
    }

    fn wait_end(&self, timeout: Option<Duration>) -> Option<Result<(), EndError>> {
        self.shared.wait_end(timeout).then(|| match self.shared.failure() {
            Some(failure) => Err(EndError::GridFailed(Box::new(failure))),
            None => Ok(()),
        })
    }

    fn busy(&self) -> String {
        let now = self.shared.current_step();
        format!("{} is in step {}", self.shared.name, now + 1)
    }
}

impl Drop for GridEngine {
    fn drop(&mut self) {
        self.shared.stop();
    }
}
