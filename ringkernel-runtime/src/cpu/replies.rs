//! Questions of the host and their answers: a table of slots, each used again and again.
//!
//! A question's handle is the slot's index in the low 32 bits and its generation, from 1, in the high 32. The slot's
//! word has the generation in its high half and one of these in its low half:
//!
//! - `FREE`: nobody's.
//! - `WAITING`: asked. `LISTENING`: asked, and a waker is set.
//! - `WRITING`: the answerer writes; this is brief.
//! - `ANSWERED`: the payload is the answer. `FAILED`: the error is.
//! - `ABANDONED`: the asker went away; the answerer frees the slot.
//!
//! The asker owns the waker in `WAITING` and after the answer; the answerer owns everything in `WRITING`. A handle whose
//! generation has passed is ignored. Free slots are a Treiber stack with a tag against ABA.

use std::cell::UnsafeCell;
use std::sync::OnceLock;
use std::task::Waker;

use crossbeam_utils::CachePadded;

use crate::error::AskError;
use crate::lang::MAX_PAYLOAD;
use crate::sync::atomic::{AtomicU64, Ordering};

const FREE: u64 = 0;
const WAITING: u64 = 1;
const LISTENING: u64 = 2;
const WRITING: u64 = 3;
const ANSWERED: u64 = 4;
const FAILED: u64 = 5;
const ABANDONED: u64 = 6;

const STATUS: u64 = 0xffff_ffff;
const GENERATION_SHIFT: u32 = 32;

/// Slots of one chunk, and chunks at most: 16 million questions at once.
#[cfg(not(loom))]
const CHUNK: usize = 256;
#[cfg(loom)]
const CHUNK: usize = 2;
#[cfg(not(loom))]
const CHUNKS: usize = 1 << 16;
#[cfg(loom)]
const CHUNKS: usize = 1;
/// "No slot" in the stack of free ones.
const NONE: u32 = u32::MAX;

#[repr(align(64))]
struct Slot {
    word: AtomicU64,
    /// The next free slot.
    next: AtomicU64,
    waker: UnsafeCell<Option<Waker>>,
    error: UnsafeCell<Option<AskError>>,
    payload: UnsafeCell<[u8; MAX_PAYLOAD]>,
}

// SAFETY: the cells are only touched by whom the word's status names, see above.
unsafe impl Sync for Slot {}

impl Slot {
    fn new() -> Self {
        Self {
            word: AtomicU64::new(1 << GENERATION_SHIFT | FREE),
            next: AtomicU64::new(u64::from(NONE)),
            waker: UnsafeCell::new(None),
            error: UnsafeCell::new(None),
            payload: UnsafeCell::new([0; MAX_PAYLOAD]),
        }
    }
}

/// The table.
pub(super) struct Replies {
    chunks: Box<[OnceLock<Box<[Slot]>>]>,
    /// The topmost free slot, and in the high half a tag that every change increments.
    free: CachePadded<AtomicU64>,
    /// Slots that were ever used.
    used: CachePadded<AtomicU64>,
}

// SAFETY: the slots are.
unsafe impl Send for Replies {}

impl Replies {
    pub(super) fn new() -> Self {
        Self {
            chunks: (0..CHUNKS).map(|_| OnceLock::new()).collect(),
            free: CachePadded::new(AtomicU64::new(u64::from(NONE))),
            used: CachePadded::new(AtomicU64::new(0)),
        }
    }

    fn slot(&self, index: u32) -> Option<&Slot> {
        self.chunks.get(index as usize / CHUNK)?.get()?.get(index as usize % CHUNK)
    }

    /// The slot of a handle, and its word with status 0, if the handle's time has not passed.
    fn find(&self, handle: u64) -> Option<(&Slot, u64)> {
        Some((self.slot(handle as u32)?, handle & !STATUS))
    }

    fn pop_free(&self) -> Option<u32> {
        let mut top = self.free.load(Ordering::Acquire);
        loop {
            let index = top as u32;
            if index == NONE {
                return None;
            }
            let next = self.slot(index)?.next.load(Ordering::Relaxed);
            let new = (top >> 32).wrapping_add(1) << 32 | next;
            match self.free.compare_exchange_weak(top, new, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some(index),
                Err(now) => top = now,
            }
        }
    }

