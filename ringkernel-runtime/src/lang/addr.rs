//! Addresses of actors: 64 bits, device 12, slot 28, generation 24.

use std::fmt;
use std::marker::PhantomData;

use ringkernel_codegen::desc::TypeDesc;

use super::actor::Actor;
use super::device_type::{DecodeError, DeviceType, DeviceValue};

/// The address of an actor of type `A`.
pub struct Addr<A> {
    raw: u64,
    actor: PhantomData<fn(A)>,
}

impl<A> Addr<A> {
    /// The 64 bits.
    pub const fn raw(self) -> u64 {
        self.raw
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

impl<A> fmt::Debug for Addr<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Addr({:#018x})", self.raw)
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
        Ok(Self { raw: u64::decode(bytes)?, actor: PhantomData })
    }
}

/// The address of an actor whose type is not known statically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyAddr(u64);

impl DeviceType for AnyAddr {
    const DESC: TypeDesc = TypeDesc::AnyAddr;
}

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
