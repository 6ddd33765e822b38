//! Sixteen-byte words that a device reads and writes at the same time.
//!
//! A word carries its sequence number beside twelve bytes of data. The device moves it in one access. The host has no
//! portable 16-byte store, so it writes the half without the number first and the half with it second, released; and reads
//! them in the opposite order, acquired. Both halves lie in one cache line, so whoever sees the number sees the data.

use crate::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// A word as `memory.cuh` defines it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) seq: u32,
    pub(crate) a: u32,
    pub(crate) b: u32,
    pub(crate) c: u32,
}

/// Shared memory, in units of words.
pub(crate) trait Words: Send + Sync {
    /// Stores a word so that a reader who sees its number sees the rest.
    fn store(&self, index: usize, word: Word);
    /// Loads a word; the data belongs to the number only if the number is the expected one.
    fn load(&self, index: usize) -> Word;
    /// Loads only the number.
    fn load_seq(&self, index: usize) -> u32;
    /// Tells the processor that the word will be read soon.
    fn prefetch(&self, index: usize);
    /// Loads the 32-bit field `field` of a word: a counter that the other side writes alone.
    fn load_counter(&self, index: usize, field: usize) -> u32;
    /// Stores a 32-bit field.
    fn store_counter(&self, index: usize, field: usize, value: u32);
}

/// The two halves of a word in memory.
#[repr(C, align(16))]
#[derive(Debug)]
pub(crate) struct Cell {
    low: AtomicU64,
    high: AtomicU64,
}

impl Cell {
    fn new() -> Self {
        Self { low: AtomicU64::new(0), high: AtomicU64::new(0) }
    }

    pub(crate) fn store(&self, word: Word) {
        self.high.store(u64::from(word.c) << 32 | u64::from(word.b), Ordering::Relaxed);
        self.low.store(u64::from(word.a) << 32 | u64::from(word.seq), Ordering::Release);
    }

    pub(crate) fn load(&self) -> Word {
        let low = self.low.load(Ordering::Acquire);
        let high = self.high.load(Ordering::Relaxed);
        Word { seq: low as u32, a: (low >> 32) as u32, b: high as u32, c: (high >> 32) as u32 }
    }

    pub(crate) fn load_seq(&self) -> u32 {
        self.low.load(Ordering::Acquire) as u32
    }
}

/// Words on the heap: for tests, for loom and for the simulator.
#[derive(Debug)]
pub(crate) struct HeapWords {
    cells: Box<[Cell]>,
    counters: Box<[[AtomicU32; 4]]>,
}

impl HeapWords {
    /// `len` words, all zero.
    #[allow(dead_code)] // tests and simulation
    pub(crate) fn new(len: usize) -> Self {
        Self {
            cells: (0..len).map(|_| Cell::new()).collect(),
            counters: (0..len).map(|_| std::array::from_fn(|_| AtomicU32::new(0))).collect(),
        }
    }
}

impl Words for HeapWords {
    fn store(&self, index: usize, word: Word) {
        self.cells[index].store(word);
    }
    fn load(&self, index: usize) -> Word {
        self.cells[index].load()
    }
    fn load_seq(&self, index: usize) -> u32 {
        self.cells[index].load_seq()
    }
    fn prefetch(&self, _index: usize) {}
    fn load_counter(&self, index: usize, field: usize) -> u32 {
        self.counters[index][field].load(Ordering::Acquire)
    }
    fn store_counter(&self, index: usize, field: usize, value: u32) {
        self.counters[index][field].store(value, Ordering::Release);
    }
}

impl<T: Words + ?Sized> Words for std::sync::Arc<T> {
    fn store(&self, index: usize, word: Word) {
        (**self).store(index, word);
    }
    fn load(&self, index: usize) -> Word {
        (**self).load(index)
    }
    fn load_seq(&self, index: usize) -> u32 {
        (**self).load_seq(index)
    }
    fn prefetch(&self, index: usize) {
        (**self).prefetch(index);
    }
    fn load_counter(&self, index: usize, field: usize) -> u32 {
        (**self).load_counter(index, field)
    }
    fn store_counter(&self, index: usize, field: usize, value: u32) {
        (**self).store_counter(index, field, value);
    }
}
