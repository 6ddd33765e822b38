//! The thread of a tile: steps, and between them messages.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use super::super::panics;
use super::mail::{Envelope, lock};
use super::shared::Shared;
use super::tile::{Abandoned, Current, TileHandle};
use crate::failure::{Failure, FailureKind, TilePlace};
use crate::lang::{AnyAddr, Context, Grid};

/// The states of all tiles. A tile has its own locked unless it waits.
pub(crate) struct States<A>(pub(crate) Vec<Mutex<A>>);

/// Runs one tile until the system stops or the grid fails.
pub(super) fn run<A: Grid>(shared: &Arc<Shared>, index: usize, states: &States<A>) {
    let tile = Running { shared, current: Current::new(TileHandle::new(Arc::clone(shared), index)), index };
    tile.current.enter(|| tile.run_all(&states.0[index]));
    shared.tile_ended();
}

struct Running<'a> {
    shared: &'a Shared,
    current: Current,
    index: usize,
}

impl Running<'_> {
    fn run_all<A: Grid>(&self, state: &Mutex<A>) {
        let handle = &self.current.handle;
        let mut has_met = true;
        loop {
            {
                let mut state = lock(state);
                loop {
                    // Handlers write cells, so the neighbours must have finished reading them.
                    if !has_met {
                        if !handle.meet_after_step() || !self.handle_nearby(&mut *state) {
                            return;
                        }
                        self.shared.settle(self.index);
                    }
                    has_met = true;
                    if !self.handle_mail(&mut *state) || self.shared.has_failed() {
                        return;
                    }
                    if !self.shared.begin(self.index) {
                        break;
                    }
                    // What was sent before the grid was let go on comes before the step.
                    if self.shared.has_mail(self.index) {
                        self.shared.not_yet(self.index);
                        continue;
                    }
                    let mut context = Context::of_tile(&self.current, 0);
                    if !self.guarded(|| state.step(&mut context)) {
                        return;
                    }
                    has_met = false;
                    self.shared.complete(self.index);
                }
            }
            if self.shared.ends_here(self.index) {
                return;
            }
            self.shared.wait_wanted(self.index);
        }
    }

    /// Handles what waits; `false` if that failed. What waits behind a message that fails finds nobody.
    fn handle_mail<A: Grid>(&self, state: &mut A) -> bool {
        let mailbox = &self.shared.tiles[self.index].mailbox;
        let mut waiting = mailbox.take(self.shared.heard_up_to(self.index));
        while let Some(envelope) = waiting.pop_front() {
            if !self.handle(envelope, state) {
                mailbox.give_back(waiting);
                return false;
            }
        }
        true
    }

    /// Handles one message of the host; `false` if that failed.
    fn handle<A: Grid>(&self, envelope: Envelope, state: &mut A) -> bool {
        let done = self.dispatch(envelope, 0, state);
        self.shared.counters.handled.fetch_add(1, Ordering::AcqRel);
        done
    }

    /// Handles what the neighbours sent for the step that is done; `false` if that failed.
    fn handle_nearby<A: Grid>(&self, state: &mut A) -> bool {
        let tile = &self.shared.tiles[self.index];
        let Some(all) = tile.nearby.take(self.current.handle.step()) else { return true };
        all.into_iter().zip(tile.on_side).all(|(envelopes, other)| {
            let sender = other.map_or(0, |other| Shared::address(other as u32));
            envelopes.into_iter().all(|envelope| self.dispatch(envelope, sender, state))
        })
    }

    fn dispatch<A: Grid>(&self, Envelope { tag, question, payload, .. }: Envelope, sender: u64, state: &mut A) -> bool {
        self.current.ask(question);
        let mut corrupt = None;
        let mut context = Context::of_tile(&self.current, sender);
        let done = self.guarded(|| corrupt = state.dispatch(tag, &payload, &mut context).err());
        if let Some(error) = corrupt {
            let failure = self.failure(FailureKind::Corrupt, error.to_string());
            self.shared.fail(failure);
            return false;
        }
        done
    }

    /// Runs the user's code; `false` if the grid has failed, here or elsewhere.
    fn guarded(&self, run: impl FnOnce()) -> bool {
        panics::set_in_handler(true);
        let done = catch_unwind(AssertUnwindSafe(run));
        panics::set_in_handler(false);
        let Err(payload) = done else { return true };
        if !is_abandoned(&*payload) {
            let failure = match panics::take_caught() {
                Some(caught) => Failure {
                    file: caught.file.into(),
                    line: caught.line,
                    value: caught.value,
                    ..self.failure(caught.kind, caught.message)
                },
                None => self.failure(FailureKind::Panic, "a panic that was already under way".to_owned()),
            };
            self.shared.fail(failure);
        }
        false
    }

    fn failure(&self, kind: FailureKind, message: String) -> Failure {
        let handle = &self.current.handle;
        Failure {
            actor: AnyAddr::from_raw(handle.address()),
            name: handle.name().into(),
            kind,
            file: "".into(),
            line: 0,
            value: None,
            message: message.into(),
            tile: Some(TilePlace { steps: handle.step(), cell: handle.take_cell() }),
        }
    }
}

fn is_abandoned(payload: &(dyn Any + Send)) -> bool {
    payload.is::<Abandoned>()
}
