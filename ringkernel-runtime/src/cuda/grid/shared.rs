//! What callers of a running grid and the thread beside its kernel share; and what becomes known of its end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringkernel_codegen::abi::{GridParams, GridProgress, TIMED};
use ringkernel_codegen::desc::HandlerDesc;
use ringkernel_codegen::site::Site;

use super::super::driver::DriverError;
use super::super::pump::Bell;
use super::super::questions::Questions;
use super::super::reports;
use super::super::residence::{Parameters, Residence};
use super::super::uploaded::Uploaded;
use super::lines::GridLines;
use super::mail::Mail;
use super::over::Over;
use super::plan::Plan;
use super::steps::Steps;
use super::told::{Full, Told};
use crate::error::EndError;
use crate::failure::{DeadLetter, Failure, TilePlace};
use crate::lang::AnyAddr;
use crate::lang::addr::Parts;

/// The kernel and its memory, which can be read after the end.
pub(super) type Kernel = Residence<GridParams, GridLines>;

impl Parameters for GridParams {
    fn set_shared(&mut self, table: u64) {
        self.shared = table;
    }
}

/// What callers and the keeper share.
pub(super) struct Shared {
    pub(super) name: &'static str,
    pub(super) handlers: &'static [HandlerDesc],
    pub(super) extents: Vec<u32>,
    pub(super) plan: Plan,
    pub(super) sites: Vec<Site>,
    pub(super) lines: Arc<GridLines>,
    pub(super) steps: Steps,
    /// Nobody can be told anything without handlers.
    pub(super) mail: Option<Mail>,
    pub(super) questions: Questions,
    pub(super) told: Told,
    pub(super) uploaded: Uploaded,
    pub(super) bell: Bell,
    pub(super) over: Over,
    pub(super) failures: Mutex<Vec<Failure>>,
    pub(super) dead_letters: Mutex<Vec<DeadLetter>>,
    /// Messages that found nobody.
    pub(super) dead: AtomicU64,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The address of a tile.
fn address(tile: u32) -> u64 {
    Parts { device: 0, slot: tile, generation: 1 }.raw()
}

impl Shared {
    fn tile_name(&self, tile: u32) -> String {
        format!("{}#{tile}", self.name)
    }

    /// Notes the first failure, if the device tells of one.
    pub(super) fn note_failure(&self) {
        if self.over.has_failed() {
            return;
        }
        let Some(failed) = self.lines.failed() else { return };
        let actor = AnyAddr::from_raw(address(failed.tile));
        let name = self.tile_name(failed.tile);
        let cell = failed.cell.map(|cell| cell[..self.extents.len()].to_vec());
        let failure = Failure {
            tile: Some(TilePlace { steps: failed.steps, cell }),
            ..reports::failure_at(actor, name, failed.site, failed.value, &self.sites)
        };
        self.fail(failure);
    }

    /// An inbox is full: the grid fails.
    pub(super) fn note_full(&self, full: Full) {
        let (actor, name) = (AnyAddr::from_raw(address(full.tile)), self.tile_name(full.tile));
        let tile = Some(TilePlace { steps: self.lines.completed(), cell: None });
        self.fail(Failure { tile, ..reports::failure_at(actor, name, full.site, 0, &self.sites) });
    }

    fn fail(&self, failure: Failure) {
        if !self.told.forgets() {
            tracing::warn!(target: "ringkernel", actor = %failure.name, "{failure}");
        }
        lock(&self.failures).push(failure.clone());
        self.over.fail(failure);
        self.questions.wake_all();
    }

    /// Notes the messages that nobody will handle, once no kernel runs.
    pub(super) fn bury(&self, kernel: &Kernel) {
        let Some(mail) = &self.mail else { return };
        let mut dead: Vec<_> = mail.left().iter().map(|header| (header.tile, header.tag)).collect();
        let (handled, sent) = mail.handled();
        if sent - handled > dead.len() as u64 {
            // Those that tiles were given and have not heard.
            dead.extend(unheard(kernel).unwrap_or_default());
        }
        self.dead.store(sent - handled, Ordering::Release);
        for (at, (tile, tag)) in dead.into_iter().enumerate() {
            let letter = DeadLetter { to: AnyAddr::from_raw(address(tile)), from: AnyAddr::HOST, tag };
            if at == 0 {
                letter.log(&self.tile_name(tile), self.handlers);
            }
            lock(&self.dead_letters).push(letter);
        }
    }

    /// The kernel has ended: everybody who waits learns of it.
    pub(super) fn end(&self, result: Result<(), EndError>) {
        self.over.end(result);
        self.questions.wake_all();
        self.told.inboxes.all().for_each(|inbox| inbox.wake());
    }

    pub(super) fn while_held<T>(&self, then: impl FnOnce() -> T) -> T {
        self.steps.while_held(self.mail.as_ref(), &self.over, then)
    }
}

/// Tile and tag of messages that tiles were given and have not heard.
fn unheard(kernel: &Kernel) -> Result<Vec<(u32, u32)>, DriverError> {
    let (launch, number) =
        (&kernel.inner.launch, |bytes: &[u8]| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let params = &launch.params;
    let heard = std::mem::offset_of!(GridProgress, heard);
    let mut found = Vec::new();
    let (mut progress, mut inbox) = (vec![0; size_of::<GridProgress>()], vec![0; 16]);
    for tile in 0..params.count {
        launch.memory.read(&launch.stream, params.progress + u64::from(tile) * progress.len() as u64, &mut progress)?;
        launch.memory.read(&launch.stream, params.inboxes + u64::from(tile * params.mail_bytes), &mut inbox)?;
        if number(&inbox) != number(&progress[heard..]) {
            found.push((tile, number(&inbox[8..]) & !TIMED));
        }
    }
    Ok(found)
}
