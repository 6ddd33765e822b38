//! Mapped memory: the one place where the host touches what a device touches too.
//!
//! Owns the translation of word indices to atomics on page-locked memory. In come indices; out go values; a reference to
//! the memory never leaves, so no Rust code can assume that it does not change.

use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::driver::Pinned;
use super::host::{self, Cell, Half, Words};

/// A part of page-locked memory, as words. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Mapped {
    /// Found once: sending reads no more than this.
    first: ptr::NonNull<Cell>,
    words: usize,
    memory: Arc<Pinned>,
}

// SAFETY: the memory lives as long as this, and all accesses are atomic.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

/// The lines of commands and reports.
pub(super) type Lines = host::Lines<Mapped>;

impl Mapped {
    /// All of it.
    pub(crate) fn new(pinned: Pinned) -> Self {
        Self { first: pinned.host().cast(), words: pinned.bytes() / 16, memory: Arc::new(pinned) }
    }

    pub(crate) fn device_address(&self) -> u64 {
        self.memory.device_address()
    }

    /// The part from this address of the device to the end.
    pub(crate) fn from(&self, device_address: u64) -> Self {
        let words = ((device_address - self.device_address()) / 16) as usize;
        assert!(words < self.words, "a part past the end of mapped memory");
        // SAFETY: in bounds, as was just checked.
        let first = unsafe { self.first.add(words) };
        Self { first, words: self.words - words, memory: Arc::clone(&self.memory) }
    }

    #[inline]
    fn cell(&self, index: usize) -> &Cell {
        assert!(index < self.words, "a word past the end of mapped memory");
        // SAFETY: in bounds, as was just checked; page-locked memory is aligned to 4096 bytes and zeroed, which is a
        // valid `Cell`; all accesses on this side go through its atomics, and the device's are of the same kind.
        unsafe { self.first.add(index).as_ref() }
    }

    #[inline]
    fn counter(&self, index: usize, field: usize) -> &AtomicU32 {
        assert!(index < self.words && field < 4, "a counter past the end of mapped memory");
        // SAFETY: as in `cell`; a counter's word is never accessed as a `Cell` on this side.
        unsafe { self.first.add(index).cast::<AtomicU32>().add(field).as_ref() }
    }
}

impl Words for Mapped {
    #[inline]
    fn load_half(&self, index: usize, half: Half, order: Ordering) -> u64 {
        self.cell(index).half(half).load(order)
    }
    #[inline]
    fn store_half(&self, index: usize, half: Half, value: u64, order: Ordering) {
        self.cell(index).half(half).store(value, order);
    }
    #[inline]
    fn prefetch(&self, index: usize) {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            // SAFETY: a prefetch of any address is harmless; this one is in bounds.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(self.cell(index)).cast()) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = index;
    }
    #[inline]
    fn prefetch_store(&self, index: usize) {
        #[cfg(target_arch = "x86_64")]
        {
            let line = std::ptr::from_ref(self.cell(index));
            // SAFETY: a hint that changes nothing; processors that do not know it take it for no operation.
            unsafe { std::arch::asm!("prefetchw [{}]", in(reg) line, options(nostack, preserves_flags)) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = index;
    }
    #[inline]
    fn load_counter(&self, index: usize, field: usize) -> u32 {
        self.counter(index, field).load(Ordering::Acquire)
    }
    #[inline]
    fn store_counter(&self, index: usize, field: usize, value: u32) {
        self.counter(index, field).store(value, Ordering::Release);
    }
}
