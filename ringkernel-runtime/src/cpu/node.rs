//! Where messages lie: nodes of 64, 128 or 256 bytes, linked into mailboxes.
//!
//! A node is a header of 32 bytes and a payload behind it. Nodes are cut from chunks that live as long as the system
//! and are passed on by raw pointer: whoever took a node from a list owns it until it is linked into another. The
//! consumer of a message keeps its node for the next message it sends, so a node is usually warm; what piles up on one
//! thread goes to the others in batches of 64.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use crossbeam_queue::SegQueue;

/// Nodes of one batch, the unit that threads exchange.
const BATCH: u32 = 64;
/// Batches cut from one chunk.
const BATCHES_A_CHUNK: usize = 8;
/// Bytes of a header.
const HEADER: usize = size_of::<Node>();
/// Alignment of every node, whose pointers thus have six bits free.
pub(super) const ALIGN: usize = 64;

/// A size of node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    Small = 0,
    Middle = 1,
    Large = 2,
}

/// How many classes there are.
const CLASSES: usize = 3;

impl Class {
    /// The smallest class whose nodes hold `len` bytes of payload.
    #[inline]
    pub(super) const fn of(len: usize) -> Self {
        if len <= 64 - HEADER {
            Self::Small
        } else if len <= 128 - HEADER {
            Self::Middle
        } else {
            Self::Large
        }
    }

    const fn bytes(self) -> usize {
        64 << self as usize
    }
}

/// A message of the host, which counts in its window.
pub(super) const FROM_HOST: u8 = 1;

/// The header of a node; the payload lies behind it.
#[repr(C, align(32))]
pub(super) struct Node {
    /// The next in whatever list the node is in.
    pub(super) next: *mut Node,
    /// The address of the sender, 0 for the host.
    pub(super) sender: u64,
    /// The question that an answer goes to, 0 for none.
    pub(super) question: u64,
    /// The index of the handler.
    pub(super) tag: u32,
    /// Bytes of payload.
    pub(super) len: u16,
    /// [`FROM_HOST`].
    pub(super) flags: u8,
    class: Class,
}

impl Node {
    /// The payload.
    ///
    /// # Safety
    /// `node` must be owned by the caller, who must not change it while the slice lives, and its payload written.
    #[inline]
    pub(super) unsafe fn payload<'a>(node: *mut Self) -> &'a [u8] {
        // SAFETY: the payload of `len` bytes follows the header in the same allocation.
        unsafe { std::slice::from_raw_parts(node.cast::<u8>().add(HEADER), usize::from((*node).len)) }
    }

    /// Fills a node in.
    ///
    /// # Safety
    /// `node` must be owned by the caller and of `Class::of(len)`, so that its payload has room.
    #[inline]
    pub(super) unsafe fn fill(node: *mut Self, message: Head, len: usize, write: impl FnOnce(&mut [u8])) {
        // SAFETY: as above; the header is initialised since the node was cut, and the payload has `len` bytes, which are
        // initialised first because `write` is handed a slice.
        unsafe {
            (*node).sender = message.sender;
            (*node).question = message.question;
            (*node).tag = message.tag;
            (*node).flags = message.flags;
            (*node).len = len as u16;
            let payload = node.cast::<u8>().add(HEADER);
            write(std::slice::from_raw_parts_mut(payload, len));
        }
    }
}

/// What a message carries besides its payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) sender: u64,
    pub(super) question: u64,
    pub(super) tag: u32,
    pub(super) flags: u8,
}

/// A list of nodes, last in, first out, owned by one thread.
struct Stack {
    top: Cell<*mut Node>,
    len: Cell<u32>,
}

impl Stack {
    const fn new() -> Self {
        Self { top: Cell::new(ptr::null_mut()), len: Cell::new(0) }
    }

    #[inline]
    fn push(&self, node: *mut Node) {
        // SAFETY: the caller gives the node away, so it is ours.
        unsafe { (*node).next = self.top.get() };
        self.top.set(node);
        self.len.set(self.len.get() + 1);
    }

    #[inline]
    fn pop(&self) -> Option<*mut Node> {
        let node = self.top.get();
        if node.is_null() {
            return None;
        }
        // SAFETY: nodes in the stack are the stack's.
        let next = unsafe { (*node).next };
        prefetch(next);
        self.top.set(next);
        self.len.set(self.len.get() - 1);
        Some(node)
    }

    fn take(&self) -> Batch {
        Batch { top: self.top.replace(ptr::null_mut()), len: self.len.replace(0) }
    }

    fn put(&self, batch: Batch) {
        self.top.set(batch.top);
        self.len.set(batch.len);
    }
}

/// Brings the node that will be wanted next into the cache; a null pointer does nothing.
#[inline]
fn prefetch(node: *const Node) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing, whatever the address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(node.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = node;
}

/// A list of nodes on its way between threads.
struct Batch {
    top: *mut Node,
    len: u32,
}

// SAFETY: the nodes of a batch belong to whoever has it.
unsafe impl Send for Batch {}

/// Free nodes of one thread: per class, one stack in use and one full one in reserve, so that a thread which takes and
/// gives in turns exchanges nothing.
pub(super) struct NodeCache {
    used: [Stack; CLASSES],
    reserve: [Stack; CLASSES],
}

