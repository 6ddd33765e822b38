//! What actors send to the host: a ring that the device fills and one thread of the host empties.
//!
//! One warp forwards to it what is in the host's mailbox (`templates/forward.cuh`): position `p` lies in slot `p % depth`, each of
//! its words carries `p + 1`. The host reports how many it has taken, and the warp never goes further than the ring is long.
//! How many words a message has is known from its tag.

use super::replies::payload_of;
use super::ring::MAX_PAYLOAD;
use super::words::Words;

/// One message from an actor.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// The address of the actor that sent it.
    pub sender: u64,
    /// `host_tell`'s tag, or one of the runtime's own.
    pub tag: u32,
    /// Its bytes, then zeros.
    pub payload: [u8; MAX_PAYLOAD],
}

/// How far ahead of the reader lines are fetched.
const AHEAD: u32 = 8;

/// The reader; there is one.
#[derive(Debug)]
pub struct Outbox<W> {
    words: W,
    slot_words: usize,
    depth: u32,
    next: u32,
}

impl<W: Words> Outbox<W> {
    /// A reader of `depth` slots (a power of two) of `slot_words` words.
    pub const fn new(words: W, slot_words: usize, depth: u32) -> Self {
        Self { words, slot_words, depth, next: 0 }
    }

    /// Messages taken so far: what the forwarding warp needs to know, which control tells it.
    pub const fn taken(&self) -> u32 {
        self.next
    }

    fn slot(&self, position: u32) -> usize {
        (position & (self.depth - 1)) as usize * self.slot_words
    }

    /// The next message, if it is whole. `size` gives the bytes of a message by its tag.
    pub fn poll(&mut self, size: impl FnOnce(u32) -> usize) -> Option<Record> {
        let seq = self.next.wrapping_add(1);
        let slot = self.slot(self.next);
        let head = self.words.load(slot);
        if head.seq != seq {
            return None;
        }
        self.words.prefetch(self.slot(self.next.wrapping_add(AHEAD)));
        let mut record =
            Record { sender: u64::from(head.b) << 32 | u64::from(head.a), tag: head.c, payload: [0; MAX_PAYLOAD] };
        let bytes = size(record.tag).min((self.slot_words - 1) * 12);
        for (i, part) in record.payload[..bytes].chunks_mut(12).enumerate() {
            let word = self.words.load(slot + 1 + i);
            if word.seq != seq {
                return None;
            }
            part.copy_from_slice(&payload_of(word)[..part.len()]);
        }
        self.next = seq;
        Some(record)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;

    use super::super::words::{HeapWords, Word};
    use super::*;

    #[test]
    fn messages_come_in_order_and_whole() {
        let words = Arc::new(HeapWords::new(2 * 4));
        let mut outbox = Outbox::new(Arc::clone(&words), 4, 2);
        assert!(outbox.poll(|_| 16).is_none());
        words.store(0, Word { seq: 1, a: 5, b: 1, c: 3 });
        words.store(1, Word { seq: 1, a: 9, b: 0, c: 0 });
        assert!(outbox.poll(|_| 16).is_none());
        words.store(2, Word { seq: 1, a: 8, b: 0, c: 0 });
        let record = outbox.poll(|tag| tag as usize * 5 + 1).unwrap();
        assert_eq!((record.sender, record.tag), (1 << 32 | 5, 3));
        assert_eq!((record.payload[0], record.payload[12]), (9, 8));
        assert!(outbox.poll(|_| 0).is_none());
        assert_eq!(outbox.taken(), 1);
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::super::words::{HeapWords, Word};
    use super::*;

    /// A device that writes the words of two messages in any order: the reader sees each whole, in order.
    #[test]
    fn loom_outbox_sees_whole_messages() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3);
        model.check(|| {
            let words = std::sync::Arc::new(HeapWords::new(2 * 2));
            let device = std::sync::Arc::clone(&words);
            let writer = loom::thread::spawn(move || {
                for (seq, slot) in [(1, 0), (2, 2)] {
                    device.store(slot + 1, Word { seq, a: seq + 10, b: 0, c: 0 });
                    device.store(slot, Word { seq, a: seq, b: 0, c: 0 });
                }
            });
            let mut outbox = Outbox::new(words, 2, 2);
            for expected in 1..=2u8 {
                let record = loop {
                    if let Some(record) = outbox.poll(|_| 4) {
                        break record;
                    }
                    loom::thread::yield_now();
                };
                assert_eq!((record.sender, record.payload[0]), (u64::from(expected), expected + 10));
            }
            writer.join().unwrap();
        });
    }
}
