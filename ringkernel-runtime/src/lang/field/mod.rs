//! Fields over space: values of a type in the cells of a domain.
//!
//! A program makes a [`Field`] with its first values and gives it to a grid as a member of the actor's state. From then
//! on each tile has its part: steps go over it with [`update`](Field::update) and the reductions of the context,
//! handlers reach single cells. How the tiles agree on when is `cpu::grid`'s business.

pub(crate) mod array;
mod operands;
mod reduce;
mod rows;
mod update;
mod views;

use std::fmt;
use std::ops::AddAssign;
use std::panic::panic_any;
use std::sync::Arc;

use ringkernel_codegen::desc::TypeDesc;

use super::boundary::Sides;
use super::grid::{PlaceError, Upload};
use super::{DeviceType, DeviceValue};
use crate::cpu::Fault;
use crate::cpu::grid::TileHandle;
use crate::failure::FailureKind;
use array::{Array, Frame, cell_of, index_of};

pub use operands::{Outputs, Sources};
pub use reduce::Number;
pub use update::Update;
pub use views::{MAX_OFFSET, Near, Own};

/// A type that cells can hold: any value of device code that is `Copy`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be in the cells of a field",
    label = "not a type of cells",
    note = "cells hold numbers, `bool`, and `Copy` structs, tuples and arrays of them with `#[derive(DeviceType)]`"
)]
pub trait CellValue: DeviceValue + Copy + Sync {}

#[diagnostic::do_not_recommend]
impl<T: DeviceValue + Copy + Sync> CellValue for T {}

/// What makes the first value of a cell.
type Each<T, const D: usize> = Box<dyn Fn([u32; D]) -> T + Send + Sync>;

/// Values in the cells of a domain of `D` dimensions, a member of a `#[ring_actor(grid = D)]`.
///
/// A cell is `[x]`, `[x, y]` or `[x, y, z]`; where all values stand in a row, x goes fastest.
pub struct Field<T, const D: usize>(State<T, D>);

enum State<T, const D: usize> {
    /// Not given to a grid yet.
    First { border: T, each: First<T, D> },
    /// Part of a tile.
    Placed { array: Arc<Array<T, D>>, tile: TileHandle },
    /// Cells that a device has: which of the grid's arrays they are.
    OnDevice { array: u32 },
}

enum First<T, const D: usize> {
    Same(T),
    Each(Each<T, D>),
}

impl<T: CellValue + Default, const D: usize> Default for Field<T, D> {
    /// `T::default()` in every cell.
    fn default() -> Self {
        Self::filled(T::default())
    }
}

impl<T: CellValue + Default, const D: usize> Field<T, D> {
    /// The same value in every cell at first.
    #[must_use]
    pub fn filled(value: T) -> Self {
        Self(State::First { border: T::default(), each: First::Same(value) })
    }

    /// In every cell at first what `each` gives for it.
    #[must_use]
    pub fn from_fn(each: impl Fn([u32; D]) -> T + Send + Sync + 'static) -> Self {
        Self(State::First { border: T::default(), each: First::Each(Box::new(each)) })
    }
}

impl<T: CellValue, const D: usize> Field<T, D> {
    /// The value beyond the edges that are [`Boundary::Fixed`](super::Boundary::Fixed); without this call
    /// `T::default()`.
    #[must_use]
    pub fn border(self, value: T) -> Self {
        match self.0 {
            State::First { each, .. } => Self(State::First { border: value, each }),
            placed => Self(placed),
        }
    }

    /// The value of a cell of this tile, for handlers: a message to a cell goes to the tile that has it. Another cell
    /// fails the grid.
    #[must_use]
    #[track_caller]
    pub fn get(&self, cell: [u32; D]) -> T {
        // SAFETY: this thread runs the tile, and the cell is one of the tile's; others read it only in field operations,
        // which meet this tile first.
        unsafe { *self.own_cell(cell) }
    }

    /// Writes a cell of this tile, for handlers. Another cell fails the grid.
    #[track_caller]
    pub fn set(&mut self, cell: [u32; D], value: T) {
        // SAFETY: as for `get`; handlers run when no neighbour reads.
        unsafe { *self.own_cell(cell) = value }
    }

    /// Adds to a cell of this tile, for handlers. Another cell fails the grid.
    #[track_caller]
    pub fn add(&mut self, cell: [u32; D], value: T)
    where
        T: AddAssign,
    {
        // SAFETY: as for `set`.
        unsafe { *self.own_cell(cell) += value }
    }

