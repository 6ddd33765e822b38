//! Finding the user's functions that device code calls.
//!
//! A free `#[ring_fn]` has a namesake type that implements [`DeviceFn`]. A method implements [`HasMethod`] for the hash
//! of its name; whether a type does is asked by [`Probe`] at a call site, by autoref specialisation: the method on the
//! value is preferred over the one on the reference.

use std::marker::PhantomData;

use ringkernel_codegen::desc::{FnDesc, Tables, TypeDesc};

use super::device_type::{DecodeError, DeviceType, DeviceValue};
use super::message::{Message, read};
use super::witness::Witness;

/// The namesake of a `#[ring_fn]`, generic as the function is.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be called by device code",
    label = "not a `#[ring_fn]` for these types",
    note = "the type arguments of a `#[ring_fn]` must be types of device code"
)]
pub trait DeviceFn {
    /// Runs the witnesses of the body.
    fn tables() -> Tables;
    /// What the compiler needs.
    fn desc() -> FnDesc;
}

/// The method `NAME` of a type that must have it, for a call of signature `S`.
#[must_use]
#[allow(clippy::unnecessary_wraps)] // an entry of the same table as what a probe gives
pub fn required<T: HasMethod<NAME, S> + ?Sized, const NAME: u64, S, F: FnOnce() -> S>(
    _: &Witness<T>,
    _: F,
) -> Option<FnDesc> {
    Some(T::desc())
}

/// A part of a signature. Never called.
#[must_use]
pub fn part<T>(_: Witness<T>) -> T {
    unreachable!()
}

/// `Self` has a method whose name hashes to `NAME`. One with parameters of its own has it for the signatures that tell them:
/// the types of its arguments in a tuple, and of its result. Any other has it for all.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no method of this name that device code can call",
    label = "not a `#[ring_fn]` of `{Self}`",
    note = "put `#[ring_fn]` on the impl block of `{Self}` that has the method, which cannot be that of a trait; the library's own \
            methods are listed in `docs/language.md`"
)]
pub trait HasMethod<const NAME: u64, S = ()> {
    /// The serialised body.
    const MODEL: &'static [u8];
    /// Runs the witnesses of the body.
    fn tables() -> Tables;
    /// What the compiler needs.
    fn desc() -> FnDesc;
}

#[diagnostic::do_not_recommend]
impl<T: HasMethod<NAME, S> + ?Sized, const NAME: u64, S> HasMethod<NAME, S> for &T {
    const MODEL: &'static [u8] = T::MODEL;
    fn tables() -> Tables {
        T::tables()
    }
    fn desc() -> FnDesc {
        T::desc()
    }
}

#[diagnostic::do_not_recommend]
impl<T: HasMethod<NAME, S> + ?Sized, const NAME: u64, S> HasMethod<NAME, S> for &mut T {
    const MODEL: &'static [u8] = T::MODEL;
    fn tables() -> Tables {
        T::tables()
    }
    fn desc() -> FnDesc {
        T::desc()
    }
}

/// The description of `T`, if it has one: `(&Described::of(w)).desc()` with both traits below in scope, or
/// `Described::<T>::DESC` with [`Undescribed`] in scope. For what is checked, and reported, elsewhere.
#[derive(Debug)]
pub struct Described<T: ?Sized>(PhantomData<fn() -> *const T>);

impl<T: ?Sized> Described<T> {
    /// Asks about the type of a witness.
    #[must_use]
    pub const fn of(_: &Witness<T>) -> Self {
        Self(PhantomData)
    }
}

impl<T: DeviceType + ?Sized> Described<T> {
    /// The description.
    pub const DESC: TypeDesc = T::DESC;
}

impl<T: DeviceValue> Described<T> {
    /// Its bytes.
    pub const SIZE: usize = T::SIZE;
}

/// The answer yes.
pub trait Describable {
    /// The description.
    fn desc(&self) -> TypeDesc;
}

impl<T: DeviceType + ?Sized> Describable for Described<T> {
    fn desc(&self) -> TypeDesc {
        T::DESC
    }
}

