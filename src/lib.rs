//! Persistent GPU actors in Rust.
//!
//! Annotate a struct and its handlers; `start()` compiles them into one CUDA kernel that never ends, or, without a GPU,
//! runs the very same Rust functions on the CPU.
//!
//! ```
//! use ringkernel::prelude::*;
//!
//! #[ring_message]
//! struct Deposit {
//!     cents: u64,
//! }
//!
//! #[ring_message]
//! struct Balance;
//!
//! #[ring_actor]
//! struct Account {
//!     cents: u64,
//! }
//!
//! #[ring_actor]
//! impl Account {
//!     #[handler]
//!     fn deposit(&mut self, m: Deposit) {
//!         self.cents += m.cents;
//!     }
//!
//!     #[handler]
//!     fn balance(&mut self, _: Balance) -> u64 {
//!         self.cents
//!     }
//! }
//!
//! fn main() -> ringkernel::Result<()> {
//!     let system = System::builder().actors(1000, |i| Account { cents: 10 * u64::from(i) }).start()?;
//!     let account = system.actor::<Account>(42);
//!     account.tell(Deposit { cents: 100 })?;
//!     assert_eq!(account.ask(Balance)?.wait()?, 520);
//!     Ok(())
//! }
//! ```
//!
//! A longer program, what the host can do and what is read from the environment are in `docs/guide.md`; what is promised
//! about order, delivery and failures in `docs/semantics.md`; fields over space in `docs/tiles.md`; which Rust handlers
//! may use in `docs/language.md`; the errors of the compiler in `docs/errors.md`.

#![warn(clippy::unwrap_used)]

pub use ringkernel_macros::{__GridState, DeviceType, handler, ring_actor, ring_fn, ring_message, step};
pub use ringkernel_runtime::error::{
    AskError, EndError, Full, GridError, NoSuchCell, RecvError, SendError, Stalled, StartError, Unsent,
};
pub use ringkernel_runtime::failure::{DeadLetter, Failure, FailureKind, TilePlace};
pub use ringkernel_runtime::lang::{
    Actor, Addr, AnyAddr, Atomic, Boundaries, Boundary, CellValue, Context, DecodeError, DeviceType, DeviceValue, Dir,
    Exchanged, Field, Grid, GridOf, Group, Handles, Host, Message, Near, NotSent, Number, Own, Reply, Scheduled, Scope,
    SentTo, SharedAtomics, SharedSlice, Update, fence,
};
pub use ringkernel_runtime::stats::Stats;
pub use ringkernel_runtime::system::{ActorRef, After, Ask, Backend, Builder, FieldView, GridRef, Inbox, System};
pub use ringkernel_runtime::{BackendKind, Error, Result, cuda_source, trace};
#[cfg(feature = "half")]
pub use ringkernel_runtime::{bf16, f16};

/// What a program that uses actors imports.
pub mod prelude {
    pub use crate::{
        ActorRef, Addr, AnyAddr, Ask, Backend, Boundary, Context, DeviceType, Dir, Field, Full, GridRef, Group, Inbox,
        Near, NotSent, Own, Reply, Scope, SendError, SharedAtomics, SharedSlice, System, Update, fence, handler,
        ring_actor, ring_fn, ring_message, step, trace,
    };
    pub use std::mem::swap;
    pub use std::sync::atomic::Ordering;
}

/// What the macros' expansions name. Not for users.
#[doc(hidden)]
pub mod __private {
    pub use ringkernel_runtime::lang::*;
}

/// The program of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// So does that of the guide.
#[cfg(doctest)]
#[doc = include_str!("../docs/guide.md")]
struct Guide;

/// And that of the page about grids.
#[cfg(doctest)]
#[doc = include_str!("../docs/tiles.md")]
struct Tiles;
