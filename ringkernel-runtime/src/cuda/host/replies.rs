//! Reply cells: where a device puts the answer to one question.
//!
//! An ask takes a free cell and a number for it that no earlier question of the cell had; the device writes the answer's
//! words with that number, once. Whoever asked polls the cell, and nobody else writes it, so polling takes no lock. A cell
//! whose asker went away is not free before its answer came: it waits among the abandoned.

use std::sync::{Mutex, PoisonError};

use crossbeam_queue::ArrayQueue;

use super::words::{Word, Words};
use crate::sync::atomic::{AtomicU32, Ordering};

/// How `context.cuh` fills a cell.
const VALUE: u32 = 1;
const FAILED: u32 = 2;
const DEAD: u32 = 3;

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The answer; its bytes were written out.
    Value,
    /// The handler failed at this site with this value.
    Failed { site: u32, value: u64 },
    /// The actor had failed before.
    Dead,
    /// The handler let the question go.
    Dropped,
}

/// All reply cells of a system.
#[derive(Debug)]
pub struct Replies<W> {
    words: W,
    cell_words: usize,
    /// Bits of a question's number that are its cell.
    cell_bits: u32,
    free: ArrayQueue<u32>,
    /// The cell that was given back last, or 0: whoever asks next finds it in its processor's cache, and the device in the host's.
    warm: AtomicU32,
    abandoned: Mutex<Vec<u32>>,
    /// The last number of each cell.
    numbers: Box<[AtomicU32]>,
}

impl<W: Words> Replies<W> {
    /// `1 << cell_bits` cells of `cell_words` words.
    pub fn new(words: W, cell_words: usize, cell_bits: u32) -> Self {
        let count = 1u32 << cell_bits;
        let free = ArrayQueue::new(count as usize);
        // Cell 0 stays unused, so that no question has the number 0, which means that nobody asks.
        for cell in 1..count {
            let _ = free.push(cell);
        }
        let numbers = (0..count).map(AtomicU32::new).collect();
        Self { words, cell_words, cell_bits, free, warm: AtomicU32::new(0), abandoned: Mutex::new(Vec::new()), numbers }
    }

    fn first_word(&self, id: u32) -> usize {
        (id & ((1 << self.cell_bits) - 1)) as usize * self.cell_words
    }

    fn free_cell(&self) -> Option<u32> {
        Some(self.warm.swap(0, Ordering::AcqRel)).filter(|cell| *cell != 0).or_else(|| self.free.pop())
    }

    /// A number for a new question; `None` if too many are open.
    pub fn take(&self) -> Option<u32> {
        let cell = self.free_cell().or_else(|| {
            self.sweep();
            self.free_cell()
        })?;
        // Only the holder of the cell touches its number.
        let last = self.numbers[cell as usize].load(Ordering::Relaxed);
        let next = last.wrapping_add(1 << self.cell_bits);
        self.numbers[cell as usize].store(next, Ordering::Relaxed);
        Some(next)
    }

    /// Gives back a number that was not sent: it is the cell's next one again.
    pub fn take_back(&self, id: u32) {
        let cell = id & ((1 << self.cell_bits) - 1);
        self.numbers[cell as usize].store(id.wrapping_sub(1 << self.cell_bits), Ordering::Relaxed);
        self.give_back(id);
    }

    /// Gives back a number whose answer was read.
    pub fn give_back(&self, id: u32) {
        let cell = id & ((1 << self.cell_bits) - 1);
        // Numbers of one cell come again: so it waits for the turn of all others now and then.
        let cold =
            if (id >> self.cell_bits).is_multiple_of(256) { cell } else { self.warm.swap(cell, Ordering::AcqRel) };
        if cold != 0 {
            let _ = self.free.push(cold);
        }
    }

    /// Nobody waits for this answer any more.
    pub fn abandon(&self, id: u32) {
        if self.whole(id) {
            self.give_back(id);
        } else {
            self.abandoned.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        }
    }

    /// Whether the first word of the answer is there.
    pub fn answered(&self, id: u32) -> bool {
        self.words.load_seq(self.first_word(id)) == id
    }

    /// Whether the question's cell was given to a later one: its answer was read.
    pub fn over(&self, id: u32) -> bool {
        self.numbers[(id & ((1 << self.cell_bits) - 1)) as usize].load(Ordering::Relaxed) != id
    }

    /// Frees abandoned cells whose answer came after all.
    fn sweep(&self) {
        let all = std::mem::take(&mut *self.abandoned.lock().unwrap_or_else(PoisonError::into_inner));
        all.into_iter().for_each(|id| self.abandon(id));
    }

