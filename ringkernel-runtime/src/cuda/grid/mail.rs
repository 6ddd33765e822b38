//! Messages of the host to tiles: a ring in mapped memory that control empties.
//!
//! Steps are what a grid is fast at; messages come between them, so a lock a message is enough.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    sent: Mutex<u64>,
}

/// What stands before a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) tile: u32,
    pub(super) tag: u32,
    /// 0 if nobody asks.
    pub(super) question: u32,
}

impl Mail {
    /// Slots of `slot_bytes`, `mask + 1` of them.
    pub(super) const fn new(slots: Mapped, slot_bytes: u32, mask: u32, window: u32, lines: Arc<GridLines>) -> Self {
        Self { slots, slot_words: slot_bytes as usize / 16, mask, window: window as u64, lines, sent: Mutex::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends; gives it back if too many are unhandled.
    pub(super) fn push(&self, header: Header, len: usize, write: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        let mut sent = self.lock();
        if *sent - self.handled_of(*sent) >= self.window {
            return Err(Unsent::Full);
        }
        let mut payload = [0; MAX_PAYLOAD];
        write(&mut payload[..len]);
        let slot = (*sent as u32 & self.mask) as usize * self.slot_words;
        // All words of a slot: the other side does not know beforehand how many there are. The header last, as it is what is looked at first.
        let number = *sent as u32 + 1;
        let (words, _) = payload.as_chunks::<12>();
        for (at, data) in words.iter().take(self.slot_words - 1).enumerate().rev() {
            let word = |k: usize| u32::from_le_bytes([data[k], data[k + 1], data[k + 2], data[k + 3]]);
            self.slots.store(slot + 1 + at, Word { seq: number, a: word(0), b: word(4), c: word(8) });
        }
        self.slots.store(slot, Word { seq: number, a: header.tile, b: header.tag, c: header.question });
        *sent += 1;
        Ok(())
    }

    /// Messages sent.
    pub(super) fn sent(&self) -> u64 {
        *self.lock()
    }

    /// Those of so many sent that were handled. The device counts with 32 bits.
    fn handled_of(&self, sent: u64) -> u64 {
        sent - u64::from((sent as u32).wrapping_sub(self.lines.heard()))
    }

    /// Messages handled, and messages sent.
    pub(super) fn handled(&self) -> (u64, u64) {
        let sent = self.lock();
        (self.handled_of(*sent), *sent)
    }

    /// Whether tiles were given so many.
    pub(super) fn were_taken(&self, sent: u64) -> bool {
        (self.lines.taken().wrapping_sub(sent as u32)).cast_signed() >= 0
    }

    /// Does something while nobody sends and all that was sent is handled; nothing if `give_up` says so first.
    pub(super) fn while_quiet<T>(&self, mut give_up: impl FnMut() -> bool, then: impl FnOnce() -> T) -> T {
        let sent = self.lock();
        let mut pause = super::pause::Pause::new();
        while self.handled_of(*sent) != *sent && !give_up() {
            pause.wait();
        }
        then()
    }

    /// The headers of messages that no tile was given, after the end.
    pub(super) fn left(&self) -> Vec<Header> {
        let sent = self.lock();
        let taken = *sent - u64::from((*sent as u32).wrapping_sub(self.lines.taken()));
        let header = |at: u64| {
            let slot = (at as u32 & self.mask) as usize * self.slot_words;
            let of = |field| self.slots.load_counter(slot, field);
            Header { tile: of(1), tag: of(2), question: of(3) }
        };
        (taken..*sent).map(header).collect()
    }
}
