//! The two traits that make a type known to device code, and the error of reading one from bytes.
//!
//! [`DeviceType`] describes; [`DeviceValue`] can also be stored and sent. References, iterators and the context are
//! only described. The layout rules are in [`layout`](super::layout).

use std::fmt;

use ringkernel_codegen::desc::TypeDesc;

/// A type that may be named in a handler or `#[ring_fn]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used in device code",
    label = "a value of type `{Self}` is needed here",
    note = "device code can use integers, floats, `bool`, tuples, arrays, `Option`, and structs and enums with \
            `#[derive(DeviceType)]` or `#[ring_message]`"
)]
pub trait DeviceType {
    /// What the compiler knows of it.
    const DESC: TypeDesc;
}

/// A type that can be stored in an actor's state and sent in messages: it has a canonical layout.
///
/// Derived with `#[derive(DeviceType)]`; `#[ring_message]` and `#[ring_actor]` derive it too.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored or sent by device code",
    label = "not a type of device code",
    note = "fields of actors, messages and device types can be integers, floats, `bool`, tuples, arrays, `Option`, \
            `Addr`, and structs and enums with `#[derive(DeviceType)]`; for text or growing data use a fixed array \
            or a `SharedSlice`, for a `Result` an enum of your own"
)]
pub trait DeviceValue: DeviceType + Sized + Send + 'static {
    /// Bytes in the canonical layout, a multiple of [`ALIGN`](Self::ALIGN).
    const SIZE: usize;
    /// Alignment in the canonical layout.
    const ALIGN: usize;
    /// Writes every byte of `out`, padding as zero. `out` must be [`SIZE`](Self::SIZE) long.
    fn encode(&self, out: &mut [u8]);
    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// If a tag or a `bool` has no meaning, or `bytes` is not [`SIZE`](Self::SIZE) long.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;
}

/// Bytes that are not a value of the type they were read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// What was being read, in the user's words.
    what: &'static str,
    /// The tag or length that was found.
    found: u64,
}

impl DecodeError {
    /// `what` cannot be `found`.
    #[must_use]
    pub const fn new(what: &'static str, found: u64) -> Self {
        Self { what, found }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid bytes for {}: found {}", self.what, self.found)
    }
}

impl std::error::Error for DecodeError {}
