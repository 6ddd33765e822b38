//! What a closure over cells sees: the cell that is being written, and cells of other fields with their neighbours.
//!
//! Views are made for one call of the closure and cannot leave it.

use std::fmt;
use std::marker::PhantomData;

use ringkernel_codegen::desc::TypeDesc;

use super::CellValue;
use super::array::Array;
use crate::lang::DeviceType;

/// How far away a neighbour may be along each axis, in cells.
pub const MAX_OFFSET: u32 = 4;

/// Where a closure is.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct At<const D: usize> {
    pub(crate) cell: [u32; D],
    pub(crate) index: usize,
    /// All neighbours that can be read are cells.
    pub(crate) inner: bool,
}

/// A field that is read, as the loops over cells hold it.
#[doc(hidden)]
pub struct Reader<T, const D: usize> {
    array: *const Array<T, D>,
    cells: *const T,
    strides: [isize; D],
}

impl<T, const D: usize> Clone for Reader<T, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const D: usize> Copy for Reader<T, D> {}

impl<T: Copy, const D: usize> Reader<T, D> {
    /// The array must outlive what is read through it.
    pub(crate) fn new(array: &Array<T, D>) -> Self {
        Self { array: std::ptr::from_ref(array), cells: array.base(), strides: array.strides() }
    }
}

/// A cell of a field that is read, and its neighbours.
pub struct Near<'a, T, const D: usize> {
    reader: Reader<T, D>,
    at: At<D>,
    closure: PhantomData<&'a T>,
}

impl<T: CellValue, const D: usize> Near<'_, T, D> {
    /// # Safety
    /// `at` must be a cell of the reader's array, which nobody may write while the view lives.
    #[inline]
    pub(super) const unsafe fn new(reader: Reader<T, D>, at: At<D>) -> Self {
        Self { reader, at, closure: PhantomData }
    }

    /// The value at this cell.
    #[inline]
    #[must_use]
    pub fn here(&self) -> T {
        // SAFETY: the cell is one of the array's, and nobody writes it.
        unsafe { *self.reader.cells.add(self.at.index) }
    }

    /// The value of the neighbour at this offset: a constant, at most 4 cells away along each axis. Beyond the edge of
    /// the domain the [boundary](crate::lang::Boundary) decides.
    #[inline]
    #[must_use]
    #[track_caller]
    pub fn at(&self, offset: [i32; D]) -> T {
        if !self.at.inner || offset.iter().any(|cells| cells.unsigned_abs() > MAX_OFFSET) {
            return self.at_edge(offset);
        }
        let parts = offset.iter().zip(&self.reader.strides).map(|(cells, stride)| *cells as isize * stride);
        let distance = parts.sum();
        // SAFETY: an inner cell has all its neighbours up to `MAX_OFFSET`; nobody writes them.
        unsafe { *self.reader.cells.add(self.at.index).offset(distance) }
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn at_edge(&self, offset: [i32; D]) -> T {
        assert!(
            offset.iter().all(|cells| cells.unsigned_abs() <= MAX_OFFSET),
            "the offset {offset:?} is more than {MAX_OFFSET} cells away"
        );
        // SAFETY: the array outlives the view, and nobody writes it.
        let value = unsafe { (*self.reader.array).read(self.at.cell, offset) };
        match value {
            Some(value) => value,
            None => panic!("the offset {offset:?} reads beyond the edge, where the boundary is `Open`"),
        }
    }

    /// Which cell of the domain this is.
    #[inline]
    #[must_use]
    pub const fn cell(&self) -> [u32; D] {
        self.at.cell
    }
}

/// The cell that is being written, before it is.
pub struct Own<'a, T, const D: usize> {
    cells: *const T,
    at: At<D>,
    closure: PhantomData<&'a T>,
}

impl<T: CellValue, const D: usize> Own<'_, T, D> {
    /// # Safety
    /// `at` must be a cell of the array that begins at `cells`, which only the caller may write while the view lives.
    #[inline]
    pub(super) const unsafe fn new(cells: *const T, at: At<D>) -> Self {
        Self { cells, at, closure: PhantomData }
    }

    /// The value before the update.
    #[inline]
    #[must_use]
    pub fn here(&self) -> T {
        // SAFETY: the cell is one of the array's, and it is written after the closure.
        unsafe { *self.cells.add(self.at.index) }
    }

    /// Which cell of the domain this is.
    #[inline]
    #[must_use]
    pub const fn cell(&self) -> [u32; D] {
        self.at.cell
    }

    /// The neighbours of a field that is being written are neither old nor new: they cannot be read.
    #[doc(hidden)]
    #[must_use]
    pub fn at(&self, _: [i32; D]) -> T
    where
        Self: HasNeighbours,
    {
        self.here()
    }
}

/// What [`Own`] has not.
#[diagnostic::on_unimplemented(
    message = "the neighbours of a field that is being written cannot be read",
    label = "this field is written by the update",
    note = "write to a second field, read this one, and `swap` the two afterwards"
)]
#[doc(hidden)]
pub trait HasNeighbours {}

impl<T: CellValue + fmt::Debug, const D: usize> fmt::Debug for Near<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:?}", self.here(), self.cell())
    }
}

impl<T: CellValue + fmt::Debug, const D: usize> fmt::Debug for Own<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:?}", self.here(), self.cell())
    }
}

impl<T, const D: usize> Clone for Near<'_, T, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const D: usize> Copy for Near<'_, T, D> {}

impl<T, const D: usize> Clone for Own<'_, T, D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const D: usize> Copy for Own<'_, T, D> {}

#[diagnostic::do_not_recommend]
impl<T: CellValue, const D: usize> DeviceType for Near<'_, T, D> {
    const DESC: TypeDesc = TypeDesc::Near(&T::DESC, D);
}

#[diagnostic::do_not_recommend]
impl<T: CellValue, const D: usize> DeviceType for Own<'_, T, D> {
    const DESC: TypeDesc = TypeDesc::Own(&T::DESC, D);
}
