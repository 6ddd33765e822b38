//! Mapped memory: the one place where the host touches what a device touches too.
//!
//! Owns the translation of word indices to atomics on page-locked memory. In come indices; out go values; a reference to
//! the memory never leaves, so no Rust code can assume that it does not change.

use std::sync::atomic::{AtomicU32, Ordering};

use super::driver::Pinned;
use super::host::{self, Cell, Half, Words};

/// Page-locked memory as words. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Mapped(std::sync::Arc<Pinned>);

/// The lines of commands and reports.
pub(super) type Lines = host::Lines<Mapped>;

impl Mapped {
    pub(crate) fn new(pinned: Pinned) -> Self {
        Self(std::sync::Arc::new(pinned))
    }

    pub(crate) fn device_address(&self) -> u64 {
        self.0.device_address()
    }

    #[inline]
    #[allow(clippy::cast_ptr_alignment)] // the memory is page-aligned
    fn cell(&self, index: usize) -> &Cell {
        assert!(index < self.0.bytes() / 16, "a word past the end of mapped memory");
        // SAFETY: in bounds, as was just checked; page-locked memory is aligned to 4096 bytes and zeroed, which is a
        // valid `Cell`; all accesses on this side go through its atomics, and the device's are of the same kind.
        unsafe { &*self.0.host().as_ptr().cast::<Cell>().add(index) }
    }

    #[inline]
    #[allow(clippy::cast_ptr_alignment)] // the memory is page-aligned
    fn counter(&self, index: usize, field: usize) -> &AtomicU32 {
        assert!(index < self.0.bytes() / 16 && field < 4, "a counter past the end of mapped memory");
        // SAFETY: as in `cell`; a counter's word is never accessed as a `Cell` on this side.
        unsafe { &*self.0.host().as_ptr().cast::<AtomicU32>().add(index * 4 + field) }
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
    fn load_counter(&self, index: usize, field: usize) -> u32 {
        self.counter(index, field).load(Ordering::Acquire)
    }
    #[inline]
    fn store_counter(&self, index: usize, field: usize, value: u32) {
        self.counter(index, field).store(value, Ordering::Release);
    }
}
