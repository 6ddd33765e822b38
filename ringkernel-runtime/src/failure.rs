//! What is known of an actor that failed, and of messages that found nobody.
//!
//! Plain data, filled in by a backend and handed to askers and to the host. How a failure is noticed is the backend's
//! business.

use std::borrow::Cow;
use std::fmt;

use ringkernel_codegen::desc::{HandlerDesc, TypeDesc};

use crate::lang::AnyAddr;

/// Why an actor failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// An index or a range outside of an array or slice.
    OutOfBounds,
    /// A division or remainder by zero.
    DivisionByZero,
    /// Arithmetic that left the range of its type, in a build that checks it.
    Overflow,
    /// `assert!` and its relatives.
    Assertion,
    /// `panic!`, `unreachable!`.
    Panic,
    /// `unwrap` or `expect` of a `None`.
    Unwrap,
    /// An argument outside of what a function of the library takes, such as `clamp(3, 1)`.
    Argument,
    /// There were no spare cells left for what the handler sent.
    PoolExhausted,
    /// `ctx.actor::<B>(i)` with an `i` that the builder did not make.
    NoSuchActor,
    /// The handler was killed at a safe point because the system stops.
    Killed,
    /// Bytes that are not a message of the handler; a bug of the library.
    Corrupt,
}

impl FailureKind {
    /// What a panic's text says about its kind, and the value that caused it, if the text has one.
    ///
    /// The texts are those of Rust's own checks; anything else is [`Panic`](Self::Panic).
    #[must_use]
    pub fn of_panic(text: &str) -> (Self, Option<u64>) {
        let last_number = || text.rsplit(' ').next().and_then(|word| word.parse().ok());
        if text.starts_with("index out of bounds") {
            (Self::OutOfBounds, last_number())
        } else if text.starts_with("range start index") || text.starts_with("range end index") {
            (Self::OutOfBounds, text.split(' ').nth(3).and_then(|word| word.parse().ok()))
        } else if text.starts_with("slice index starts at") {
            (Self::OutOfBounds, text.split(' ').nth(4).and_then(|word| word.parse().ok()))
        } else if text == "attempt to divide by zero"
            || text == "attempt to calculate the remainder with a divisor of zero"
        {
            (Self::DivisionByZero, None)
        } else if text.starts_with("attempt to ") && text.ends_with("with overflow") {
            (Self::Overflow, None)
        } else if text.starts_with("min > max") || text.starts_with("assertion failed: min <= max") {
            (Self::Argument, None)
        } else if text.starts_with("assertion ") {
            (Self::Assertion, None)
        } else if text.starts_with("called `Option::unwrap()` on a `None` value") {
            (Self::Unwrap, None)
        } else {
            (Self::Panic, None)
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfBounds => "index out of bounds",
            Self::DivisionByZero => "division by zero",
            Self::Overflow => "arithmetic overflow",
            Self::Assertion => "assertion failed",
            Self::Panic => "panic",
            Self::Unwrap => "unwrap of a `None`",
            Self::Argument => "argument out of range",
            Self::PoolExhausted => "no spare cells for its messages",
            Self::NoSuchActor => "no such actor",
            Self::Killed => "killed while the system stopped",
            Self::Corrupt => "a corrupt message",
        })
    }
}

/// An actor that failed: it handles nothing any more; everyone else goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Which actor.
    pub actor: AnyAddr,
    /// The name of its type and its index among the actors of that type, as the builder counted: `Account#42`.
    pub name: Cow<'static, str>,
    /// Why.
    pub kind: FailureKind,
    /// The Rust file of the failing line, as rustc was given it.
    pub file: Cow<'static, str>,
    /// The failing line, from 1; 0 if not known.
    pub line: u32,
    /// The value that caused it, where there is one: the index that was out of bounds.
    pub value: Option<u64>,
    /// The panic's own words.
    pub message: Cow<'static, str>,
    /// Where in its domain, if it is a tile of a grid; then the grid has failed with it.
    pub tile: Option<TilePlace>,
}

/// Where a tile failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TilePlace {
    /// Steps that it had done.
    pub steps: u64,
    /// The cell that was being written or read, if it was in an operation over cells.
    pub cell: Option<Vec<u32>>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.tile {
            None => write!(f, "actor {} failed", self.name)?,
            Some(place) => write!(f, "tile {} failed after {} steps", self.name, place.steps)?,
        }
        if let Some(cell) = self.tile.as_ref().and_then(|place| place.cell.as_ref()) {
            write!(f, " in cell {cell:?}")?;
        }
        if self.line != 0 {
            write!(f, " at {}:{}", self.file, self.line)?;
        }
        if self.message.is_empty() { write!(f, ": {}", self.kind) } else { write!(f, ": {}", self.message) }
    }
}

impl std::error::Error for Failure {}

/// A message whose receiver had failed, or never was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// To whom.
    pub to: AnyAddr,
    /// From whom; [`AnyAddr::HOST`] if it came from the host.
    pub from: AnyAddr,
    /// The tag of the message: the index of the handler that would have had it.
    pub tag: u32,
}

impl DeadLetter {
    /// Says that it found nobody. For the first of a system: the others are counted.
    pub(crate) fn log(&self, receiver: &str, handlers: &[HandlerDesc]) {
        let message = match handlers.get(self.tag as usize).map(|handler| handler.message) {
            Some(TypeDesc::Struct(desc)) => desc.name,
            Some(TypeDesc::Enum(desc)) => desc.name,
            _ => "message",
        };
        tracing::warn!(
            target: "ringkernel",
            actor = receiver,
            "a `{message}` found nobody, since {receiver} had failed or never was; further messages of this system that find \
             nobody are not logged, but counted: see `System::dead_letters`"
        );
    }
}

impl fmt::Display for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message of handler {} from {} to {} found nobody", self.tag, self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_from_rusts_own_words() {
        let of = FailureKind::of_panic;
        assert_eq!(of("index out of bounds: the len is 3 but the index is 7"), (FailureKind::OutOfBounds, Some(7)));
        assert_eq!(of("range end index 9 out of range for slice of length 3"), (FailureKind::OutOfBounds, Some(9)));
        assert_eq!(of("attempt to divide by zero"), (FailureKind::DivisionByZero, None));
        assert_eq!(of("attempt to add with overflow"), (FailureKind::Overflow, None));
        assert_eq!(of("attempt to divide with overflow"), (FailureKind::Overflow, None));
        assert_eq!(of("assertion failed: x > 0"), (FailureKind::Assertion, None));
        assert_eq!(of("no more"), (FailureKind::Panic, None));
    }
}
