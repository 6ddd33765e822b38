//! Messages of the host to tiles: a ring in mapped memory that control empties.
//!
//! Steps are what a grid is fast at; messages come between them, so a lock a message is enough.
//!
//! A message may be for a time: for the tile once it has done so many steps. It is given to its tile when all before it are handled, and those
//! after it are given when it is handled. So while one waits for its step, it is the first that is not handled.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringkernel_codegen::abi::TIMED;

use super::super::host::{Word, Words};
use super::super::mapped::Mapped;
use super::lines::GridLines;
use crate::error::Unsent;
use crate::lang::MAX_PAYLOAD;

/// The ring.
#[derive(Debug)]
pub(super) struct Mail {
    slots: Mapped,
    /// Of 16 bytes.
    slot_words: usize,
    mask: u32,
    /// Messages that may be unhandled.
    window: u64,
    lines: Arc<GridLines>,
    sent: Mutex<Sent>,
}

/// What was sent.
#[derive(Debug, Default)]
struct Sent {
    count: u64,
    /// Which of those that may be unhandled are for a time, and for which.
    timed: VecDeque<(u64, Time)>,
}

/// When a message is for its tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    /// Steps that the tile has done.
    pub(super) step: u64,
    /// The last command before the message: the tile has it when that was done.
    pub(super) command: u32,
}

/// What stands before a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) tile: u32,
    pub(super) tag: u32,
    /// 0 if nobody asks.
    pub(super) question: u32,
    pub(super) time: Option<Time>,
}

/// Words before the payload.
const HEADER: usize = 2;

impl Mail {
    /// Slots of `slot_bytes`, `mask + 1` of them.
    pub(super) const fn new(slots: Mapped, slot_bytes: u32, mask: u32, window: u32, lines: Arc<GridLines>) -> Self {
        Self {
            slots,
            slot_words: slot_bytes as usize / 16,
            mask,
            window: window as u64,
            lines,
            sent: Mutex::new(Sent { count: 0, timed: VecDeque::new() }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends; gives it back if too many are unhandled.
    pub(super) fn push(&self, header: Header, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        let mut sent = self.lock();
        let handled = self.handled_of(sent.count);
        if sent.count - handled >= self.window {
            return Err(Unsent::Full);
        }
        sent.timed.retain(|(at, _)| *at >= handled);
        let mut payload = [0; MAX_PAYLOAD];
        write(&mut payload[..len]);
        let slot = (sent.count as u32 & self.mask) as usize * self.slot_words;
        // All words of a slot: the other side does not know beforehand how many there are. The header last, as it is what is looked at first.
        let number = (sent.count as u32).wrapping_add(1);
        let (words, _) = payload.as_chunks::<12>();
        for (at, data) in words.iter().take(self.slot_words - HEADER).enumerate().rev() {
            let word = |k: usize| u32::from_le_bytes([data[k], data[k + 1], data[k + 2], data[k + 3]]);
            self.slots.store(slot + HEADER + at, Word { seq: number, a: word(0), b: word(4), c: word(8) });
        }
        // Nobody writes in the grid's memory while this is locked.
        let Time { step, command } = header.time.unwrap_or(Time { step: 0, command: self.lines.written() });
        self.slots.store(slot + 1, Word { seq: number, a: step as u32, b: (step >> 32) as u32, c: command });
        let tag = header.tag | if header.time.is_some() { TIMED } else { 0 };
        self.slots.store(slot, Word { seq: number, a: header.tile, b: tag, c: header.question });
        if let Some(time) = header.time {
            let at = sent.count;
            sent.timed.push_back((at, time));
        }
        sent.count += 1;
        Ok(())
    }

    /// How many messages were sent.
    pub(super) fn sent(&self) -> u64 {
        self.lock().count
    }

    /// How many messages can be given to tiles, as things are: those before one that is for a time that has perhaps not come.
    pub(super) fn deliverable(&self) -> u64 {
        let sent = self.lock();
        let handled = self.handled_of(sent.count);
        sent.timed.iter().map(|(at, _)| *at).find(|at| *at >= handled).unwrap_or(sent.count)
    }

    /// Whether a message waits for its time.
    pub(super) fn is_timed(&self) -> bool {
        let sent = self.lock();
        let handled = self.handled_of(sent.count);
        sent.timed.iter().any(|(at, _)| *at >= handled)
    }

    /// Those of so many sent that were handled. The device counts with 32 bits.
    fn handled_of(&self, sent: u64) -> u64 {
        sent - u64::from((sent as u32).wrapping_sub(self.lines.heard()))
    }

    /// Messages handled, and messages sent.
    pub(super) fn handled(&self) -> (u64, u64) {
        let sent = self.lock();
        (self.handled_of(sent.count), sent.count)
    }

    /// Does something while nobody sends and no tile will handle anything: all that was sent is handled, or the next waits for its time, which
    /// `is_early` says. If `give_up` says so it does not wait.
    pub(super) fn while_quiet<T>(
        &self,
        is_early: impl Fn(u64) -> bool,
        mut give_up: impl FnMut() -> bool,
        then: impl FnOnce() -> T,
    ) -> T {
        let sent = self.lock();
        let waits = |handled| sent.timed.iter().any(|(at, time)| *at == handled && is_early(time.step));
        let mut pause = super::pause::Pause::new();
        while !give_up() {
            let handled = self.handled_of(sent.count);
            if handled == sent.count || waits(handled) {
                break;
            }
            pause.wait();
        }
        then()
    }

    /// The headers of messages that no tile was given, after the end.
    pub(super) fn left(&self) -> Vec<Header> {
        let sent = self.lock();
        let taken = sent.count - u64::from((sent.count as u32).wrapping_sub(self.lines.taken()));
        let header = |at: u64| {
            let slot = (at as u32 & self.mask) as usize * self.slot_words;
            let of = |field| self.slots.load_counter(slot, field);
            Header { tile: of(1), tag: of(2) & !TIMED, question: of(3), time: None }
        };
        (taken..sent.count).map(header).collect()
    }
}
