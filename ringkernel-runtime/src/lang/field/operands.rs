//! What an operation over cells takes: fields that are read, and fields that are written; one, or several in a tuple.
//!
//! What is a tuple in the arguments is a tuple in the closure.

use super::views::{At, Near, Own, Reader};
use super::{CellValue, Field};
use crate::cpu::grid::TileHandle;

/// Fields that are read: `&field`, a tuple of such, or `()`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what an operation over cells reads",
    label = "not a field of this grid",
    note = "it reads `&self.field`, several fields in a tuple, or `()`"
)]
pub trait Sources<const D: usize> {
    /// What the closure sees of them.
    type Views<'a>;
    #[doc(hidden)]
    type Readers: Copy;
    #[doc(hidden)]
    fn readers(&self, tile: &TileHandle) -> Self::Readers;
    /// # Safety
    /// `at` must be a cell of the fields, which nobody may write while the views live.
    #[doc(hidden)]
    unsafe fn views(readers: &Self::Readers, at: At<D>) -> Self::Views<'_>;
    /// The tile that the first of them belongs to.
    #[doc(hidden)]
    fn tile(&self) -> Option<TileHandle>;
}

/// Fields that are written: `&mut field`, or a tuple of such.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what an update writes",
    label = "not fields of this grid",
    note = "it writes `self.field`, or several fields in a tuple: `(&mut self.a, &mut self.b)`"
)]
pub trait Outputs<const D: usize> {
    /// What the closure sees of them.
    type Owns<'a>;
    /// What the closure returns.
    type Values;
    #[doc(hidden)]
    type Writers: Copy;
    #[doc(hidden)]
    fn writers(&mut self, tile: &TileHandle) -> Self::Writers;
    /// # Safety
    /// `at` must be a cell of the fields, which only the caller may write while the views live.
    #[doc(hidden)]
    unsafe fn owns(writers: &Self::Writers, at: At<D>) -> Self::Owns<'_>;
    /// # Safety
    /// `index` must be one of a cell of the fields, which only the caller may touch.
    #[doc(hidden)]
    unsafe fn write(writers: &Self::Writers, index: usize, values: Self::Values);
    /// The tile that the first of them belongs to.
    #[doc(hidden)]
    fn tile(&self) -> TileHandle;
}

impl<const D: usize> Sources<D> for () {
    type Views<'a> = ();
    type Readers = ();
    fn readers(&self, _: &TileHandle) -> Self::Readers {}
    unsafe fn views((): &Self::Readers, _: At<D>) -> Self::Views<'_> {}
    fn tile(&self) -> Option<TileHandle> {
        None
    }
}

impl<T: CellValue, const D: usize> Sources<D> for &Field<T, D> {
    type Views<'a> = Near<'a, T, D>;
    type Readers = Reader<T, D>;
    fn readers(&self, tile: &TileHandle) -> Self::Readers {
        Reader::new(self.array_for(tile))
    }
    #[inline]
    unsafe fn views(readers: &Self::Readers, at: At<D>) -> Self::Views<'_> {
        // SAFETY: as the caller promises.
        unsafe { Near::new(*readers, at) }
    }
    fn tile(&self) -> Option<TileHandle> {
        Some(Field::tile(self))
    }
}

/// A field that is written, as the loops over cells hold it.
#[doc(hidden)]
pub struct Writer<T>(*mut T);

impl<T> Clone for Writer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Writer<T> {}

impl<T: CellValue, const D: usize> Outputs<D> for &mut Field<T, D> {
    type Owns<'a> = Own<'a, T, D>;
    type Values = T;
    type Writers = Writer<T>;
    fn writers(&mut self, tile: &TileHandle) -> Self::Writers {
        Writer(self.array_for(tile).base())
    }
    #[inline]
    unsafe fn owns(writers: &Self::Writers, at: At<D>) -> Self::Owns<'_> {
        // SAFETY: as the caller promises.
        unsafe { Own::new(writers.0, at) }
    }
    #[inline]
    unsafe fn write(writers: &Self::Writers, index: usize, value: T) {
        // SAFETY: as the caller promises.
        unsafe { *writers.0.add(index) = value }
    }
    fn tile(&self) -> TileHandle {
        Field::tile(self)
    }
}

macro_rules! tuples {
    ($($first:ident $first_at:tt $(, $name:ident $at:tt)*;)*) => { $(
        impl<const D: usize, $first: Sources<D>, $($name: Sources<D>),*> Sources<D> for ($first, $($name),*) {
            type Views<'a> = ($first::Views<'a>, $($name::Views<'a>),*);
            type Readers = ($first::Readers, $($name::Readers),*);
            fn readers(&self, tile: &TileHandle) -> Self::Readers {
                (self.$first_at.readers(tile), $(self.$at.readers(tile)),*)
            }
            #[inline]
            unsafe fn views(readers: &Self::Readers, at: At<D>) -> Self::Views<'_> {
                // SAFETY: as the caller promises.
                unsafe { ($first::views(&readers.$first_at, at), $($name::views(&readers.$at, at)),*) }
            }
            fn tile(&self) -> Option<TileHandle> {
                self.$first_at.tile()
            }
        }
        impl<const D: usize, $first: Outputs<D>, $($name: Outputs<D>),*> Outputs<D> for ($first, $($name),*) {
            type Owns<'a> = ($first::Owns<'a>, $($name::Owns<'a>),*);
            type Values = ($first::Values, $($name::Values),*);
            type Writers = ($first::Writers, $($name::Writers),*);
            fn writers(&mut self, tile: &TileHandle) -> Self::Writers {
                (self.$first_at.writers(tile), $(self.$at.writers(tile)),*)
            }
            #[inline]
            unsafe fn owns(writers: &Self::Writers, at: At<D>) -> Self::Owns<'_> {
                // SAFETY: as the caller promises.
                unsafe { ($first::owns(&writers.$first_at, at), $($name::owns(&writers.$at, at)),*) }
            }
            #[inline]
            unsafe fn write(writers: &Self::Writers, index: usize, values: Self::Values) {
                // SAFETY: as the caller promises.
                unsafe {
                    $first::write(&writers.$first_at, index, values.$first_at);
                    $($name::write(&writers.$at, index, values.$at);)*
                }
            }
            fn tile(&self) -> TileHandle {
                self.$first_at.tile()
            }
        }
    )* };
}

tuples! {
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, E 3;
    A 0, B 1, C 2, E 3, F 4;
    A 0, B 1, C 2, E 3, F 4, G 5;
    A 0, B 1, C 2, E 3, F 4, G 5, H 6;
    A 0, B 1, C 2, E 3, F 4, G 5, H 6, I 7;
    A 0, B 1, C 2, E 3, F 4, G 5, H 6, I 7, J 8;
}
