//! `#[cfg]` on fields, variants, handlers and methods; and no warning from what the attributes add.
#![deny(warnings, missing_docs, unreachable_pub, single_use_lifetimes, unused_qualifications)]
#![forbid(unsafe_code)]

use ringkernel::prelude::*;
use ringkernel::{Actor, Handles};

/// A message.
#[ring_message]
pub struct Go {
    /// How far.
    pub n: u32,
    #[cfg(any())]
    missing: Missing,
}

/// Another.
#[ring_message]
pub enum Turn {
    /// One way.
    Left,
    /// The other.
    Right,
    #[cfg(any())]
    Missing(Missing),
}

/// An actor.
#[ring_actor]
pub struct Walker {
    /// Where it is.
    #[checkpoint]
    pub at: u32,
    #[cfg(any())]
    #[debuggable]
    missing: Missing,
}

#[ring_actor]
impl Walker {
    #[cfg(any())]
    #[handler]
    fn missing(&mut self, m: Missing) {}

    /// Goes.
    #[handler]
    pub fn go(&mut self, m: Go) {
        self.at = step(self.at, m.n);
    }

    #[cfg(any())]
    fn helper(&mut self, m: Missing) {}

    #[handler]
    fn turn(&mut self, m: Turn) -> u32 {
        match m {
            Turn::Left => 1,
            Turn::Right => 2,
        }
    }
}

/// One step.
#[ring_fn]
pub fn step(at: u32, n: u32) -> u32 {
    at + n
}

fn main() {
    assert_eq!(<Walker as Handles<Go>>::TAG, 0);
    assert_eq!(<Walker as Handles<Turn>>::TAG, 1);
    assert_eq!(Walker::desc().handlers.len(), 2);
    assert_eq!(Walker::desc().state.fields.len(), 1);
}
