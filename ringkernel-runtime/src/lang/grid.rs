//! Grids: actors that own a tile of fields each. Made by `#[ring_actor(grid = 3)]`.
//!
//! A program makes one value of the actor; every tile gets a copy whose fields are its part of the domain, see
//! [`Placer`]. Running them is left to the backends.

use std::any::Any;
use std::sync::Arc;

use ringkernel_codegen::desc::TypeDesc;

use super::actor::Actor;
use super::boundary::Sides;
use super::context::Context;
use super::device_type::{DecodeError, DeviceType, DeviceValue};
use super::field::array::Array;
use super::field::{CellValue, Field};
use crate::cpu::grid::TileHandle;

/// An actor that owns a tile of fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a grid",
    label = "not a grid",
    note = "put `#[ring_actor(grid = 3)]` (or 1, 2) on the struct, and a `#[step]` into its `#[ring_actor] impl`"
)]
pub trait Grid: Actor + GridState {
    /// What it does again and again.
    fn step(&mut self, ctx: &mut Context<Self>);
}

/// The state of a grid: its fields, and the members that every tile has for itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the state of a grid",
    label = "owns no fields over space",
    note = "put `#[ring_actor(grid = 3)]` (or 1, 2) on the struct"
)]
pub trait GridState: DeviceType + Sized + Send + 'static {
    /// How many dimensions the domain has.
    const DIMS: usize;
    /// A cell of the domain: `[u32; DIMS]`.
    type Cell: AsRef<[u32]> + Copy + Send + 'static;
    /// The state of one tile: fields placed there, everything else as it is.
    ///
    /// # Errors
    /// If there is not so much memory.
    #[doc(hidden)]
    fn place(&self, placer: &mut Placer<'_>) -> Result<Self, PlaceError>;
}

/// A grid of `D` dimensions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a grid of {D} dimensions",
    label = "not a grid of {D} dimensions",
    note = "a domain has as many extents as the grid has dimensions: `[128, 64]` for `#[ring_actor(grid = 2)]`"
)]
pub trait GridOf<const D: usize>: GridState<Cell = [u32; D]> {}

/// Takes the members of a grid's state to where a backend keeps them, one after the other in their order.
#[doc(hidden)]
#[derive(Debug)]
pub struct Placer<'a>(pub(crate) Place<'a>);

/// Where that is.
#[derive(Debug)]
pub(crate) enum Place<'a> {
    /// A tile of the CPU backend.
    Tile(TilePlace<'a>),
    /// The first state, to be taken to a device.
    #[cfg_attr(loom, allow(dead_code))]
    Upload(&'a mut dyn Upload),
    /// What a tile of a device keeps, to be looked at.
    Kept(Kept<'a>),
}

/// A tile of the CPU backend.
#[derive(Debug)]
pub(crate) struct TilePlace<'a> {
    pub(crate) tile: TileHandle,
    pub(crate) extents: &'a [u32],
    pub(crate) sides: &'a [Sides],
    /// The arrays of the fields, in the order of members; the first tile makes them.
    pub(crate) arrays: &'a mut Vec<Arc<dyn Any + Send + Sync>>,
    /// The next field's.
    pub(crate) next: usize,
}

/// What takes a state to a device.
pub(crate) trait Upload: std::fmt::Debug {
    /// A member that is no field, of so many bytes.
    fn value(&mut self, bytes: usize, write: &mut dyn FnMut(&mut [u8]));
    /// A field: its border value, and what writes the cells from one index on; nothing if all bytes are zero.
    ///
    /// # Errors
    /// As for [`GridState::place`].
    fn field(&mut self, border: &[u8], cells: Option<&mut dyn FnMut(usize, &mut [u8])>) -> Result<(), PlaceError>;
    /// The extents of the domain.
    fn extents(&self) -> &[u32];
}

/// The bytes that a tile of a device keeps.
#[derive(Debug)]
pub(crate) struct Kept<'a> {
    pub(crate) row: &'a [u8],
    /// Where the members begin that are no fields and have bytes, and where the numbers of the fields' arrays are.
    pub(crate) values: &'a [usize],
    pub(crate) fields: &'a [usize],
}

