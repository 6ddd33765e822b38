//! The attributes of RingKernel.
//!
//! Each is a file of its own: it takes the user's item apart, hands bodies to `ringkernel_codegen::parse`, and prints
//! the item unchanged with the implementations beside it. Everything is named through `::ringkernel::__private`.

#![warn(clippy::unwrap_used)]

use proc_macro::TokenStream;

mod actor;
mod data;
mod device_fn;
mod grid;
mod message;
mod method;
mod operator;
mod options;
mod stray;

/// Makes a struct an actor, and an impl block its handlers.
///
/// `#[ring_actor(grid = 3)]` on the struct makes it an actor that owns a tile of fields over 1, 2 or 3 dimensions: its
/// members of type `Field<T, 3>`.
///
/// On the struct, `#[checkpoint]` and `#[debuggable]` may be put on fields. In the impl block, methods with `#[handler]`
/// take messages, the others are helper methods that handlers can call; functions for the host go into a block without
/// the attribute.
#[proc_macro_attribute]
pub fn ring_actor(args: TokenStream, item: TokenStream) -> TokenStream {
    actor::expand(args.into(), item.into()).into()
}

/// Makes a struct or enum a message: actors can be told and asked it.
#[proc_macro_attribute]
pub fn ring_message(args: TokenStream, item: TokenStream) -> TokenStream {
    message::expand(args.into(), item.into()).into()
}

/// Makes a function, or the functions of an impl block, callable by handlers. `#[ring_fn(fma)]` allows contraction of
/// `a * b + c`.
#[proc_macro_attribute]
pub fn ring_fn(args: TokenStream, item: TokenStream) -> TokenStream {
    device_fn::expand(args.into(), item.into()).into()
}

/// Makes a struct or enum a value of device code: it can be a field of actors and messages.
///
/// `#[checkpoint]` and `#[debuggable]` on fields of an actor belong to it.
#[proc_macro_derive(DeviceType, attributes(checkpoint, debuggable, __ring_actor_state))]
pub fn device_type(item: TokenStream) -> TokenStream {
    data::expand_derive(item.into()).into()
}

/// What `#[ring_actor(grid = 3)]` derives; not for users.
#[doc(hidden)]
#[proc_macro_derive(__GridState, attributes(checkpoint, debuggable, ring_grid))]
pub fn grid_state(item: TokenStream) -> TokenStream {
    grid::expand(item.into()).into()
}

/// Marks the method of a `#[ring_actor] impl` that a grid runs again and again. `#[step(fma)]` allows contraction.
#[proc_macro_attribute]
pub fn step(_: TokenStream, item: TokenStream) -> TokenStream {
    stray::expand("step", "a method of a `#[ring_actor] impl` block", item.into()).into()
}

/// Marks a method of a `#[ring_actor] impl` as the handler of a message. `#[handler(fma)]` allows contraction.
#[proc_macro_attribute]
pub fn handler(_: TokenStream, item: TokenStream) -> TokenStream {
    stray::expand("handler", "a method of a `#[ring_actor] impl` block", item.into()).into()
}
