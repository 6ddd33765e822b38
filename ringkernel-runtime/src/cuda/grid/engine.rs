//! A running grid on a GPU, as the typed API uses it.

use std::any::Any;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use ringkernel_codegen::abi::GridArray;

use super::super::driver::{DriverError, Rows, Stream};
use super::super::emulate::patience;
use super::super::host::Outcome;
use super::super::residence::Reins as _;
use super::mail::{Header, Mail};
use super::pause::Pause;
use super::plan::Plan;
use super::shared::{Kernel, Shared, lock};
use crate::backend::{Description, Engine, HostType, InboxId, Ticket};
use crate::cpu::grid::States;
use crate::error::{AskError, EndError, GridError, RecvError, Unsent};
use crate::failure::{DeadLetter, Failure};
use crate::lang::addr::Parts;
use crate::lang::{Grid, Kept, MAX_PAYLOAD};
use crate::stats::Stats;

/// How long a drop waits for the kernel: longer than the keeper takes to break it off.
const END_PATIENCE: Duration = Duration::from_secs(3);

/// A running grid on a GPU.
pub(crate) struct CudaGrid {
    pub(super) shared: Arc<Shared>,
    pub(super) kernel: Arc<Kernel>,
    pub(super) description: Description,
    /// For copies while the kernel runs.
    pub(super) copies: Mutex<Stream>,
    pub(super) arrays: Vec<GridArray>,
    pub(super) cell_bytes: Vec<usize>,
    pub(super) row_bytes: usize,
    /// Where members and fields are in what a tile keeps.
    pub(super) value_offsets: Vec<usize>,
    pub(super) field_offsets: Vec<usize>,
    /// The state as the builder was given it.
    pub(super) first: Box<dyn Any + Send + Sync>,
    pub(super) keeper: Option<JoinHandle<()>>,
}

/// What the typed API asks beside messages.
impl CudaGrid {
    fn keeper(&self) -> Option<&Thread> {
        self.keeper.as_ref().map(JoinHandle::thread)
    }

    /// Keeps the state as the builder was given it.
    pub(crate) fn keep<A: Grid>(&mut self, init: A) {
        self.first = Box::new(States(vec![Mutex::new(init)]));
    }

    /// That, as the [`States`] of one tile.
    pub(crate) fn first(&self) -> &(dyn Any + Send + Sync) {
        &*self.first
    }

    pub(crate) fn extents(&self) -> &[u32] {
        &self.shared.extents
    }

    pub(crate) fn tiles(&self) -> u32 {
        self.shared.plan.tiles() as u32
    }

    /// The tile that has a cell.
    pub(crate) fn tile_of(&self, cell: &[u32]) -> Option<u32> {
        let Plan { tile, along, .. } = self.shared.plan;
        if cell.iter().zip(&self.shared.extents).any(|(at, extent)| at >= extent) {
            return None;
        }
        Some((0..cell.len()).rev().fold(0, |index, axis| index * along[axis] + cell[axis] / tile[axis]))
    }

    pub(crate) fn current_step(&self) -> u64 {
        self.shared.steps.completed()
    }

    pub(crate) fn step(&self, steps: u64) -> Result<u64, GridError> {
        self.shared.steps.step(steps, self.shared.mail.as_ref(), &self.shared.over)
    }

    pub(crate) fn run(&self, steps: u64) -> Result<u64, GridError> {
        let target = self.step(steps)?;
        let step = self.shared.steps.wait_for(target, &self.shared.over)?;
        self.hear_all().map(|()| step)
    }

    /// Waits until the host has what tiles told it in the steps that are done.
    fn hear_all(&self) -> Result<(), GridError> {
        let mut pause = Pause::new();
        while !self.shared.told.is_taken(&self.shared.lines) {
            self.shared.over.check()?;
            self.shared.bell.ring(self.keeper());
            pause.wait();
        }
        // What came last may have been too much for an inbox.
        if self.shared.over.has_failed() { self.shared.over.check() } else { Ok(()) }
    }

    pub(crate) fn hold(&self) -> Result<u64, GridError> {
        let step = self.shared.steps.hold(&self.shared.over)?;
        self.hear_all().map(|()| step)
    }

    /// Sends something between two steps, when no message waits for a later step: those after it would.
    pub(crate) fn while_open<T>(&self, send: impl FnOnce() -> T) -> T {
        let shared = &self.shared;
        let waits = || shared.mail.as_ref().is_some_and(Mail::is_timed) && shared.over.check().is_ok();
        let mut send = Some(send);
        loop {
            let mut pause = Pause::new();
            while waits() {
                pause.wait();
            }
            let sent = shared.while_held(|| if waits() { None } else { send.take().map(|send| send()) });
            if let Some(sent) = sent {
                return sent;
            }
        }
    }

