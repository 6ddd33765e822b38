//! A field of a running grid, as the host sees it: one array over the domain.
//!
//! Everything is done between two steps. Values stand in rows along x, then y, then z, also those of a box.

use std::fmt;

use super::grid_ref::{GridRef, OneOf, placed, with_all};
use crate::error::GridError;
use crate::lang::field::array::{Array, index_of};
use crate::lang::{CellValue, Field, Grid, Kept};

/// A field of a grid. A grid that runs holds for the time of each call, and then goes on.
pub struct FieldView<A, T, const D: usize> {
    grid: GridRef<A>,
    which: fn(&A) -> &Field<T, D>,
}

impl<A: Grid, T: CellValue, const D: usize> FieldView<A, T, D> {
    pub(super) const fn new(grid: GridRef<A>, which: fn(&A) -> &Field<T, D>) -> Self {
        Self { grid, which }
    }

    /// The extents of the domain.
    ///
    /// # Errors
    /// [`GridError::NoSuchGrid`].
    pub fn extents(&self) -> Result<[u32; D], GridError> {
        let extents = self.grid.extents()?;
        Ok(std::array::from_fn(|axis| extents[axis]))
    }

    /// All values: cell `[x, y, z]` stands at `x + nx * (y + ny * z)`.
    ///
    /// # Errors
    /// [`GridError::NoSuchGrid`].
    pub fn read(&self) -> Result<Vec<T>, GridError> {
        self.read_box([0; D], self.extents()?)
    }

    /// The values of a box that begins at `from`.
    ///
    /// # Errors
    /// [`GridError::Outside`] if the box is not within the domain.
    pub fn read_box(&self, from: [u32; D], extents: [u32; D]) -> Result<Vec<T>, GridError> {
        self.check(from, extents)?;
        let mut values = Vec::with_capacity(cells(extents));
        let mut read = |array: &Array<T, D>| {
            each_row(from, extents, |cell| {
                let first = index_of(cell, array.extents());
                // SAFETY: the row is within the array, and all tiles are locked.
                values.extend((0..extents[0] as usize).map(|along| unsafe { *array.base().add(first + along) }));
            });
        };
        match self.grid.grid()? {
            OneOf::Cpu(shared, states) => {
                let done = with_all(shared, states, |state| (self.which)(state).array().map(|array| read(array)));
                done.ok_or(GridError::NoSuchGrid(A::NAME)).map(|()| values)
            }
            OneOf::Cuda(grid, states) => {
                let which = |kept: Kept<'_>| (self.which)(&placed(states, kept).ok()?).number();
                let bytes = grid.read_box(which, (&from, &extents), T::SIZE)?.ok_or(GridError::NoSuchGrid(A::NAME))?;
                decoded(&bytes, cells(extents))
            }
        }
    }

    /// The value of one cell.
    ///
    /// # Errors
    /// [`GridError::Outside`] if there is no such cell.
    pub fn get(&self, cell: [u32; D]) -> Result<T, GridError> {
        Ok(self.read_box(cell, [1; D])?[0])
    }

    /// Writes all values, in the order of [`read`](Self::read).
    ///
    /// # Errors
    /// [`GridError::Shape`] if there are not as many values as cells.
    pub fn write(&self, values: &[T]) -> Result<(), GridError> {
        self.write_box([0; D], self.extents()?, values)
    }

    /// Writes the values of a box that begins at `from`.
    ///
    /// # Errors
    /// [`GridError::Outside`] if the box is not within the domain, [`GridError::Shape`] if there are not as many values
    /// as it has cells.
    pub fn write_box(&self, from: [u32; D], extents: [u32; D], values: &[T]) -> Result<(), GridError> {
        self.check(from, extents)?;
        if values.len() != cells(extents) {
            let (cells, found) = (cells(extents) as u64, values.len() as u64);
            return Err(GridError::Shape { extents: extents.to_vec(), cells, found });
        }
        let write = |array: &Array<T, D>| {
            let mut values = values.iter();
            each_row(from, extents, |cell| {
                let first = index_of(cell, array.extents());
                for (along, value) in (&mut values).take(extents[0] as usize).enumerate() {
                    // SAFETY: the row is within the array, and all tiles are locked.
                    unsafe { *array.base().add(first + along) = *value };
                }
            });
        };
        match self.grid.grid()? {
            OneOf::Cpu(shared, states) => {
                let done = with_all(shared, states, |state| (self.which)(state).array().map(|array| write(array)));
                done.ok_or(GridError::NoSuchGrid(A::NAME))
            }
            OneOf::Cuda(grid, states) => {
                let which = |kept: Kept<'_>| (self.which)(&placed(states, kept).ok()?).number();
                let mut bytes = vec![0; values.len() * T::SIZE];
                if T::SIZE != 0 {
                    values.iter().zip(bytes.chunks_exact_mut(T::SIZE)).for_each(|(value, out)| value.encode(out));
                }
                let done = grid.write_box(which, (&from, &extents), T::SIZE, &bytes)?;
                done.ok_or(GridError::NoSuchGrid(A::NAME))
            }
        }
    }