impl<'a> Kept<'a> {
    /// The bytes of the next value.
    fn value(&mut self, bytes: usize) -> Option<&'a [u8]> {
        if bytes == 0 {
            return Some(&[]);
        }
        let (at, rest) = self.values.split_first()?;
        self.values = rest;
        self.row.get(*at..at + bytes)
    }

    /// The number of the next field's array.
    fn field(&mut self) -> Option<u32> {
        let (at, rest) = self.fields.split_first()?;
        self.fields = rest;
        let bytes = self.row.get(*at..at + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }
}

/// Why a state could not be placed.
#[doc(hidden)]
#[derive(Clone, Debug)]
pub enum PlaceError {
    /// There is not so much memory.
    Memory { bytes: u64 },
    /// A member has no canonical bytes.
    Corrupt(DecodeError),
    /// A device refused them, in words.
    Device(String),
}

/// What the members of a grid's state can be: fields of its dimensions, and values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a member of a grid of {D} dimensions",
    label = "not a field of {D} dimensions, and not a type of device code",
    note = "a grid has fields `Field<T, {D}>`, and integers, floats, `bool`, tuples, arrays, `Option`, and structs and \
            enums with `#[derive(DeviceType)]`"
)]
pub trait GridMember<const D: usize>: Sized {
    /// What the compiler knows of it.
    #[doc(hidden)]
    const MEMBER: TypeDesc;
    /// What one tile gets.
    ///
    /// # Errors
    /// As for [`GridState::place`].
    #[doc(hidden)]
    fn place(&self, placer: &mut Placer<'_>) -> Result<Self, PlaceError>;
}

#[diagnostic::do_not_recommend]
impl<T: DeviceValue, const D: usize> GridMember<D> for T {
    const MEMBER: TypeDesc = T::DESC;
    fn place(&self, placer: &mut Placer<'_>) -> Result<Self, PlaceError> {
        if let Place::Kept(kept) = &mut placer.0
            && let Some(bytes) = kept.value(T::SIZE)
        {
            return T::decode(bytes).map_err(PlaceError::Corrupt);
        }
        if let Place::Upload(to) = &mut placer.0 {
            to.value(T::SIZE, &mut |out| self.encode(out));
        }
        let mut bytes = vec![0; T::SIZE];
        self.encode(&mut bytes);
        T::decode(&bytes).map_err(PlaceError::Corrupt)
    }
}

impl<T: CellValue, const D: usize> GridMember<D> for Field<T, D> {
    const MEMBER: TypeDesc = <Self as DeviceType>::DESC;
    fn place(&self, placer: &mut Placer<'_>) -> Result<Self, PlaceError> {
        let placer = match &mut placer.0 {
            Place::Tile(placer) => placer,
            Place::Upload(to) => return self.upload(&mut **to),
            Place::Kept(kept) => return Ok(Self::on_device(kept.field().unwrap_or(u32::MAX))),
        };
        let at = placer.next;
        placer.next += 1;
        if let Some(array) = placer.arrays.get(at)
            && let Ok(array) = Arc::clone(array).downcast::<Array<T, D>>()
        {
            return Ok(Self::placed(array, placer.tile.clone()));
        }
        let cells = placer.extents.iter().map(|extent| u64::from(*extent)).product::<u64>();
        let memory = PlaceError::Memory { bytes: cells.saturating_mul(size_of::<T>() as u64) };
        let extents = std::array::from_fn(|axis| placer.extents[axis]);
        let sides = std::array::from_fn(|axis| placer.sides[axis]);
        let array = Arc::new(self.make(extents, sides).ok_or(memory)?);
        placer.arrays.push(Arc::<Array<T, D>>::clone(&array));
        Ok(Self::placed(array, placer.tile.clone()))
    }
}

/// A member of a grid's state, as the derive uses it.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Member<T> {
    /// Its description.
    pub desc: TypeDesc,
    place: fn(&T, &mut Placer<'_>) -> Result<T, PlaceError>,
}

/// The member of type `T`. The derive names a member's type only here, so that one that does not belong there is one
/// error.
#[doc(hidden)]
#[must_use]
pub const fn member<T: GridMember<D>, const D: usize>() -> Member<T> {
    Member { desc: T::MEMBER, place: T::place }
}

impl<T> Member<T> {
    /// What one tile gets of it.
    ///
    /// # Errors
    /// As for [`GridState::place`].
    pub fn place(self, value: &T, placer: &mut Placer<'_>) -> Result<T, PlaceError> {
        (self.place)(value, placer)
    }
}
