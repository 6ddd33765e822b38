//! Persistent GPU actors in Rust.

#![warn(clippy::unwrap_used)]

pub use ringkernel_macros::{DeviceType, checkpoint, debuggable, handler, ring_actor, ring_fn, ring_message};
pub use ringkernel_runtime::lang::{
    Actor, Addr, AnyAddr, Context, DecodeError, DeviceType, DeviceValue, Handles, Message, Reply,
};
pub use ringkernel_runtime::trace;

/// What a program that uses actors imports.
pub mod prelude {
    pub use crate::{
        Addr, AnyAddr, Context, DeviceType, Reply, checkpoint, debuggable, handler, ring_actor, ring_fn, ring_message,
        trace,
    };
}

/// What the macros' expansions name. Not for users.
#[doc(hidden)]
pub mod __private {
    pub use ringkernel_runtime::lang::*;
}
