//! What a reduction writes before its result is there: a value for each cell and for each brick.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;

/// Values of cells and of bricks, of one type.
pub(crate) struct Scratch<R> {
    cells: Box<[UnsafeCell<MaybeUninit<R>>]>,
    bricks: Box<[UnsafeCell<MaybeUninit<R>>]>,
}

// SAFETY: access is by the protocol of the reductions, as the unsafe functions demand.
unsafe impl<R: Send + Sync> Sync for Scratch<R> {}

impl<R: Copy> Scratch<R> {
    /// `None` if there is not so much memory.
    pub(crate) fn new(cells: usize, bricks: usize) -> Option<Self> {
        let make = |count| {
            let mut values = Vec::new();
            values.try_reserve_exact(count).ok()?;
            values.resize_with(count, || UnsafeCell::new(MaybeUninit::uninit()));
            Some(values.into_boxed_slice())
        };
        Some(Self { cells: make(cells)?, bricks: make(bricks)? })
    }

    pub(crate) fn bricks(&self) -> usize {
        self.bricks.len()
    }

    /// # Safety
    /// Nobody else may touch the value meanwhile.
    #[inline]
    pub(crate) unsafe fn set_cell(&self, index: usize, value: R) {
        // SAFETY: as the caller promises.
        unsafe { (*self.cells[index].get()).write(value) };
    }

    /// # Safety
    /// The value must have been written, and nobody may write it meanwhile.
    #[inline]
    pub(crate) unsafe fn cell(&self, index: usize) -> R {
        // SAFETY: as the caller promises.
        unsafe { (*self.cells[index].get()).assume_init_read() }
    }

    /// # Safety
    /// As for [`set_cell`](Self::set_cell).
    pub(crate) unsafe fn set_brick(&self, index: usize, value: R) {
        // SAFETY: as the caller promises.
        unsafe { (*self.bricks[index].get()).write(value) };
    }

    /// # Safety
    /// As for [`cell`](Self::cell).
    pub(crate) unsafe fn brick(&self, index: usize) -> R {
        // SAFETY: as the caller promises.
        unsafe { (*self.bricks[index].get()).assume_init_read() }
    }
}
