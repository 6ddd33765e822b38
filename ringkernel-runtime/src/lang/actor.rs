//! Actors: states with handlers. Made by `#[ring_actor]`.

use ringkernel_codegen::desc::{ActorDesc, ActorLink, GridDesc, HandlerDesc, StructDesc, TypeDesc};

use super::context::Context;
use super::device_type::{DecodeError, DeviceType, DeviceValue};
use super::message::Message;

/// The description of a state; evaluated while compiling.
const fn state(desc: TypeDesc) -> &'static StructDesc {
    match desc {
        TypeDesc::Struct(desc) => desc,
        _ => panic!("the state of an actor is a struct"),
    }
}

/// A struct with `#[ring_actor]`.
#[diagnostic::on_unimplemented(
    message = "the struct `{Self}` has no `#[ring_actor]`",
    label = "its impl block has `#[ring_actor]`, the struct has not",
    note = "put `#[ring_actor]` on both the struct and the impl block that has its handlers"
)]
pub trait ActorState: DeviceType + Sized + Send + 'static {
    /// [`Many`] or [`Tiled`].
    type RunsAs;
}

/// Actors that are each run when they have a message: all that are no grid.
#[derive(Debug)]
pub struct Many;

/// Actors that are the tiles of a grid.
#[derive(Debug)]
pub struct Tiled;

/// A type with handlers.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an actor",
    label = "not an actor",
    note = "put `#[ring_actor]` on the struct, and on the impl block that has its handlers"
)]
pub trait Actor: ActorState {
    /// That of its state; asked here, so that a struct without handlers is reported as what it is.
    type Kind;
    /// The user's name, without path or generics.
    const NAME: &'static str;
    /// Its handlers; the index of one is the tag of its message.
    const HANDLERS: &'static [HandlerDesc];
    /// What makes it a grid, if it is one.
    const GRID: Option<GridDesc> = None;

    /// Reads the message with this tag from `payload` and runs its handler, whose answer goes to `ctx`.
    ///
    /// # Errors
    /// If `tag` is none of a handler, or `payload` is not such a message.
    fn dispatch(&mut self, tag: u32, payload: &[u8], ctx: &mut Context<Self>) -> Result<(), DecodeError>;

    /// Everything the compiler needs.
    #[must_use]
    fn desc() -> ActorDesc {
        ActorDesc { state: const { state(Self::DESC) }, handlers: Self::HANDLERS, grid: Self::GRID }
    }

    /// A reference to [`desc`](Self::desc) that constants can hold: an actor may know its own address.
    const LINK: ActorLink = ActorLink { name: Self::NAME, path: std::any::type_name::<Self>, desc: Self::desc };
}

/// The kind of an actor that is one of many, each run when it has a message: of every one that is no grid.
#[diagnostic::on_unimplemented(
    message = "`{A}` is a grid, and not one of many actors",
    label = "owns fields over space",
    note = "give it to `.grid(extents, boundary, {A} {{ .. }})`"
)]
pub trait Scheduled<A> {
    /// `A`, of which more is known by this.
    type State: Actor + DeviceValue;
    /// The same value.
    #[doc(hidden)]
    fn state(actor: A) -> Self::State;
}

#[diagnostic::do_not_recommend]
impl<A: Actor + DeviceValue> Scheduled<A> for Many {
    type State = A;
    #[inline]
    fn state(actor: A) -> A {
        actor
    }
}

/// Actor `Self` has a handler for `M`; its index is `TAG`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handler for `{M}`",
    label = "no handler for `{M}`",
    note = "add `#[handler] fn name(&mut self, m: {M})` to the `#[ring_actor] impl` of `{Self}`"
)]
pub trait Handles<M: Message>: Actor {
    /// What an asker gets.
    type Reply: DeviceValue;
    /// The index of the handler in [`Actor::HANDLERS`].
    const TAG: u32;
}

/// A message that `A` has a handler for. What is sent names this and not [`Handles`], of which rustc would take the only
/// impl as the type of the message. That a handler lacks is said of [`Handles`]; here remains what is no message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "not a message",
    note = "put `#[ring_message]` on the struct or enum"
)]
pub trait SentTo<A>: Message {
    /// What an asker gets.
    type Reply: DeviceValue;
    /// The index of the handler.
    #[doc(hidden)]
    const TAG: u32;
}

impl<M: Message, A: Handles<M>> SentTo<A> for M {
    type Reply = A::Reply;
    const TAG: u32 = A::TAG;
}

/// The index of the handler with this name; evaluated while compiling, after `#[cfg]` has left some out.
#[doc(hidden)]
#[must_use]
pub const fn tag_of(handlers: &[HandlerDesc], name: &str) -> u32 {
    let mut tag = 0;
    while tag < handlers.len() {
        if same(handlers[tag].name.as_bytes(), name.as_bytes()) {
            return tag as u32;
        }
        tag += 1;
    }
    panic!("the macro lists every handler")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}
