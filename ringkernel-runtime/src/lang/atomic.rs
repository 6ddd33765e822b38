//! Atomic numbers that all actors may write: the elements of [`SharedAtomics`](super::SharedAtomics).

use std::fmt;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, AtomicU64, Ordering};

use ringkernel_codegen::desc::TypeDesc;

use super::device_type::{DeviceType, DeviceValue};
use super::scope::Scope;

/// A number that can be changed atomically: `u32`, `u64`, `i32`, `i64`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be changed atomically",
    label = "not `u32`, `u64`, `i32` or `i64`"
)]
pub trait AtomicNumber: DeviceValue + Copy + Send + Sync + sealed::Sealed {
    /// The standard library's atomic.
    #[doc(hidden)]
    type Cell: Send + Sync;
    /// Makes one.
    #[doc(hidden)]
    fn cell(self) -> Self::Cell;
    /// Does `operation`; gives the value before it.
    #[doc(hidden)]
    fn apply(cell: &Self::Cell, operation: Operation<Self>, order: Ordering) -> Self;
}

mod sealed {
    #[allow(unnameable_types)] // that is its purpose
    pub trait Sealed {}
}

/// What can be done to an atomic number.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Operation<T> {
    Load,
    Store(T),
    Swap(T),
    Exchange { current: T, new: T },
    Add(T),
    Sub(T),
    Min(T),
    Max(T),
    And(T),
    Or(T),
    Xor(T),
}

macro_rules! atomic_number {
    ($($number:ty => $atomic:ty),*) => {$(
        impl sealed::Sealed for $number {}
        impl AtomicNumber for $number {
            type Cell = $atomic;
            fn cell(self) -> $atomic {
                <$atomic>::new(self)
            }
            #[inline]
            fn apply(cell: &$atomic, operation: Operation<Self>, order: Ordering) -> Self {
                match operation {
                    Operation::Load => cell.load(order),
                    Operation::Store(value) => { cell.store(value, order); value }
                    Operation::Swap(value) => cell.swap(value, order),
                    Operation::Exchange { current, new } => {
                        let failure = match order {
                            Ordering::AcqRel => Ordering::Acquire,
                            Ordering::Release => Ordering::Relaxed,
                            other => other,
                        };
                        cell.compare_exchange(current, new, order, failure).unwrap_or_else(|found| found)
                    }
                    Operation::Add(value) => cell.fetch_add(value, order),
                    Operation::Sub(value) => cell.fetch_sub(value, order),
                    Operation::Min(value) => cell.fetch_min(value, order),
                    Operation::Max(value) => cell.fetch_max(value, order),
                    Operation::And(value) => cell.fetch_and(value, order),
                    Operation::Or(value) => cell.fetch_or(value, order),
                    Operation::Xor(value) => cell.fetch_xor(value, order),
                }
            }
        }
    )*};
}

atomic_number!(u32 => AtomicU32, u64 => AtomicU64, i32 => AtomicI32, i64 => AtomicI64);

/// An atomic number.
///
/// Orders are those of the standard library, with its panics (a load cannot be `Release`); each takes a [`Scope`]
/// besides.
pub struct Atomic<T: AtomicNumber>(T::Cell);

macro_rules! fetch {
    ($($name:ident $operation:ident $doc:literal),*) => {$(
        #[doc = $doc]
        #[inline]
        pub fn $name(&self, value: T, order: Ordering, scope: Scope) -> T {
            self.perform(Operation::$operation(value), order, scope)
        }
    )*};
}

impl<T: AtomicNumber> Atomic<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(value.cell())
    }

    /// One machine has one memory, so scopes are nothing here.
    #[inline]
    fn perform(&self, operation: Operation<T>, order: Ordering, scope: Scope) -> T {
        #[cfg(feature = "record")]
        if let Some(found) = super::record::atomic(std::ptr::from_ref(self) as usize, operation, order, scope) {
            return found;
        }
        let _ = scope;
        T::apply(&self.0, operation, order)
    }

    /// The value.
    #[inline]
    pub fn load(&self, order: Ordering, scope: Scope) -> T {
        self.perform(Operation::Load, order, scope)
    }

    /// Replaces the value.
    #[inline]
    pub fn store(&self, value: T, order: Ordering, scope: Scope) {
        self.perform(Operation::Store(value), order, scope);
    }

    /// Replaces `current` by `new`; gives the value found, which is `current` exactly if it was replaced.
    #[inline]
    pub fn compare_exchange(&self, current: T, new: T, order: Ordering, scope: Scope) -> T {
        self.perform(Operation::Exchange { current, new }, order, scope)
    }

    fetch!(
        swap Swap "Replaces the value; gives the one before.",
        fetch_add Add "Adds, wrapping; gives the value before.",
        fetch_sub Sub "Subtracts, wrapping; gives the value before.",
        fetch_min Min "Takes the smaller; gives the value before.",
        fetch_max Max "Takes the larger; gives the value before.",
        fetch_and And "Bitwise and; gives the value before.",
        fetch_or Or "Bitwise or; gives the value before.",
        fetch_xor Xor "Bitwise exclusive or; gives the value before."
    );
}

impl<T: AtomicNumber + fmt::Debug> fmt::Debug for Atomic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.load(Ordering::Relaxed, Scope::System).fmt(f)
    }
}

#[diagnostic::do_not_recommend]
impl<T: AtomicNumber> DeviceType for Atomic<T> {
    const DESC: TypeDesc = TypeDesc::Atomic(&T::DESC);
}