    /// Opens a question; gives its handle, or `None` if there are too many.
    pub(super) fn open(&self) -> Option<u64> {
        let index = match self.pop_free() {
            Some(index) => index,
            None => {
                let index = self.used.fetch_add(1, Ordering::Relaxed);
                let Some(chunk) = self.chunks.get(index as usize / CHUNK) else {
                    self.used.fetch_sub(1, Ordering::Relaxed);
                    return None;
                };
                chunk.get_or_init(|| (0..CHUNK).map(|_| Slot::new()).collect());
                index as u32
            }
        };
        let slot = self.slot(index)?;
        let generation = slot.word.load(Ordering::Relaxed) & !STATUS;
        slot.word.store(generation | WAITING, Ordering::Release);
        Some(generation | u64::from(index))
    }

    /// Closes a question whose slot is the caller's.
    fn close(&self, handle: u64, slot: &Slot) {
        let generation = (handle >> GENERATION_SHIFT).wrapping_add(1) & STATUS;
        slot.word.store(generation.max(1) << GENERATION_SHIFT | FREE, Ordering::Release);
        let mut top = self.free.load(Ordering::Relaxed);
        loop {
            slot.next.store(top & STATUS, Ordering::Relaxed);
            let new = (top >> 32).wrapping_add(1) << 32 | (handle & STATUS);
            match self.free.compare_exchange_weak(top, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => top = now,
            }
        }
    }

    /// Makes the caller the one answerer, if the question is open and its asker still there. `true`: with a waker.
    fn begin(&self, handle: u64) -> Option<(&Slot, bool)> {
        let (slot, generation) = self.find(handle)?;
        let mut word = slot.word.load(Ordering::Relaxed);
        loop {
            let status = word & STATUS;
            if word & !STATUS != generation || !matches!(status, WAITING | LISTENING | ABANDONED) {
                return None;
            }
            match slot.word.compare_exchange_weak(word, generation | WRITING, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if status == ABANDONED => {
                    self.close(handle, slot);
                    return None;
                }
                Ok(_) => return Some((slot, status == LISTENING)),
                Err(now) => word = now,
            }
        }
    }