    #[track_caller]
    fn own_cell(&self, cell: [u32; D]) -> *mut T {
        let tile = self.tile();
        let array = self.array_for(&tile);
        let (from, to) = tile.corners::<D>();
        if (0..D).any(|axis| cell[axis] < from[axis] || cell[axis] >= to[axis]) {
            tile.note_cell(&cell);
            panic_any(Fault {
                kind: FailureKind::OutOfBounds,
                value: None,
                message: "the cell is not in this tile: send the message to the cell that it is about; what is about many cells \
                          goes to all tiles (`tell_all`), whose handler writes them with `update`, or is written by the host",
            });
        }
        // SAFETY: the cell is within the tile, which is within the array.
        unsafe { array.base().add(index_of(cell, array.extents())) }
    }

    /// The tile that this is a part of, if this thread runs it.
    #[track_caller]
    fn tile(&self) -> TileHandle {
        match &self.0 {
            State::Placed { tile, .. } if tile.is_current() => tile.clone(),
            _ => panic_any(Fault {
                kind: FailureKind::Panic,
                value: None,
                message: "a field is used outside of the steps and handlers of the grid that it is a member of",
            }),
        }
    }

    /// The cells, for the tile that runs on this thread.
    #[track_caller]
    fn array_for(&self, tile: &TileHandle) -> &Array<T, D> {
        match &self.0 {
            State::Placed { array, tile: own } if own.is(tile) => array,
            _ => panic_any(Fault {
                kind: FailureKind::Panic,
                value: None,
                message: "fields of two grids in one operation",
            }),
        }
    }

    /// The cells, for the host, once the field has been placed.
    pub(crate) fn array(&self) -> Option<&Arc<Array<T, D>>> {
        match &self.0 {
            State::Placed { array, .. } => Some(array),
            State::First { .. } | State::OnDevice { .. } => None,
        }
    }

    /// Which of a device's arrays it is, for the host.
    pub(crate) const fn number(&self) -> Option<u32> {
        match &self.0 {
            State::OnDevice { array } => Some(*array),
            _ => None,
        }
    }

    /// A field of a grid that runs on a device.
    pub(crate) const fn on_device(array: u32) -> Self {
        Self(State::OnDevice { array })
    }

    /// Takes the first values to a device.
    pub(super) fn upload(&self, to: &mut dyn Upload) -> Result<Self, PlaceError> {
        let State::First { border, each } = &self.0 else {
            return Err(PlaceError::Device("a field of another grid".to_owned()));
        };
        let bytes = |value: &T| {
            let mut bytes = vec![0; T::SIZE];
            value.encode(&mut bytes);
            bytes
        };
        let border = bytes(border);
        let extents = std::array::from_fn(|axis| to.extents()[axis]);
        match each {
            First::Same(value) => {
                let value = bytes(value);
                let mut same = |_: usize, out: &mut [u8]| {
                    out.chunks_exact_mut(T::SIZE).for_each(|cell| cell.copy_from_slice(&value))
                };
                to.field(&border, if value.iter().all(|byte| *byte == 0) { None } else { Some(&mut same) })?;
            }
            First::Each(each) => {
                let mut each = |first: usize, out: &mut [u8]| {
                    for (k, cell) in out.chunks_exact_mut(T::SIZE).enumerate() {
                        each(cell_of(first + k, extents)).encode(cell);
                    }
                };
                to.field(&border, Some(&mut each))?;
            }
        }
        Ok(Self::on_device(0))
    }

    /// The cells with their first values; `None` if there is not so much memory.
    pub(crate) fn make(&self, extents: [u32; D], sides: [Sides; D]) -> Option<Array<T, D>> {
        let frame = Frame { extents, sides };
        match &self.0 {
            State::First { border, each: First::Same(value) } => Array::new(frame, *border, |_| *value),
            State::First { border, each: First::Each(each) } => Array::new(frame, *border, each),
            State::Placed { .. } | State::OnDevice { .. } => None,
        }
    }

    /// A part of a tile.
    pub(crate) const fn placed(array: Arc<Array<T, D>>, tile: TileHandle) -> Self {
        Self(State::Placed { array, tile })
    }
}

impl<T, const D: usize> fmt::Debug for Field<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("placed", &matches!(self.0, State::Placed { .. })).finish_non_exhaustive()
    }
}

#[diagnostic::do_not_recommend]
impl<T: CellValue, const D: usize> DeviceType for Field<T, D> {
    const DESC: TypeDesc = TypeDesc::Field(&T::DESC, D);
}