    /// Does something between two steps, when no tile runs a handler.
    fn while_quiet<T>(&self, then: impl FnOnce() -> T) -> T {
        let shared = &self.shared;
        shared.while_held(|| match &shared.mail {
            Some(mail) => {
                let give_up = || shared.over.check().is_err() && shared.over.has_ended();
                mail.while_quiet(|step| shared.steps.is_early(step), give_up, then)
            }
            None => then(),
        })
    }

    /// What the first tile keeps, and where in it members and fields are.
    pub(crate) fn kept<T>(&self, look: impl FnOnce(Kept<'_>) -> T) -> Result<T, GridError> {
        let row = self.while_quiet(|| self.read_row())?;
        Ok(look(Kept { row: &row, values: &self.value_offsets, fields: &self.field_offsets }))
    }

    fn read_row(&self) -> Result<Vec<u8>, GridError> {
        let launch = &self.kernel.inner.launch;
        let mut row = vec![0; self.row_bytes];
        launch.memory.read(&lock(&self.copies), launch.params.rows, &mut row).map_err(|error| device(&error))?;
        Ok(row)
    }

    /// Reads a box of a field, which `which` finds in what the first tile keeps; rows along x stand one after the other.
    pub(crate) fn read_box(
        &self,
        which: impl FnOnce(Kept<'_>) -> Option<u32>,
        (from, extents): (&[u32], &[u32]),
        cell_bytes: usize,
    ) -> Result<Option<Vec<u8>>, GridError> {
        self.while_quiet(|| {
            let row = self.read_row()?;
            let kept = Kept { row: &row, values: &self.value_offsets, fields: &self.field_offsets };
            let Some(rows) = which(kept).and_then(|array| self.rows(array, from, extents, cell_bytes)) else {
                return Ok(None);
            };
            let mut bytes = vec![0; rows.total()];
            let launch = &self.kernel.inner.launch;
            launch.memory.read_rows(&lock(&self.copies), &rows, &mut bytes).map_err(|error| device(&error))?;
            Ok(Some(bytes))
        })
    }

    /// Writes a box of a field.
    pub(crate) fn write_box(
        &self,
        which: impl FnOnce(Kept<'_>) -> Option<u32>,
        (from, extents): (&[u32], &[u32]),
        cell_bytes: usize,
        bytes: &[u8],
    ) -> Result<Option<()>, GridError> {
        self.while_quiet(|| {
            let row = self.read_row()?;
            let kept = Kept { row: &row, values: &self.value_offsets, fields: &self.field_offsets };
            let Some(rows) = which(kept).and_then(|array| self.rows(array, from, extents, cell_bytes)) else {
                return Ok(None);
            };
            let launch = &self.kernel.inner.launch;
            let written = launch.memory.write_rows(&lock(&self.copies), &rows, bytes);
            // Whether all of it or some.
            self.shared.steps.wrote(&self.shared.over);
            written.map(Some).map_err(|error| device(&error))
        })
    }

    /// Where a box of an array lies.
    fn rows(&self, array: u32, from: &[u32], extents: &[u32], cell_bytes: usize) -> Option<Rows> {
        let array_bytes = *self.cell_bytes.get(array as usize)?;
        let base = self.arrays.get(array as usize)?.cells;
        if array_bytes != cell_bytes {
            return None;
        }
        let full = |of: &[u32], axis: usize, or: u64| of.get(axis).map_or(or, |value| u64::from(*value));
        let domain = |axis| full(&self.shared.extents, axis, 1);
        let row = domain(0) * cell_bytes as u64;
        let plane = row * domain(1);
        let first = full(from, 2, 0) * plane + full(from, 1, 0) * row + full(from, 0, 0) * cell_bytes as u64;
        let count = [full(extents, 1, 1) as usize, full(extents, 2, 1) as usize];
        let bytes = full(extents, 0, 1) as usize * cell_bytes;
        Some(Rows { address: base + first, bytes, count, distance: [row, plane] })
    }

    fn send(
        &self,
        to: (u64, u64),
        tag: u32,
        question: u32,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Result<(), Unsent> {
        let header = Header { tile: 0, tag, question, time: None };
        match to {
            (to, 0) => self.put(to, header, len, write),
            (to, step) => {
                self.shared.steps.timed(step, |time| self.put(to, Header { time: Some(time), ..header }, len, write))
            }
        }
    }

    fn put(&self, to: u64, header: Header, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        let (shared, tag) = (&self.shared, header.tag);
        if shared.over.check().is_err() {
            return Err(Unsent::Stopped);
        }
        let Parts { slot: tile, generation, device } = Parts::of(to);
        let Some(mail) = shared.mail.as_ref().filter(|_| generation == 1 && device == 0 && tile < self.tiles()) else {
            return Err(Unsent::NoSuchActor);
        };
        let header = Header { tile, ..header };
        if !shared.uploaded.watches() {
            return mail.push(header, len, write);
        }
        let mut bytes = [0; MAX_PAYLOAD];
        write(&mut bytes[..len]);
        if !shared.uploaded.has_all_of(0, tag, &bytes[..len]) {
            return Err(Unsent::NotUploaded);
        }
        mail.push(header, len, |out| out.copy_from_slice(&bytes[..len]))
    }

    /// The failure of the grid, as an asker hears of it.
    fn failed(&self) -> Option<AskError> {
        self.shared.over.failure().map(|failure| AskError::Failed(Box::new(failure)))
    }
}

fn device(error: &DriverError) -> GridError {
    GridError::Device(error.to_string())
}

impl Engine for CudaGrid {
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
        let Some(id) = self.shared.questions.take() else { return Err(Unsent::Full) };
        match self.send((to, step), tag, id, len, write) {
            Ok(()) => Ok(Ticket(id.into())),
            Err(unsent) => {
                self.shared.questions.take_back(id);
                Err(unsent)
            }
        }
    }

    fn poll_answer(&self, ticket: Ticket, out: &mut [u8]) -> Option<Result<(), AskError>> {
        // Read first: an answer that came before the end is then seen.
        let over = self.shared.over.has_failed() || self.shared.over.has_ended();
        match self.shared.questions.poll(ticket.0 as u32, out) {
            None if over => Some(Err(self.failed().unwrap_or(AskError::Stopped))),
            None => None,
            Some(Outcome::Value) => Some(Ok(())),
            // A tile's failure is told by the line of the grid.
            Some(Outcome::Dropped | Outcome::Dead | Outcome::Failed { .. }) => Some(Err(AskError::Dropped)),
        }
    }

    fn wake_on_answer(&self, ticket: Ticket, waker: &Waker) {
        self.shared.questions.wake_on(ticket.0 as u32, waker, &self.shared.bell);
        self.shared.bell.ring(self.keeper());
        if self.shared.over.has_failed() || self.shared.over.has_ended() {
            waker.wake_by_ref();
        }
    }

    fn abandon(&self, ticket: Ticket) {
        self.shared.questions.abandon(ticket.0 as u32, &self.shared.bell);
    }

    fn inbox(&self, message: HostType) -> InboxId {
        InboxId(self.shared.told.inboxes.open(message.path, message.size))
    }

    fn poll_inbox(&self, inbox: InboxId, out: &mut [u8]) -> Option<Result<(), RecvError>> {
        let ended = self.shared.over.has_ended();
        match self.shared.told.inboxes.get(inbox.0) {
            Some(inbox) if inbox.poll(out) => Some(Ok(())),
            _ => ended.then_some(Err(RecvError::Stopped)),
        }
    }

    fn wake_on_message(&self, inbox: InboxId, waker: &Waker) {
        if let Some(inbox) = self.shared.told.inboxes.get(inbox.0) {
            inbox.listen(waker);
        }
        self.shared.bell.ring(self.keeper());
        if self.shared.over.has_ended() {
            waker.wake_by_ref();
        }
    }

    fn stats(&self) -> Stats {
        let dead_letters = self.shared.dead.load(Ordering::Acquire);
        let (handled, sent_by_host) = self.shared.mail.as_ref().map_or((0, 0), Mail::handled);
        let failures = u64::from(self.shared.over.has_failed());
        let sent_to_host = self.shared.told.messages();
        Stats { sent_by_host, sent_to_host, handled, dead_letters, failures, ..Stats::default() }
    }

    fn take_failures(&self) -> Vec<Failure> {
        std::mem::take(&mut lock(&self.shared.failures))
    }

    fn take_dead_letters(&self) -> Vec<DeadLetter> {
        std::mem::take(&mut lock(&self.shared.dead_letters))
    }

    fn stop(&self) {
        self.shared.over.stop();
        self.shared.lines.leave();
        self.shared.bell.ring(self.keeper());
    }

    fn wait_end(&self, timeout: Option<Duration>) -> Option<Result<(), EndError>> {
        self.shared.over.wait(timeout)
    }

    fn busy(&self) -> String {
        format!("{} is in step {}", self.shared.name, self.current_step() + 1)
    }
}

impl Drop for CudaGrid {
    fn drop(&mut self) {
        self.stop();
        let Some(keeper) = self.keeper.take() else { return };
        // A waker that the keeper calls may hold the last reference to the system. And a kernel that does not come to an
        // end keeps its keeper, which gives the memory back if it does later.
        if keeper.thread().id() != thread::current().id() && self.wait_end(Some(patience(END_PATIENCE))).is_some() {
            let _ = keeper.join();
        }
    }
}