    /// Writes the value of one cell.
    ///
    /// # Errors
    /// [`GridError::Outside`] if there is no such cell.
    pub fn set(&self, cell: [u32; D], value: T) -> Result<(), GridError> {
        self.write_box(cell, [1; D], &[value])
    }

    /// All values as an array whose index is the cell.
    ///
    /// # Errors
    /// [`GridError::NoSuchGrid`].
    #[cfg(feature = "ndarray")]
    pub fn to_array(&self) -> Result<ndarray::ArrayD<T>, GridError> {
        use ndarray::ShapeBuilder;
        let extents = self.extents()?;
        let shape: Vec<usize> = extents.iter().map(|extent| *extent as usize).collect();
        let values = self.read()?;
        let found = values.len() as u64;
        ndarray::ArrayD::from_shape_vec(shape.f(), values).map_err(|_| GridError::Shape {
            extents: extents.to_vec(),
            cells: cells(extents) as u64,
            found,
        })
    }

    /// Writes all values of an array whose index is the cell.
    ///
    /// # Errors
    /// [`GridError::Shape`] if its shape is not the domain's.
    #[cfg(feature = "ndarray")]
    pub fn write_array<S, I>(&self, values: &ndarray::ArrayBase<S, I>) -> Result<(), GridError>
    where
        S: ndarray::Data<Elem = T>,
        I: ndarray::Dimension,
    {
        let extents = self.extents()?;
        if !values.shape().iter().eq(extents.map(|extent| extent as usize).iter()) {
            let (cells, found) = (cells(extents) as u64, values.len() as u64);
            return Err(GridError::Shape { extents: extents.to_vec(), cells, found });
        }
        // The transposed array is gone through with x fastest.
        self.write(&values.t().iter().copied().collect::<Vec<_>>())
    }

    fn check(&self, from: [u32; D], extents: [u32; D]) -> Result<(), GridError> {
        let domain = self.extents()?;
        let within = |axis: usize| from[axis].checked_add(extents[axis]).is_some_and(|end| end <= domain[axis]);
        if (0..D).all(within) {
            return Ok(());
        }
        Err(GridError::Outside { from: from.to_vec(), extents: extents.to_vec(), domain: domain.to_vec() })
    }
}

/// Values from their canonical bytes.
fn decoded<T: CellValue>(bytes: &[u8], count: usize) -> Result<Vec<T>, GridError> {
    let corrupt = |error| GridError::Device(format!("a cell cannot be read, which is a bug of ringkernel: {error}"));
    (0..count).map(|at| T::decode(&bytes[at * T::SIZE..][..T::SIZE]).map_err(corrupt)).collect()
}

fn cells<const D: usize>(extents: [u32; D]) -> usize {
    extents.iter().map(|extent| *extent as usize).product()
}

/// Calls `visit` with the first cell of each row of a box.
fn each_row<const D: usize>(from: [u32; D], extents: [u32; D], mut visit: impl FnMut([u32; D])) {
    let rows: usize = extents[1..].iter().map(|extent| *extent as usize).product();
    if extents[0] == 0 {
        return;
    }
    for mut row in 0..rows {
        let mut cell = from;
        for axis in 1..D {
            cell[axis] += (row % extents[axis] as usize) as u32;
            row /= extents[axis] as usize;
        }
        visit(cell);
    }
}

impl<A: Grid, T, const D: usize> fmt::Debug for FieldView<A, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FieldView of {:?}", self.grid)
    }
}
