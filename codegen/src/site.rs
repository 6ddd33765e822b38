//! Places in the user's text that the device refers to by number: where an actor can fail, and what it traces.
//!
//! Numbers are given in the order of emission, from 0, so the same program always has the same ones.

use crate::desc::TypeDesc;

/// Why an actor can fail at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// An index or range outside of its array or slice; the value is the index.
    OutOfBounds,
    /// `ctx.actor::<B>(i)` with an index that the builder did not make; the value is the index.
    NoSuchActor,
    /// Arithmetic that overflowed while overflow checks are on, or that overflows always (`MIN / -1`).
    Overflow,
    /// A division or remainder by zero.
    DivisionByZero,
    /// An `assert!` that did not hold.
    Assertion,
    /// A `panic!` or `unreachable!`.
    Panic,
    /// `unwrap` or `expect` of a `None`.
    Unwrap,
    /// A tile of a grid told the host something whose inbox was full.
    InboxFull,
    /// An argument outside of what a function of the library takes, such as `clamp(3, 1)`.
    Argument,
}

/// A place where an actor can fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Why.
    pub kind: FailureKind,
    /// The user's file.
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// What is said, in rustc's words where it has some.
    pub message: String,
}

/// A `trace!` in the user's text.
#[derive(Clone, Debug, PartialEq)]
pub struct TraceSite {
    /// The user's file.
    pub file: String,
    /// 1-based line.
    pub line: u32,
    /// The text between the values: one more piece than values.
    pub pieces: Vec<String>,
    /// The types of the values; they arrive as a tuple of these in canonical layout.
    pub args: Vec<TypeDesc>,
}

/// A type of message that actors send to the host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostMessage {
    /// Its full name, [`core::any::type_name`].
    pub path: &'static str,
    /// Its type.
    pub ty: TypeDesc,
}
