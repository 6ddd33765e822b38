//! What user code and the macros' expansions are written against: types, messages, actors, witnesses.
//!
//! Comes in: the user's types, through the derives. Guarantees: every [`DeviceValue`] has one canonical layout, which
//! the compiler emits as C. Queues, threads and devices are left to the backends.

mod actor;
pub(crate) mod addr;
mod atomic;
pub(crate) mod boundary;
mod composite;
mod context;
mod device_type;
pub(crate) mod field;
mod grid;
pub(crate) mod group;
pub mod layout;
mod message;
pub(crate) mod neighbour;
pub mod operator;
mod primitive;
pub mod probe;
#[cfg(feature = "record")]
pub mod record;
mod reference;
pub(crate) mod reply;
mod scope;
pub(crate) mod shared;
mod trace;
pub mod witness;

pub use actor::{Actor, ActorState, Handles, Many, Scheduled, SentTo, Tiled, tag_of};
pub use addr::{Addr, AnyAddr};
pub use atomic::{Atomic, AtomicNumber};
pub use boundary::{Boundaries, Boundary};
pub use context::{Context, Host};
pub use device_type::{DecodeError, DeviceType, DeviceValue};
pub use field::{CellValue, Field, MAX_OFFSET, Near, Number, Outputs, Own, Sources, Update};
#[cfg(not(loom))]
pub(crate) use grid::Upload;
pub use grid::{Grid, GridMember, GridOf, GridState, Member, PlaceError, Placer, member};
pub(crate) use grid::{Kept, Place, TilePlace};
pub use group::Group;
pub use message::{MAX_PAYLOAD, Message, assert_answer_fits, assert_fits, read};
pub use neighbour::{Dir, Exchanged, NotSent};
pub use operator::{HasComparison, HasOperator};
pub use probe::{DeviceFn, HasMethod};
pub use reply::Reply;
pub use ringkernel_codegen::desc;
pub use scope::{Scope, fence};
pub use shared::{SharedAtomics, SharedSlice};
