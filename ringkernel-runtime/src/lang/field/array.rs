//! The cells of one field over the whole domain.
//!
//! One array, x fastest, that all tiles of the CPU backend write their own part of. Who may touch which cell when is
//! decided by the tiles' meetings (`cpu::grid`); nothing here synchronises, so every access is unsafe or checked by its
//! caller. Beyond the edge the boundaries decide.

use std::cell::UnsafeCell;

use crate::lang::boundary::{Landing, Sides, land};

/// The cells of one field.
pub(crate) struct Array<T, const D: usize> {
    cells: Box<[UnsafeCell<T>]>,
    extents: [u32; D],
    sides: [Sides; D],
    border: T,
}

// SAFETY: access to the cells is by the protocol of the tiles, as the unsafe functions demand.
unsafe impl<T: Send + Sync, const D: usize> Sync for Array<T, D> {}

/// What an array is made of besides its cells.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<const D: usize> {
    pub(crate) extents: [u32; D],
    pub(crate) sides: [Sides; D],
}

impl<const D: usize> Frame<D> {
    /// Cells in all; `None` if no array can have so many.
    pub(crate) fn cells(&self) -> Option<usize> {
        self.extents.iter().try_fold(1_usize, |cells, extent| cells.checked_mul(*extent as usize))
    }
}

/// The cell at a linear index.
pub(crate) fn cell_of<const D: usize>(mut index: usize, extents: [u32; D]) -> [u32; D] {
    extents.map(|extent| {
        let along = index % extent as usize;
        index /= extent as usize;
        along as u32
    })
}

/// The linear index of a cell.
#[inline]
pub(crate) fn index_of<const D: usize>(cell: [u32; D], extents: [u32; D]) -> usize {
    let mut index = 0;
    for axis in (0..D).rev() {
        index = index * extents[axis] as usize + cell[axis] as usize;
    }
    index
}

impl<T: Copy, const D: usize> Array<T, D> {
    /// All cells, each made by `init`; `None` if there is not so much memory.
    pub(crate) fn new(frame: Frame<D>, border: T, mut init: impl FnMut([u32; D]) -> T) -> Option<Self> {
        let count = frame.cells()?;
        let mut cells = Vec::new();
        cells.try_reserve_exact(count).ok()?;
        cells.extend((0..count).map(|index| UnsafeCell::new(init(cell_of(index, frame.extents)))));
        Some(Self { cells: cells.into_boxed_slice(), extents: frame.extents, sides: frame.sides, border })
    }

    pub(crate) fn extents(&self) -> [u32; D] {
        self.extents
    }

    /// The distance of neighbours along each axis, in cells.
    pub(crate) fn strides(&self) -> [isize; D] {
        let mut stride = 1;
        self.extents.map(|extent| {
            let own = stride;
            stride *= extent as isize;
            own
        })
    }

    /// The first cell. What is behind it may be read while nobody writes it, and written while nobody else touches it.
    #[inline]
    pub(crate) fn base(&self) -> *mut T {
        UnsafeCell::raw_get(self.cells.as_ptr())
    }

    /// The cell so far from `cell`, or what the boundaries have for it; `None` if they have nothing.
    ///
    /// # Safety
    /// Nobody may write the cell meanwhile.
    pub(crate) unsafe fn read(&self, cell: [u32; D], offset: [i32; D]) -> Option<T> {
        let mut at = [0; D];
        let mut border = false;
        for axis in 0..D {
            let index = i64::from(cell[axis]) + i64::from(offset[axis]);
            match land(index, self.extents[axis], self.sides[axis]) {
                Landing::Cell(index) => at[axis] = index,
                Landing::Border => border = true,
                Landing::Nothing => return None,
            }
        }
        if border {
            return Some(self.border);
        }
        // SAFETY: every index is below its extent; nobody writes the cell, as the caller promises.
        Some(unsafe { *self.base().add(index_of(at, self.extents)) })
    }
}
