//! What a handler sees of the system.

use std::fmt;
use std::marker::PhantomData;

use ringkernel_codegen::desc::TypeDesc;

use super::actor::{Actor, Handles};
use super::addr::Addr;
use super::device_type::{DeviceType, DeviceValue};
use super::message::Message;
use super::reply::Reply;

/// The context of a handler of `A`.
#[derive(Debug)]
pub struct Context<A: Actor>(PhantomData<fn(A)>);

impl<A: Actor> DeviceType for Context<A> {
    const DESC: TypeDesc = TypeDesc::Context(A::LINK);
}

impl<A: Actor> Context<A> {
    /// Sends `message` to `to`.
    pub fn tell<B: Handles<M>, M: Message>(&mut self, _to: Addr<B>, _message: M) {}

    /// Answers the question being handled with what its handler returned; called by `Actor::dispatch`.
    #[doc(hidden)]
    pub fn __answer<R: DeviceValue>(&mut self, _value: R) {}

    /// The question being handled, for a handler with a `Reply` parameter; called by `Actor::dispatch`.
    #[doc(hidden)]
    pub fn __reply<R: DeviceValue>(&mut self) -> Reply<R> {
        Reply(PhantomData)
    }

    /// What `trace!` expands to.
    #[doc(hidden)]
    pub fn __trace(&mut self, _file: &'static str, _line: u32, _text: fmt::Arguments<'_>) {}
}