    /// Whether every word that the answer may have is there: one that comes late must not meet the next question.
    fn whole(&self, id: u32) -> bool {
        let first = self.first_word(id);
        let head = self.words.load(first);
        let body = match head.a {
            FAILED => 1,
            VALUE => head.c as usize,
            _ => 0,
        };
        head.seq == id && (1..=body).all(|i| self.words.load_seq(first + i) == id)
    }

    /// Reads the answer into `out`, whose length is the size of the reply; frees the cell.
    pub fn poll(&self, id: u32, out: &mut [u8]) -> Option<Outcome> {
        let first = self.first_word(id);
        let head = self.words.load(first);
        if head.seq != id {
            return None;
        }
        let outcome = match head.a {
            VALUE => {
                for (i, part) in out.chunks_mut(12).enumerate() {
                    let word = self.words.load(first + 1 + i);
                    if word.seq != id {
                        return None;
                    }
                    part.copy_from_slice(&payload_of(word)[..part.len()]);
                }
                Outcome::Value
            }
            FAILED => {
                let word = self.words.load(first + 1);
                if word.seq != id {
                    return None;
                }
                Outcome::Failed { site: head.b, value: u64::from(word.b) << 32 | u64::from(word.a) }
            }
            DEAD => Outcome::Dead,
            _ => Outcome::Dropped,
        };
        self.give_back(id);
        Some(outcome)
    }
}

/// The twelve bytes of a word beside its number.
pub(super) fn payload_of(word: Word) -> [u8; 12] {
    let mut bytes = [0; 12];
    for (field, value) in bytes.chunks_exact_mut(4).zip([word.a, word.b, word.c]) {
        field.copy_from_slice(&value.to_le_bytes());
    }
    bytes
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;

    use super::super::words::HeapWords;
    use super::*;

    fn replies() -> (Arc<HeapWords>, Replies<Arc<HeapWords>>) {
        let words = Arc::new(HeapWords::new(4 * 4));
        (Arc::clone(&words), Replies::new(words, 4, 2))
    }

    #[test]
    fn an_answer_counts_once_all_its_words_are_there() {
        let (words, replies) = replies();
        let id = replies.take().unwrap();
        let first = replies.first_word(id);
        let mut out = [0; 16];
        assert_eq!(replies.poll(id, &mut out), None);
        words.store(first, Word { seq: id, a: VALUE, b: 0, c: 2 });
        words.store(first + 2, Word { seq: id, a: 4, b: 0, c: 0 });
        assert_eq!(replies.poll(id, &mut out), None);
        words.store(first + 1, Word { seq: id, a: 1, b: 2, c: 3 });
        assert_eq!(replies.poll(id, &mut out), Some(Outcome::Value));
        assert_eq!(out, [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0]);
    }

    #[test]
    fn a_number_that_was_not_sent_is_not_used_up_and_a_cell_waits_for_the_others_now_and_then() {
        let (_, replies) = replies();
        let id = replies.take().unwrap();
        replies.take_back(id);
        assert_eq!(replies.take(), Some(id));
        replies.give_back(id);
        let cell = |id: u32| id & 3;
        let same = (0..1000).map(|_| replies.take().unwrap()).take_while(|next| {
            replies.give_back(*next);
            cell(*next) == cell(id)
        });
        assert!(same.count() <= 256);
    }

    #[test]
    fn numbers_do_not_repeat_and_an_abandoned_cell_waits_for_its_answer() {
        let (words, replies) = replies();
        let ids: Vec<u32> = (0..3).map(|_| replies.take().unwrap()).collect();
        assert_eq!(replies.take(), None);
        replies.abandon(ids[0]);
        assert_eq!(replies.take(), None);
        words.store(replies.first_word(ids[0]), Word { seq: ids[0], a: DEAD, b: 0, c: 0 });
        let next = replies.take().unwrap();
        assert_ne!(next, ids[0]);
        assert_eq!(replies.first_word(next), replies.first_word(ids[0]));
        assert!(!replies.answered(next));
        assert!(replies.over(ids[0]) && !replies.over(next) && !replies.over(ids[1]));
    }

    #[test]
    fn a_cell_is_not_free_while_a_part_of_an_abandoned_answer_is_to_come() {
        let (words, replies) = replies();
        let ids: Vec<u32> = (0..3).map(|_| replies.take().unwrap()).collect();
        let first = replies.first_word(ids[0]);
        words.store(first, Word { seq: ids[0], a: VALUE, b: 0, c: 2 });
        words.store(first + 1, Word { seq: ids[0], a: 1, b: 2, c: 3 });
        replies.abandon(ids[0]);
        assert_eq!(replies.take(), None);
        words.store(first + 2, Word { seq: ids[0], a: 4, b: 0, c: 0 });
        assert!(replies.take().is_some());
    }
}
