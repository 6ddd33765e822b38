//! The host's inboxes: bytes of messages from actors, sorted by type, waiting for whoever receives them.
//!
//! One thread delivers (the pump), any number receive. A delivery appends to a buffer; a receiver that has nothing left
//! takes the whole buffer at once, so the two meet at a lock once in many messages. An inbox is bounded: when it is full
//! the pump waits with everything behind it, which is the actors' back-pressure.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crossbeam_utils::CachePadded;

/// Messages of one type. What the delivering thread looks at shares no cache line with what a receiver changes for each message.
#[derive(Debug)]
pub(super) struct Inbox {
    size: usize,
    depth: usize,
    waiting: CachePadded<AtomicUsize>,
    arrived: CachePadded<Mutex<Vec<u8>>>,
    taken: CachePadded<Mutex<Taken>>,
    wakers: Mutex<Vec<Waker>>,
    /// There are wakers: a copy to be read without the lock.
    listened_to: AtomicBool,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: Vec<u8>,
    next: usize,
    /// Messages without bytes are only counted.
    empty: usize,
    /// Messages received that `waiting` still has: it is changed rarely, since the thread that delivers looks at it.
    unsaid: usize,
}

impl Taken {
    /// The next message, from what was taken or what has arrived.
    fn take(&mut self, inbox: &Inbox, out: &mut [u8]) -> bool {
        if inbox.size == 0 {
            if self.empty == 0 {
                inbox.say(self);
                self.empty = inbox.waiting.load(Ordering::Acquire);
            }
            let some = self.empty != 0;
            self.empty -= usize::from(some);
            return some;
        }
        if self.next == self.bytes.len() {
            inbox.say(self);
            // Whoever polls an empty inbox must not hold up the delivery to it.
            if inbox.waiting.load(Ordering::Acquire) == 0 {
                return false;
            }
            self.bytes.clear();
            self.next = 0;
            std::mem::swap(&mut self.bytes, &mut *lock(&inbox.arrived));
        }
        let (next, end) = (self.next, self.next + inbox.size);
        let Some(message) = self.bytes.get(next..end) else { return false };
        out.copy_from_slice(message);
        self.next = end;
        true
    }
}

