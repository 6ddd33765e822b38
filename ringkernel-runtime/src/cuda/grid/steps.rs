//! Steps under the host's command: how far the tiles may go, and when they hold.
//!
//! Control lets tiles go on towards a goal a few steps at a time, so a lower goal lets them hold soon, and the goal is raised only
//! while they hold. One thread at a time changes it. A command is given only after the one before was seen, or somebody
//! who looks at a running grid all the time would never let it go on.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringkernel_codegen::abi::PAUSE;

use super::lines::GridLines;
use super::mail::{Mail, Time};
use super::over::Over;
use super::pause::Pause;
use crate::error::GridError;

/// Steps without end.
const FREELY: u64 = u64::MAX;

/// The host's commands.
pub(super) struct Steps {
    lines: Arc<GridLines>,
    told: Mutex<Told>,
    /// The number of the last command.
    given: AtomicU32,
    /// The goal as callers know it: what looks at the grid lowers the device's for a moment, and not this.
    wanted: Mutex<u64>,
    /// A step may hold the grid by itself, so where that holds is known only when it does.
    by_itself: bool,
}

/// What the device was told last.
#[derive(Debug, Default)]
struct Told {
    goal: u64,
    command: u32,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Steps {
    pub(super) fn new(lines: Arc<GridLines>, by_itself: bool) -> Self {
        Self { lines, told: Mutex::default(), given: AtomicU32::new(0), wanted: Mutex::new(0), by_itself }
    }

    /// Steps that all tiles have done.
    pub(super) fn completed(&self) -> u64 {
        self.lines.completed()
    }

    /// Where it holds, if it does.
    fn held(&self, told: &Told) -> Option<u64> {
        if self.lines.seen() != told.command {
            return None;
        }
        // In this order: an end that is as new as the number of steps.
        let completed = self.lines.completed();
        (completed == self.lines.end()).then_some(completed)
    }

    /// Waits until something is so, or the grid is over.
    fn wait<T>(over: &Over, mut look: impl FnMut() -> Option<T>) -> Result<T, GridError> {
        let mut pause = Pause::new();
        loop {
            if let Some(seen) = look() {
                return Ok(seen);
            }
            over.check()?;
            pause.wait();
        }
    }

    /// Gives the next command, which is done once tiles were given the first `after` messages.
    fn command(&self, told: &mut Told, goal: u64, after: u64, over: &Over) -> Result<(), GridError> {
        Self::wait(over, || (self.lines.seen() == told.command).then_some(()))?;
        *told = Told { goal, command: told.command.wrapping_add(1) };
        self.lines.command(told.command, goal, after as u32);
        self.given.store(told.command, Ordering::Release);
        Ok(())
    }

    /// Lets it hold as soon as it can; gives the step.
    fn settle(&self, told: &mut Told, over: &Over) -> Result<u64, GridError> {
        if let Some(held) = self.held(told) {
            return Ok(held);
        }
        self.command(told, PAUSE, 0, over)?;
        Self::wait(over, || self.held(told))
    }

    /// Lets the grid do `steps` more than it was told before, or than it has done if it ran freely; gives the step that it will hold
    /// at. Waits for the steps under way only if nobody knows where those end.
    pub(super) fn step(&self, steps: u64, mail: Option<&Mail>, over: &Over) -> Result<u64, GridError> {
        over.check()?;
        let mut told = lock(&self.told);
        let before = *lock(&self.wanted);
        if !self.by_itself && before != FREELY && told.goal == before {
            let goal = before.saturating_add(steps);
            self.command(&mut told, goal, mail.map_or(0, Mail::sent), over)?;
            *lock(&self.wanted) = goal;
            return Ok(goal);
        }
        // Steps that were asked for are done before others, and what is for them is heard before what was sent after it.
        if let Some(mail) = mail.filter(|_| before != FREELY) {
            Self::wait(over, || (!mail.is_timed()).then_some(()))?;
        }
        let held = self.settle(&mut told, over)?;
        let from = if self.lines.held() <= held || before == FREELY { held } else { before };
        let goal = from.saturating_add(steps);
        *lock(&self.wanted) = goal;
        self.command(&mut told, goal, mail.map_or(0, Mail::deliverable), over)?;
        Ok(goal)
    }

    /// Waits until the grid has done so many steps, or holds before by its own wish or somebody's else.
    pub(super) fn wait_for(&self, step: u64, over: &Over) -> Result<u64, GridError> {
        Self::wait(over, || {
            let now = self.lines.completed();
            let most = step.min(*lock(&self.wanted));
            // What is said of a step's wish is of the last command once that was seen.
            let by_itself = || self.lines.seen() == self.given.load(Ordering::Acquire) && now >= self.lines.held();
            (now >= most || by_itself()).then_some(now)
        })
    }

    /// Lets the grid hold as soon as it can; gives the step.
    pub(super) fn hold(&self, over: &Over) -> Result<u64, GridError> {
        over.check()?;
        let mut told = lock(&self.told);
        let held = self.settle(&mut told, over)?;
        let wanted = {
            let mut wanted = lock(&self.wanted);
            *wanted = held.min(*wanted);
            *wanted
        };
        // Not for a moment: messages for later steps are heard here.
        if told.goal != wanted {
            self.command(&mut told, wanted, 0, over)?;
        }
        Ok(held)
    }

    /// When a message is for its tile that is sent now, to be heard once `step` steps are done. Nobody looks at the grid until it is `sent`.
    pub(super) fn timed<T>(&self, step: u64, send: impl FnOnce(Time) -> T) -> T {
        let _told = lock(&self.told);
        send(Time { step, command: self.given.load(Ordering::Acquire) })
    }

    /// Whether a message for that step would wait, while the grid holds.
    pub(super) fn is_early(&self, step: u64) -> bool {
        let now = self.lines.completed();
        now < step && now < *lock(&self.wanted) && now < self.lines.held()
    }

    /// Lets tiles that hold know that somebody has written in the grid's memory: what they have on the chip is not what is there. One thread
    /// at a time, which holds them.
    pub(super) fn wrote(&self, over: &Over) {
        self.lines.write();
        // If it is over nobody needs to know.
        let _ = Self::wait(over, || (self.lines.written_seen() == self.lines.written()).then_some(()));
    }

    /// Does something while the grid holds, and then lets it go on as before. If it is over it holds anyway.
    pub(super) fn while_held<T>(&self, mail: Option<&Mail>, over: &Over, then: impl FnOnce() -> T) -> T {
        let mut told = lock(&self.told);
        let before = told.goal;
        let held = self.settle(&mut told, over);
        if held.is_err() {
            over.wait_for_the_end();
        }
        let done = then();
        if held.is_ok() && before != told.goal {
            // An error says that it ended meanwhile, which the next call tells.
            let _ = self.command(&mut told, before.min(self.lines.held()), mail.map_or(0, Mail::deliverable), over);
        }
        done
    }
}