    fn end(slot: &Slot, handle: u64, listening: bool, status: u64) {
        // SAFETY: the status is WRITING, so the waker is ours.
        let waker = if listening { unsafe { (*slot.waker.get()).take() } } else { None };
        slot.word.store(handle & !STATUS | status, Ordering::Release);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Answers a question, if it still is one.
    #[inline]
    pub(super) fn answer(&self, handle: u64, len: usize, write: impl FnOnce(&mut [u8])) {
        if let Some((slot, listening)) = self.begin(handle) {
            // SAFETY: the status is WRITING, so the payload is ours.
            write(unsafe { &mut (&mut *slot.payload.get())[..len] });
            Self::end(slot, handle, listening, ANSWERED);
        }
    }

    /// Answers a question with an error, if it still is one.
    pub(super) fn fail(&self, handle: u64, error: AskError) {
        if let Some((slot, listening)) = self.begin(handle) {
            // SAFETY: the status is WRITING, so the error is ours.
            unsafe { *slot.error.get() = Some(error) };
            Self::end(slot, handle, listening, FAILED);
        }
    }

    /// Answers all open questions with an error.
    pub(super) fn fail_all(&self, error: &AskError) {
        for index in 0..self.used.load(Ordering::Acquire) as u32 {
            let Some(slot) = self.slot(index) else { continue };
            let word = slot.word.load(Ordering::Acquire);
            if matches!(word & STATUS, WAITING | LISTENING) {
                self.fail(word & !STATUS | u64::from(index), error.clone());
            }
        }
    }

    /// The answer, if there is one; it closes the question. Only for the asker.
    #[inline]
    pub(super) fn poll(&self, handle: u64, out: &mut [u8]) -> Option<Result<(), AskError>> {
        let (slot, generation) = self.find(handle)?;
        let word = slot.word.load(Ordering::Acquire);
        let answer = if word == generation | ANSWERED {
            // SAFETY: after the answer the slot is the asker's.
            let payload = unsafe { &*slot.payload.get() };
            out.copy_from_slice(&payload[..out.len()]);
            Ok(())
        } else if word == generation | FAILED {
            // SAFETY: as above.
            Err(unsafe { (*slot.error.get()).take() }.unwrap_or(AskError::Dropped))
        } else {
            return None;
        };
        self.close(handle, slot);
        Some(answer)
    }

    /// Sets the waker, or calls it if the answer is there. Only for the asker.
    pub(super) fn listen(&self, handle: u64, waker: &Waker) {
        let Some((slot, generation)) = self.find(handle) else { return waker.wake_by_ref() };
        let (waiting, listening) = (generation | WAITING, generation | LISTENING);
        // An older waker is taken back first: until then it is the answerer's.
        let taken = slot.word.compare_exchange(listening, waiting, Ordering::AcqRel, Ordering::Acquire);
        if taken.is_ok() || taken == Err(waiting) {
            // SAFETY: in WAITING the waker is the asker's.
            unsafe { *slot.waker.get() = Some(waker.clone()) };
            if slot.word.compare_exchange(waiting, listening, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                return;
            }
        }
        waker.wake_by_ref();
    }

    /// The asker goes away.
    pub(super) fn abandon(&self, handle: u64) {
        let Some((slot, generation)) = self.find(handle) else { return };
        loop {
            let word = slot.word.load(Ordering::Acquire);
            if word & !STATUS != generation {
                return;
            }
            match word & STATUS {
                WAITING | LISTENING => {
                    let abandoned = generation | ABANDONED;
                    if slot.word.compare_exchange(word, abandoned, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                        return;
                    }
                }
                ANSWERED | FAILED => return self.close(handle, slot),
                // The answerer is about to be done.
                WRITING => {
                    #[cfg(loom)]
                    loom::thread::yield_now();
                    std::hint::spin_loop();
                }
                _ => return,
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_used_again_under_another_generation() {
        let replies = Replies::new();
        let first = replies.open().unwrap();
        replies.answer(first, 1, |out| out[0] = 7);
        replies.answer(first, 1, |out| out[0] = 8);
        let mut out = [0];
        assert_eq!(replies.poll(first, &mut out), Some(Ok(())));
        assert_eq!(out, [7], "the first answer counts");
        let second = replies.open().unwrap();
        assert_eq!(second as u32, first as u32);
        assert_ne!(second, first);
        replies.answer(first, 1, |out| out[0] = 9);
        assert_eq!(replies.poll(second, &mut out), None, "an answer to a past question");
        replies.abandon(second);
        replies.fail(second, AskError::Dropped);
        assert_eq!(replies.open().unwrap() as u32, first as u32, "freed by the answerer");
    }
}

#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::task::Wake;

    /// Three preemptions find what there is to find, in seconds.
    fn model(f: impl Fn() + Sync + Send + 'static) {
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        builder.check(f);
    }

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.fetch_add(1, SeqCst);
        }
    }

    #[test]
    fn an_asker_that_listens_is_woken_or_sees_the_answer() {
        model(|| {
            let replies = Arc::new(Replies::new());
            let handle = replies.open().unwrap();
            let answerer = {
                let replies = replies.clone();
                thread::spawn(move || replies.answer(handle, 1, |out| out[0] = 7))
            };
            let count = std::sync::Arc::new(Count::default());
            let waker = Waker::from(count.clone());
            let mut out = [0];
            replies.listen(handle, &waker);
            let seen = replies.poll(handle, &mut out).is_some();
            answerer.join().unwrap();
            assert!(seen || count.0.load(SeqCst) == 1, "neither seen nor woken");
            assert!(seen || replies.poll(handle, &mut out) == Some(Ok(())));
            assert_eq!(out, [7]);
        });
    }

    #[test]
    fn an_abandoned_question_is_freed_once() {
        model(|| {
            let replies = Arc::new(Replies::new());
            let handle = replies.open().unwrap();
            let answerer = {
                let replies = replies.clone();
                thread::spawn(move || replies.answer(handle, 1, |out| out[0] = 7))
            };
            replies.abandon(handle);
            answerer.join().unwrap();
            let again = replies.open().unwrap();
            assert_eq!(again as u32, handle as u32);
            assert_ne!(replies.open().unwrap() as u32, handle as u32, "freed twice");
        });
    }
}
