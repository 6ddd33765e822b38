//! Sixteen-byte words that a device reads and writes at the same time.
//!
//! A word carries its sequence number beside twelve bytes of data. The device moves it in one access. The host has no
//! portable 16-byte store, so it writes the half without the number first and the half with it second, released; and reads
//! them in the opposite order, acquired. Both halves lie in one cache line, so whoever sees the number sees the data.

use crate::sync::atomic::{AtomicU64, Ordering};

/// A word as `memory.cuh` defines it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub seq: u32,
    pub a: u32,
    pub b: u32,
    pub c: u32,
}

/// One of the two accesses that move a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The number and the first field.
    Low,
    /// The other two fields.
    High,
}

/// Shared memory, in units of words.
pub trait Words: Send + Sync {
    /// Loads one half of a word.
    fn load_half(&self, index: usize, half: Half, order: Ordering) -> u64;
    /// Stores one half of a word.
    fn store_half(&self, index: usize, half: Half, value: u64, order: Ordering);
    /// Tells the processor that the word will be read soon.
    fn prefetch(&self, index: usize);
    /// Tells the processor that the word will be stored to soon.
    fn prefetch_store(&self, _index: usize) {}
    /// Loads the 32-bit field `field` of a word: a counter that the other side writes alone. Acquired.
    fn load_counter(&self, index: usize, field: usize) -> u32;
    /// Stores a 32-bit field, released.
    fn store_counter(&self, index: usize, field: usize, value: u32);

    /// Stores a word so that a reader who sees its number sees the rest.
    #[inline]
    fn store(&self, index: usize, word: Word) {
        self.store_half(index, Half::High, u64::from(word.c) << 32 | u64::from(word.b), Ordering::Relaxed);
        self.store_half(index, Half::Low, u64::from(word.a) << 32 | u64::from(word.seq), Ordering::Release);
    }

    /// Loads a word; the data belongs to the number only if the number is the expected one.
    #[inline]
    fn load(&self, index: usize) -> Word {
        let low = self.load_half(index, Half::Low, Ordering::Acquire);
        let high = self.load_half(index, Half::High, Ordering::Relaxed);
        Word { seq: low as u32, a: (low >> 32) as u32, b: high as u32, c: (high >> 32) as u32 }
    }

    /// Loads only the number.
    #[inline]
    fn load_seq(&self, index: usize) -> u32 {
        self.load_half(index, Half::Low, Ordering::Acquire) as u32
    }
}

/// The two halves of a word in memory.
#[repr(C, align(16))]
#[derive(Debug)]
pub(crate) struct Cell {
    low: AtomicU64,
    high: AtomicU64,
}

impl Cell {
    /// One half.
    #[inline]
    pub(crate) const fn half(&self, half: Half) -> &AtomicU64 {
        match half {
            Half::Low => &self.low,
            Half::High => &self.high,
        }
    }
}

/// Words on the heap, for tests and for loom.
#[cfg(test)]
pub(super) struct HeapWords {
    cells: Box<[Cell]>,
    counters: Box<[[crate::sync::atomic::AtomicU32; 4]]>,
}

#[cfg(test)]
impl HeapWords {
    /// `len` words, all zero.
    pub(super) fn new(len: usize) -> Self {
        use crate::sync::atomic::AtomicU32;
        Self {
            cells: (0..len).map(|_| Cell { low: AtomicU64::new(0), high: AtomicU64::new(0) }).collect(),
            counters: (0..len).map(|_| std::array::from_fn(|_| AtomicU32::new(0))).collect(),
        }
    }
}

#[cfg(test)]
impl Words for HeapWords {
    fn load_half(&self, index: usize, half: Half, order: Ordering) -> u64 {
        self.cells[index].half(half).load(order)
    }
    fn store_half(&self, index: usize, half: Half, value: u64, order: Ordering) {
        self.cells[index].half(half).store(value, order);
    }
    fn prefetch(&self, _index: usize) {}
    fn load_counter(&self, index: usize, field: usize) -> u32 {
        self.counters[index][field].load(Ordering::Acquire)
    }
    fn store_counter(&self, index: usize, field: usize, value: u32) {
        self.counters[index][field].store(value, Ordering::Release);
    }
}

#[cfg(test)]
impl<T: Words + ?Sized> Words for std::sync::Arc<T> {
    fn load_half(&self, index: usize, half: Half, order: Ordering) -> u64 {
        (**self).load_half(index, half, order)
    }
    fn store_half(&self, index: usize, half: Half, value: u64, order: Ordering) {
        (**self).store_half(index, half, value, order);
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