/// The answer no.
pub trait NotDescribable {
    /// Anything: what asks does not compile.
    fn desc(&self) -> TypeDesc;
}

impl<T: ?Sized> NotDescribable for &Described<T> {
    fn desc(&self) -> TypeDesc {
        TypeDesc::Never
    }
}

/// The answer no, while compiling.
pub trait Undescribed {
    /// Anything: what asks does not compile.
    const DESC: TypeDesc = TypeDesc::Never;
    /// The same.
    const SIZE: usize = 0;
}

impl<T: ?Sized> Undescribed for Described<T> {}

/// Reads a message, if `M` is one: `Reader::new().read(payload)?` with both traits below in scope. Elsewhere the handler's
/// traits say that it is none.
#[derive(Debug)]
pub struct Reader<M>(PhantomData<fn() -> M>);

impl<M> Reader<M> {
    /// A reader of one type of message.
    #[must_use]
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

/// The answer yes.
pub trait Readable<M> {
    /// The message.
    ///
    /// # Errors
    /// As [`read`].
    fn read(&self, payload: &[u8]) -> Result<M, DecodeError>;
}

impl<M: Message> Readable<M> for Reader<M> {
    fn read(&self, payload: &[u8]) -> Result<M, DecodeError> {
        read(payload)
    }
}

/// The answer no.
pub trait NotReadable<M> {
    /// No message.
    ///
    /// # Errors
    /// Always.
    fn read(&self, payload: &[u8]) -> Result<M, DecodeError>;
}

impl<M> NotReadable<M> for &Reader<M> {
    fn read(&self, _: &[u8]) -> Result<M, DecodeError> {
        Err(DecodeError::new("a message", 0))
    }
}

/// Gives the witness of a type that is written as in an expression, where its arguments may be left out.
pub trait Named {
    /// The witness.
    #[must_use]
    fn __ringkernel_type() -> Witness<Self> {
        Witness::new()
    }
}

impl<T: ?Sized> Named for T {}

/// What a type written without its arguments, as in `Pair::new(a, b)`, may be linked to: the type of the call, or of its
/// first argument.
///
/// `(&Link::of(named, call)).link()` makes them one if they can be one, which gives `Pair` its arguments.
#[derive(Debug)]
pub struct Link<N, C>(PhantomData<fn() -> (N, C)>);

impl<N, C> Link<N, C> {
    /// Asks about the types of two witnesses.
    #[must_use]
    pub const fn of(_: &Witness<N>, _: &Witness<C>) -> Self {
        Self(PhantomData)
    }
}

/// It is the type that the function belongs to, or a reference to it.
pub trait SameType {
    /// Nothing but inference.
    fn link(&self) {}
}

impl<T> SameType for Link<T, T> {}
impl<T> SameType for Link<T, &T> {}
impl<T> SameType for Link<T, &mut T> {}

/// It is another one.
pub trait AnotherType {
    /// Nothing.
    fn link(&self) {}
}

impl<N, C> AnotherType for &Link<N, C> {}

/// Asks whether `T` has the method `NAME`: `(&Probe::of(w)).method()`, with both traits below in scope.
#[derive(Debug)]
pub struct Probe<T: ?Sized, const NAME: u64>(PhantomData<fn() -> *const T>);

impl<T: ?Sized, const NAME: u64> Probe<T, NAME> {
    /// Asks about the type of a witness.
    #[must_use]
    pub const fn of(_: &Witness<T>) -> Self {
        Self(PhantomData)
    }
}

/// The answer yes.
pub trait Found {
    /// The method.
    fn method(&self) -> Option<FnDesc>;
}

impl<T: HasMethod<NAME> + ?Sized, const NAME: u64> Found for Probe<T, NAME> {
    fn method(&self) -> Option<FnDesc> {
        Some(T::desc())
    }
}

/// The answer no.
pub trait NotFound {
    /// No method.
    fn method(&self) -> Option<FnDesc>;
}

impl<T: ?Sized, const NAME: u64> NotFound for &Probe<T, NAME> {
    fn method(&self) -> Option<FnDesc> {
        None
    }
}
