//! Witnesses: values that exist only so that rustc infers their types.
//!
//! The macros emit a copy of each body that never runs, in which every binding, literal and call passes through one of
//! the functions below. Bounds stand on [`desc`], [`konst`] and [`fn_desc`] alone, since a bound on the others would
//! report each mistake several times.

use std::marker::PhantomData;
use std::sync::atomic::Ordering;

use ringkernel_codegen::desc::{ConstValue, FnDesc, TypeDesc};

use super::actor::Actor;
use super::context::Context;
use super::device_type::{DeviceType, DeviceValue};
use super::probe::DeviceFn;
use super::scope::Scope;

/// Stands for a type that rustc is to infer.
#[derive(Debug)]
pub struct Witness<T: ?Sized>(PhantomData<fn() -> *const T>);

impl<T: ?Sized> Witness<T> {
    /// A witness of a type to be inferred, or of the type named.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: ?Sized> Clone for Witness<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Witness<T> {}

/// Stands for a `#[ring_fn]` whose type arguments rustc is to infer. Passed by value: a reference would take part in the
/// elision of the function's lifetimes.
#[derive(Debug)]
pub struct FnWitness<F>(PhantomData<fn() -> F>);

impl<F> FnWitness<F> {
    /// A witness of a function to be inferred.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<F> Clone for FnWitness<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F> Copy for FnWitness<F> {}

/// Witnesses the type of a value.
pub fn see<T>(_: &Witness<T>, value: T) -> T {
    value
}

/// Witnesses the type of a binding.
pub fn bind<T>(_: &Witness<T>, _: &T) {}

/// Witnesses the type of a place without moving it.
pub fn peek<'a, T: ?Sized>(_: &Witness<T>, place: &'a T) -> &'a T {
    place
}

/// Says that an operator has no right side.
pub fn alone<'a, T: ?Sized>(_: &Witness<()>, place: &'a T) -> &'a T {
    place
}

/// Witnesses the type of a place that is changed.
pub fn peek_mut<'a, T: ?Sized>(_: &Witness<T>, place: &'a mut T) -> &'a mut T {
    place
}

/// `expect` on an `Option`; its text stays on the host.
pub fn expected<T>(value: Option<T>) -> T {
    let _ = value;
    unreachable!()
}

/// Checks that a function known by its name is the library's.
pub fn same<F>(_: &F, _library: &F) {}

/// Checks the first argument of `trace!`.
pub fn context<A: Actor>(_: &Context<A>) {}

/// Checks a value of `trace!`.
pub fn traced<T: Traced + ?Sized>(_: &T) {}

/// What `trace!` can carry: numbers and `bool`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be traced",
    label = "not a number or `bool`",
    note = "pass the numbers inside of it to `trace!` one by one"
)]
pub trait Traced {}

macro_rules! traced {
    ($($ty:ty)*) => { $(impl Traced for $ty {})* };
}
traced!(bool u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);

#[diagnostic::do_not_recommend]
impl<T: Traced + ?Sized> Traced for &T {}

#[diagnostic::do_not_recommend]
impl<T: Traced + ?Sized> Traced for &mut T {}

/// The description of a witnessed type.
#[must_use]
pub fn desc<T: DeviceType + ?Sized>(_: Witness<T>) -> TypeDesc {
    T::DESC
}

/// The value of a constant whose type was witnessed.
#[must_use]
pub fn konst<T: Constant>(_: Witness<T>, value: T) -> ConstValue {
    ConstValue { ty: T::DESC, bytes: value.bytes() }
}

/// What a constant in device code can be: a value, or the order or scope of an atomic operation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a constant in device code",
    label = "a constant of type `{Self}`",
    note = "device code can use integers, floats, `bool`, tuples, arrays, `Option`, and structs and enums with \
            `#[derive(DeviceType)]`"
)]
pub trait Constant: DeviceType {
    /// Its canonical bytes.
    fn bytes(&self) -> Vec<u8>;
}

#[diagnostic::do_not_recommend]
impl<T: DeviceValue> Constant for T {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; T::SIZE];
        self.encode(&mut bytes);
        bytes
    }
}

#[diagnostic::do_not_recommend]
impl Constant for Ordering {
    fn bytes(&self) -> Vec<u8> {
        let number: u32 = match self {
            Self::Relaxed => 0,
            Self::Release => 1,
            Self::Acquire => 2,
            Self::AcqRel => 3,
            _ => 4,
        };
        number.to_le_bytes().into()
    }
}

#[diagnostic::do_not_recommend]
impl Constant for Scope {
    fn bytes(&self) -> Vec<u8> {
        let number: u32 = match self {
            Self::Block => 0,
            Self::Device => 1,
            Self::System => 2,
        };
        number.to_le_bytes().into()
    }
}

/// The description of a witnessed function.
#[must_use]
pub fn fn_desc<F: DeviceFn>(_: FnWitness<F>) -> FnDesc {
    F::desc()
}

/// The full name of a function item, generic arguments included: its identity.
#[must_use]
pub fn path_of<F>(_: F) -> &'static str {
    std::any::type_name::<F>()
}