impl NodeCache {
    pub(super) const fn new() -> Self {
        Self { used: [const { Stack::new() }; CLASSES], reserve: [const { Stack::new() }; CLASSES] }
    }

    /// A node whose payload holds `len` bytes.
    #[inline]
    pub(super) fn take(&self, len: usize, slab: &Slab) -> *mut Node {
        let class = Class::of(len);
        self.used[class as usize].pop().unwrap_or_else(|| self.refill(class, slab))
    }

    #[cold]
    fn refill(&self, class: Class, slab: &Slab) -> *mut Node {
        let at = class as usize;
        let batch = if self.reserve[at].top.get().is_null() { slab.batch(class) } else { self.reserve[at].take() };
        self.used[at].put(batch);
        self.used[at].pop().unwrap_or(ptr::null_mut())
    }

    /// Gives a node back.
    #[inline]
    pub(super) fn give(&self, node: *mut Node, slab: &Slab) {
        // SAFETY: the caller gives the node away, so it is ours.
        let at = unsafe { (*node).class } as usize;
        if self.used[at].len.get() >= BATCH {
            self.make_room(at, slab);
        }
        self.used[at].push(node);
    }

    #[cold]
    fn make_room(&self, at: usize, slab: &Slab) {
        if !self.reserve[at].top.get().is_null() {
            slab.spare[at].push(self.reserve[at].take());
        }
        self.reserve[at].put(self.used[at].take());
    }

    /// Gives everything back.
    pub(super) fn flush(&self, slab: &Slab) {
        for stack in self.used.iter().chain(&self.reserve) {
            if !stack.top.get().is_null() {
                // SAFETY: nodes in the stack are the stack's.
                let at = unsafe { (*stack.top.get()).class } as usize;
                slab.spare[at].push(stack.take());
            }
        }
    }
}

/// All nodes of a system.
pub(super) struct Slab {
    spare: [SegQueue<Batch>; CLASSES],
    chunks: Mutex<Vec<(*mut u8, Layout)>>,
}

// SAFETY: `chunks` is only touched under its lock, and only to free them in the end.
unsafe impl Send for Slab {}
// SAFETY: as above.
unsafe impl Sync for Slab {}

impl Slab {
    pub(super) fn new() -> Self {
        Self { spare: [const { SegQueue::new() }; CLASSES], chunks: Mutex::default() }
    }

    fn batch(&self, class: Class) -> Batch {
        self.spare[class as usize].pop().unwrap_or_else(|| self.cut(class))
    }

    /// Cuts a new chunk; one batch is the caller's.
    fn cut(&self, class: Class) -> Batch {
        let size = class.bytes() * BATCH as usize * BATCHES_A_CHUNK;
        let Ok(layout) = Layout::from_size_align(size, ALIGN) else { unreachable!("64 divides every size") };
        // SAFETY: the size is not 0.
        let chunk = unsafe { alloc(layout) };
        if chunk.is_null() {
            handle_alloc_error(layout);
        }
        self.chunks.lock().unwrap_or_else(PoisonError::into_inner).push((chunk, layout));
        let stack = Stack::new();
        let mut batches = (0..BATCHES_A_CHUNK).map(|batch| {
            for at in 0..BATCH as usize {
                // SAFETY: within the chunk, which is aligned for nodes, as is the size of the class.
                let node = unsafe { chunk.add((batch * BATCH as usize + at) * class.bytes()) }.cast::<Node>();
                // SAFETY: as above; the memory is nobody else's.
                unsafe {
                    // The whole node, so that a payload is initialised before anybody gets a slice of it.
                    ptr::write_bytes(node.cast::<u8>(), 0, class.bytes());
                    node.write(Node { next: ptr::null_mut(), sender: 0, question: 0, tag: 0, len: 0, flags: 0, class });
                }
                stack.push(node);
            }
            stack.take()
        });
        let first = batches.next();
        batches.for_each(|batch| self.spare[class as usize].push(batch));
        first.unwrap_or(Batch { top: ptr::null_mut(), len: 0 })
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        for (chunk, layout) in self.chunks.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // SAFETY: allocated with this layout in `cut`; with the slab go all who could hold a node of it.
            unsafe { dealloc(chunk, layout) };
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn nodes_are_distinct_and_come_back() {
        let (slab, cache) = (Slab::new(), NodeCache::new());
        let mut seen = HashSet::new();
        for round in 0..3 {
            let nodes: Vec<_> = (0..1000).map(|_| cache.take(32, &slab)).collect();
            let distinct: HashSet<_> = nodes.iter().copied().collect();
            assert_eq!(distinct.len(), 1000);
            if round > 0 {
                assert!(distinct.is_subset(&seen) || distinct.len() + seen.len() < 3000, "nodes are used again");
            }
            seen.extend(distinct);
            nodes.into_iter().for_each(|node| cache.give(node, &slab));
        }
        assert!(seen.len() <= 2048, "no more chunks than needed: {}", seen.len());
    }

    #[test]
    fn every_message_has_a_class() {
        assert_eq!(Class::of(0), Class::Small);
        assert_eq!(Class::of(32), Class::Small);
        assert_eq!(Class::of(33), Class::Middle);
        assert_eq!(Class::of(crate::lang::MAX_PAYLOAD), Class::Large);
    }
}