/// Messages received before room is made for others.
const MOST_UNSAID: usize = 64;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Inbox {
    fn new(size: usize, depth: usize) -> Self {
        Self {
            size,
            depth,
            waiting: CachePadded::default(),
            arrived: CachePadded::default(),
            taken: CachePadded::default(),
            wakers: Mutex::default(),
            listened_to: AtomicBool::new(false),
        }
    }

    /// Messages that can be delivered now.
    pub(super) fn room(&self) -> usize {
        self.depth.saturating_sub(self.waiting.load(Ordering::Acquire))
    }

    /// The room that a full inbox must get before it is delivered to again: message by message would be a lock for each.
    pub(super) const fn worthwhile(&self) -> usize {
        if self.depth < 4 { 1 } else { self.depth / 4 }
    }

    /// Appends the messages in `bytes`, `count` of them; the caller saw room for them and is the only one to deliver.
    pub(super) fn deliver(&self, bytes: &[u8], count: usize) {
        lock(&self.arrived).extend_from_slice(bytes);
        self.waiting.fetch_add(count, Ordering::Release);
        self.wake();
    }

    pub(super) fn wake(&self) {
        let mut listening = lock(&self.wakers);
        self.listened_to.store(false, Ordering::Release);
        let wakers = std::mem::take(&mut *listening);
        drop(listening);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Bytes of a message.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// The next message.
    pub(super) fn poll(&self, out: &mut [u8]) -> bool {
        let mut taken = lock(&self.taken);
        if !taken.take(self, out) {
            return false;
        }
        taken.unsaid += 1;
        if taken.unsaid >= self.worthwhile().min(MOST_UNSAID) {
            self.say(&mut taken);
        }
        true
    }

    /// Makes room for what was received.
    fn say(&self, taken: &mut Taken) {
        if taken.unsaid != 0 {
            // Under the lock of `taken`: the next receiver may count what is left from it.
            self.waiting.fetch_sub(std::mem::take(&mut taken.unsaid), Ordering::AcqRel);
        }
    }

    /// Wakes once a message is there; at once if one is.
    pub(super) fn listen(&self, waker: &Waker) {
        let mut wakers = lock(&self.wakers);
        // A receiver that waits again and again while nothing comes is there already. Clones are compared with clones: the
        // original may have another table of functions.
        let waker = waker.clone();
        if !wakers.iter().any(|known| known.will_wake(&waker)) {
            wakers.push(waker);
        }
        self.listened_to.store(true, Ordering::Release);
        drop(wakers);
        if self.waiting.load(Ordering::Acquire) != 0 {
            self.wake();
        }
    }
}

/// All inboxes, by the tag that a device gives a message to the host.
#[derive(Debug)]
pub(super) struct Inboxes {
    /// Path and size of a message type to its tag: by path alone, a type of another version of a crate would be the same.
    tags: HashMap<(&'static str, usize), u32>,
    /// By tag; the last is for all types that no actor sends, and stays empty.
    all: Box<[Inbox]>,
}

impl Inboxes {
    /// One for each type of message that actors send, by path and size.
    pub(super) fn new(messages: &[(&'static str, usize)], depth: usize) -> Self {
        let tags = messages.iter().enumerate().map(|(tag, message)| (*message, tag as u32)).collect();
        let sizes = messages.iter().map(|(_, size)| *size).chain([0]);
        Self { tags, all: sizes.map(|size| Inbox::new(size, depth)).collect() }
    }

    /// The number of the inbox for a type.
    pub(super) fn open(&self, path: &'static str, size: usize) -> u32 {
        self.tags.get(&(path, size)).copied().unwrap_or(self.all.len() as u32 - 1)
    }

    #[inline]
    pub(super) fn get(&self, tag: u32) -> Option<&Inbox> {
        self.all.get(tag as usize)
    }

    /// Whether somebody sleeps until a message comes.
    pub(super) fn are_listened_to(&self) -> bool {
        self.all().any(|inbox| inbox.listened_to.load(Ordering::Acquire))
    }

    /// Every one there is now.
    pub(super) fn all(&self) -> impl Iterator<Item = &Inbox> {
        self.all.iter()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn messages_come_out_in_order_and_make_room() {
        let inboxes = Inboxes::new(&[("a", 2)], 3);
        let inbox = inboxes.get(inboxes.open("a", 2)).unwrap();
        inbox.deliver(&[1, 2, 3, 4], 2);
        inbox.deliver(&[5, 6], 1);
        assert_eq!(inbox.room(), 0);
        let mut out = [0; 2];
        assert!(inbox.poll(&mut out));
        assert_eq!((out, inbox.room()), ([1, 2], 1));
        assert!(inbox.poll(&mut out) && inbox.poll(&mut out) && !inbox.poll(&mut out));
        assert_eq!(out, [5, 6]);
    }

    #[test]
    fn a_type_that_only_has_the_name_of_another_has_an_inbox_of_its_own() {
        let inboxes = Inboxes::new(&[("a", 2)], 3);
        assert_eq!((inboxes.open("a", 4), inboxes.open("a", 2), inboxes.open("a", 4)), (1, 0, 1));
    }

    #[test]
    fn messages_without_bytes_are_counted() {
        let inboxes = Inboxes::new(&[("b", 0)], 3);
        let inbox = inboxes.get(inboxes.open("b", 0)).unwrap();
        inbox.deliver(&[], 2);
        assert!(inbox.poll(&mut []) && inbox.poll(&mut []) && !inbox.poll(&mut []));
    }

    #[test]
    fn messages_without_bytes_are_received_once_by_several_receivers() {
        const MESSAGES: usize = 300_000;
        let inboxes = Inboxes::new(&[("b", 0)], MESSAGES);
        let inbox = inboxes.get(inboxes.open("b", 0)).unwrap();
        let received = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while received.load(Ordering::Relaxed) < MESSAGES {
                        received.fetch_add(usize::from(inbox.poll(&mut [])), Ordering::Relaxed);
                    }
                });
            }
            for sent in 1..=MESSAGES {
                inbox.deliver(&[], 1);
                while received.load(Ordering::Relaxed) < sent {
                    std::hint::spin_loop();
                }
            }
        });
        // Who finds nothing makes room for all that was received.
        assert!(!inbox.poll(&mut []));
        assert_eq!((received.into_inner(), inbox.room()), (MESSAGES, MESSAGES));
    }

    #[test]
    fn a_receiver_that_waits_many_times_is_kept_once() {
        struct Nothing;
        impl std::task::Wake for Nothing {
            fn wake(self: Arc<Self>) {}
        }
        let (inbox, waker) = (Inbox::new(4, 3), Waker::from(Arc::new(Nothing)));
        (0..100).for_each(|_| inbox.listen(&waker));
        assert_eq!(lock(&inbox.wakers).len(), 1);
        assert!(inbox.listened_to.load(Ordering::Acquire));
        inbox.deliver(&[0; 4], 1);
        assert!(!inbox.listened_to.load(Ordering::Acquire));
    }
}
