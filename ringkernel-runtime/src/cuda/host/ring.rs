//! The ring from the host to a device: many producers, one warp that takes.
//!
//! A slot is a fixed number of words. A producer draws a position by moving `tail`, never past `taken + capacity`, then
//! writes its words, each with the position plus one. The device takes slots in order as they become whole and reports
//! how far it got in `taken`, which producers read only when the copy they keep says that the ring is full.

use crossbeam_utils::CachePadded;

use super::words::{Word, Words};
use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The first word of a slot besides its number: `ingress.cuh` reads it as {slot, generation | tag << 24, reply id}.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingHeader {
    pub slot: u32,
    pub generation: u32,
    pub tag: u32,
    pub reply: u32,
}

/// How many positions ahead of a message lines are fetched: at 20 ns a message, longer than a line takes to come.
const AHEAD: u32 = 8;
/// Words of a cache line.
const LINE_WORDS: usize = 4;

/// One ring's producers.
#[derive(Debug)]
pub struct Ring<W> {
    words: W,
    /// Words in a slot.
    slot_words: usize,
    /// Slots; a power of two.
    capacity: u32,
    /// Where slot 0 begins, in words.
    first: usize,
    /// Where the device says how far it got: the first field of this word of this memory.
    progress: W,
    taken: usize,
    /// Positions drawn so far; the low half is the ring's position.
    tail: CachePadded<AtomicU64>,
    taken_seen: CachePadded<AtomicU32>,
}

impl<W: Words> Ring<W> {
    /// A ring whose slots begin at word `first` of `words`; `capacity` is a power of two.
    pub fn new(words: W, first: usize, progress: W, taken: usize, slot_words: usize, capacity: u32) -> Self {
        debug_assert!(capacity.is_power_of_two());
        Self {
            words,
            slot_words,
            capacity,
            first,
            progress,
            taken,
            tail: CachePadded::new(AtomicU64::new(0)),
            taken_seen: CachePadded::new(AtomicU32::new(0)),
        }
    }

    /// Bytes of payload that a slot can carry.
    pub fn payload_bytes(&self) -> usize {
        (self.slot_words - 1) * 12
    }

    /// Draws a position, if there is room.
    #[inline]
    fn reserve(&self) -> Option<u32> {
        let mut tail = self.tail.load(Ordering::Relaxed);
        loop {
            if (tail as u32).wrapping_sub(self.taken_seen.load(Ordering::Relaxed)) >= self.capacity {
                let taken = self.progress.load_counter(self.taken, 0);
                self.taken_seen.store(taken, Ordering::Relaxed);
                if (tail as u32).wrapping_sub(taken) >= self.capacity {
                    // Another producer may have moved on meanwhile, so that `tail` is old: then it is not full.
                    let now = self.tail.load(Ordering::Relaxed);
                    if now == tail {
                        return None;
                    }
                    tail = now;
                    continue;
                }
            }
            match self.tail.compare_exchange_weak(tail, tail + 1, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(tail as u32),
                Err(now) => tail = now,
            }
        }
    }

    /// Sends a message; `false` if the ring is full, and then nothing was sent.
    #[inline]
    pub fn push(&self, header: RingHeader, len: usize, write: impl FnOnce(&mut [u8])) -> bool {
        debug_assert!(len <= self.payload_bytes());
        // Before a position is drawn: a user's type that panics here leaves no hole in the ring.
        let mut payload = [0u8; MAX_PAYLOAD];
        write(&mut payload[..len]);
        let Some(position) = self.reserve() else { return false };
        self.fetch_ahead(position);
        let seq = position.wrapping_add(1);
        let slot = self.slot(position);
        // With a length that is known when this is compiled, the payload is never in memory.
        let full = len.div_ceil(12);
        for (i, part) in payload.chunks_exact(12).take(full).enumerate() {
            let field = |at: usize| u32::from_le_bytes([part[at], part[at + 1], part[at + 2], part[at + 3]]);
            self.words.store(slot + 1 + i, Word { seq, a: field(0), b: field(4), c: field(8) });
        }
        for i in full..self.slot_words - 1 {
            self.words.store(slot + 1 + i, Word { seq, ..Word::default() });
        }
        let b = header.generation | header.tag << 24;
        self.words.store(slot, Word { seq, a: header.slot, b, c: header.reply });
        true
    }

    /// The first word of a position's slot.
    #[inline]
    fn slot(&self, position: u32) -> usize {
        self.first + (position & (self.capacity - 1)) as usize * self.slot_words
    }

    /// Has the lines of a later slot brought here. Drawing a position waits until all stores before it are done, so without
    /// this every message would wait for a line that was last used a whole ring ago.
    #[inline]
    fn fetch_ahead(&self, position: u32) {
        let slot = self.slot(position.wrapping_add(AHEAD));
        for word in (0..self.slot_words).step_by(LINE_WORDS) {
            self.words.prefetch_store(slot + word);
        }
    }

