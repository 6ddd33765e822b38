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
//!     let system = System::builder().actors(1000, |i| Account { cents: 10 * i }).start()?;
//!     let account = system.actor::<Account>(42);
//!     account.tell(Deposit { cents: 100 })?;
//!     assert_eq!(account.ask(Balance)?.wait()?, 520);
//!     Ok(())
//! }
//! ```
//!
//! A longer program, what the host can do and what is read from the environment are in `docs/guide.md`; what is promised
//! about order, delivery and failures in `docs/semantics.md`; which Rust handlers may use in `docs/language.md`; the
//! errors of the compiler in `docs/errors.md`.

#![warn(clippy::unwrap_used)]

pub use ringkernel_macros::{DeviceType, handler, ring_actor, ring_fn, ring_message};
pub use ringkernel_runtime::error::{AskError, EndError, Full, RecvError, SendError, Stalled, StartError, Unsent};
pub use ringkernel_runtime::failure::{DeadLetter, Failure, FailureKind};
pub use ringkernel_runtime::lang::{
    Actor, Addr, AnyAddr, Atomic, Context, DecodeError, DeviceType, DeviceValue, Handles, Host, Message, Reply, Scope,
    SharedAtomics, SharedSlice, fence,
};
pub use ringkernel_runtime::stats::Stats;
pub use ringkernel_runtime::system::{ActorRef, Ask, Backend, Builder, Inbox, System};
pub use ringkernel_runtime::{BackendKind, Error, Result, cuda_source, trace};

/// What a program that uses actors imports.
pub mod prelude {
    pub use crate::{
        ActorRef, Addr, AnyAddr, Ask, Backend, Context, DeviceType, Full, Inbox, Reply, Scope, SendError,
        SharedAtomics, SharedSlice, System, fence, handler, ring_actor, ring_fn, ring_message, trace,
    };
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
