//! Addresses of actors: 64 bits; from the most significant: device 12, slot 28, generation 24.
//!
//! Addresses are values: copied, compared, stored in states, sent in messages. One that is stale, or of another system,
//! is not dangerous; what is sent to it becomes a dead letter. Generations start at 1, so 0 is nobody's address.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use ringkernel_codegen::desc::TypeDesc;

use super::actor::Actor;
use super::device_type::{DecodeError, DeviceType, DeviceValue};

/// Bits of the generation.
pub(crate) const GENERATION_BITS: u32 = 24;
/// Bits of the slot.
pub(crate) const SLOT_BITS: u32 = 28;

/// The parts of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) device: u32,
    pub(crate) slot: u32,
    pub(crate) generation: u32,
}

impl Parts {
    #[inline]
    pub(crate) const fn of(raw: u64) -> Self {
        Self {
            device: (raw >> (GENERATION_BITS + SLOT_BITS)) as u32,
            slot: (raw >> GENERATION_BITS) as u32 & ((1 << SLOT_BITS) - 1),
            generation: raw as u32 & ((1 << GENERATION_BITS) - 1),
        }
    }

    #[inline]
    pub(crate) const fn raw(self) -> u64 {
        (self.device as u64) << (GENERATION_BITS + SLOT_BITS)
            | (self.slot as u64) << GENERATION_BITS
            | self.generation as u64
    }
}

/// The address of an actor of type `A`.
pub struct Addr<A> {
    raw: u64,
    actor: PhantomData<fn(A)>,
}

impl<A> Addr<A> {
    pub(crate) const fn from_raw(raw: u64) -> Self {
        Self { raw, actor: PhantomData }
    }

    /// The 64 bits.
    pub const fn raw(self) -> u64 {
        self.raw
    }

    /// The same address without its type, to compare with a sender.
    pub const fn any(self) -> AnyAddr {
        AnyAddr(self.raw)
    }
}

/// Nothing: so that a message that is told to an address by itself is answered by how to tell it.
#[diagnostic::on_unimplemented(
    message = "an address tells nothing by itself",
    label = "told without the context",
    note = "in a handler, write `ctx.tell(address, message)`; on the host, `system.actor::<A>(index).tell(message)`"
)]
pub trait TellsItself {}

impl<A> Addr<A> {
    #[doc(hidden)]
    pub fn tell<M>(self, _: M)
    where
        Self: TellsItself,
    {
    }

    #[doc(hidden)]
    pub fn try_tell<M>(self, _: M)
    where
        Self: TellsItself,
    {
    }
}

impl<A> Clone for Addr<A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Addr<A> {}

impl<A> PartialEq for Addr<A> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<A> Eq for Addr<A> {}

impl<A> Hash for Addr<A> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

impl<A> fmt::Debug for Addr<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.any(), f)
    }
}

impl<A> From<Addr<A>> for AnyAddr {
    fn from(addr: Addr<A>) -> Self {
        addr.any()
    }
}

impl<A: Actor> DeviceType for Addr<A> {
    const DESC: TypeDesc = TypeDesc::Addr(A::LINK);
}

impl<A: Actor> DeviceValue for Addr<A> {
    const SIZE: usize = 8;
    const ALIGN: usize = 8;
    fn encode(&self, out: &mut [u8]) {
        self.raw.encode(out);
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        u64::decode(bytes).map(Self::from_raw)
    }
}

/// The address of an actor whose type is not known statically.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnyAddr(u64);

impl AnyAddr {
    /// The sender of what the host sent.
    pub const HOST: Self = Self(0);

    pub(crate) const fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    /// The 64 bits.
    pub const fn raw(self) -> u64 {
        self.0
    }

    /// Whether this is the host, not an actor.
    pub const fn is_host(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for AnyAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_host() {
            return f.write_str("host");
        }
        let Parts { device, slot, generation } = Parts::of(self.0);
        if device == 0 { write!(f, "{slot}.{generation}") } else { write!(f, "{device}:{slot}.{generation}") }
    }
}

impl fmt::Debug for AnyAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[diagnostic::do_not_recommend]
impl DeviceType for AnyAddr {
    const DESC: TypeDesc = TypeDesc::AnyAddr;
}

#[diagnostic::do_not_recommend]
impl DeviceValue for AnyAddr {
    const SIZE: usize = 8;
    const ALIGN: usize = 8;
    fn encode(&self, out: &mut [u8]) {
        self.0.encode(out);
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        u64::decode(bytes).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Parts;

    #[test]
    fn parts_of_an_address_are_12_28_and_24_bits() {
        let parts = Parts { device: 0xabc, slot: 0x0fed_cba9, generation: 0x0076_5432 };
        assert_eq!(parts.raw(), 0xabcf_edcb_a976_5432);
        assert_eq!(Parts::of(parts.raw()), parts);
    }
}