    /// Messages sent so far.
    pub fn sent(&self) -> u64 {
        self.tail.load(Ordering::Relaxed)
    }
}

/// Bytes of payload in the largest slot: 15 words of 12 bytes.
pub(super) const MAX_PAYLOAD: usize = 180;

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;

    use super::super::words::HeapWords;
    use super::*;

    fn ring(capacity: u32) -> (Arc<HeapWords>, Ring<Arc<HeapWords>>) {
        let words = Arc::new(HeapWords::new(1 + 4 * capacity as usize));
        (Arc::clone(&words), Ring::new(Arc::clone(&words), 1, words, 0, 4, capacity))
    }

    #[test]
    fn a_message_is_written_as_the_device_reads_it() {
        let (words, ring) = ring(4);
        let header = RingHeader { slot: 7, generation: 3, tag: 2, reply: 9 };
        assert!(ring.push(header, 16, |out| out.copy_from_slice(&(1..17).collect::<Vec<u8>>())));
        assert_eq!(words.load(1), Word { seq: 1, a: 7, b: 3 | 2 << 24, c: 9 });
        assert_eq!(words.load(2), Word { seq: 1, a: 0x0403_0201, b: 0x0807_0605, c: 0x0c0b_0a09 });
        assert_eq!(words.load(3), Word { seq: 1, a: 0x100f_0e0d, b: 0, c: 0 });
        assert_eq!(words.load(4).seq, 1);
    }

    #[test]
    fn a_full_ring_refuses_until_the_device_has_taken() {
        let (words, ring) = ring(2);
        let header = RingHeader { slot: 0, generation: 1, tag: 0, reply: 0 };
        let send = || ring.push(header, 0, |_| ());
        assert!(send() && send() && !send());
        words.store_counter(0, 0, 1);
        assert!(send() && !send());
        assert_eq!(ring.sent(), 3);
    }

    #[test]
    fn a_message_whose_encoding_panics_leaves_no_hole() {
        let (words, ring) = ring(2);
        let header = RingHeader { slot: 3, generation: 1, tag: 0, reply: 0 };
        let panics = std::panic::AssertUnwindSafe(|| ring.push(header, 4, |_| panic!("no bytes")));
        assert!(std::panic::catch_unwind(panics).is_err());
        assert!(ring.push(header, 0, |_| ()));
        assert_eq!((ring.sent(), words.load(1).seq), (1, 1));
    }

    #[test]
    fn positions_wrap_around() {
        let (words, ring) = ring(2);
        ring.tail.store(u64::from(u32::MAX), Ordering::Relaxed);
        ring.taken_seen.store(u32::MAX, Ordering::Relaxed);
        words.store_counter(0, 0, u32::MAX);
        let header = RingHeader { slot: 0, generation: 1, tag: 0, reply: 0 };
        assert!(ring.push(header, 0, |_| ()) && ring.push(header, 0, |_| ()) && !ring.push(header, 0, |_| ()));
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use loom::sync::Arc;
    use loom::thread;

    use super::super::words::HeapWords;
    use super::*;

    /// Two producers and a device that takes: every message arrives once and whole.
    #[test]
    fn loom_two_producers_one_device() {
        let mut model = loom::model::Builder::new();
        model.preemption_bound = Some(3); // the loops that wait make an unbounded search endless
        model.check(|| {
            let words = std::sync::Arc::new(HeapWords::new(1 + 2 * 2));
            let ring = Arc::new(Ring::new(std::sync::Arc::clone(&words), 1, std::sync::Arc::clone(&words), 0, 2, 2));
            let producers: Vec<_> = (0..2u32)
                .map(|id| {
                    let ring = Arc::clone(&ring);
                    thread::spawn(move || {
                        let header = RingHeader { slot: id, generation: 1, tag: 0, reply: 0 };
                        assert!(ring.push(header, 4, |out| out.copy_from_slice(&(id + 10).to_le_bytes())));
                    })
                })
                .collect();
            let mut seen = [false; 2];
            for position in 0..2u32 {
                let slot = 1 + position as usize * 2;
                loop {
                    let (head, body) = (words.load(slot), words.load(slot + 1));
                    if head.seq == position + 1 && body.seq == position + 1 {
                        assert_eq!(body.a, head.a + 10);
                        assert!(!seen[head.a as usize]);
                        seen[head.a as usize] = true;
                        break;
                    }
                    thread::yield_now();
                }
                words.store_counter(0, 0, position + 1);
            }
            for producer in producers {
                producer.join().unwrap();
            }
        });
    }
}
