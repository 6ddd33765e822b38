//! Errors found when a system starts: what rustc could not know and the macro could not see.
//!
//! Each has a stable code of the table [`Code`], the user's file and line, what is wrong, and what to write instead.
//! They are collected: a stage reports all it finds. The errors found while the user's crate is compiled are the
//! macro's.

use crate::model::Span;
use std::fmt;

/// The errors of this stage, by their stable number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// A function that calls itself, directly or through others.
    Recursion,
    /// A method or function that is neither the user's nor in the table of intrinsics.
    UnknownFunction,
    /// A type that this device code cannot hold, such as a 16-bit float without the feature.
    UnsupportedType,
    /// An operator on operands that device code has no meaning for.
    UnsupportedOperator,
    /// A form of an expression or pattern that device code has no place for.
    UnsupportedForm,
    /// A message to an actor type that is not part of the system.
    UnknownActor,
    /// A message that is larger than a mailbox slot may be.
    MessageTooLarge,
    /// The offset of a neighbour is not a constant.
    OffsetNotConstant,
    /// The offset of a neighbour is more than tiles exchange.
    OffsetTooFar,
    /// Which field an operation is about cannot be told.
    FieldNotNamed,
    /// A handler of a grid holds it, through a function.
    HoldInHandler,
    /// A disagreement between rustc's types and ours: a bug of the compiler, reported as such.
    Internal,
}

impl Code {
    /// All of them, in order.
    pub const ALL: &[Self] = &[
        Self::Recursion,
        Self::UnknownFunction,
        Self::UnsupportedType,
        Self::UnsupportedOperator,
        Self::UnsupportedForm,
        Self::UnknownActor,
        Self::MessageTooLarge,
        Self::OffsetNotConstant,
        Self::OffsetTooFar,
        Self::FieldNotNamed,
        Self::HoldInHandler,
        Self::Internal,
    ];

    /// The stable code, as in `docs/errors.md`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recursion => "RK0101",
            Self::UnknownFunction => "RK0102",
            Self::UnsupportedType => "RK0103",
            Self::UnsupportedOperator => "RK0104",
            Self::UnsupportedForm => "RK0105",
            Self::UnknownActor => "RK0106",
            Self::MessageTooLarge => "RK0107",
            Self::OffsetNotConstant => "RK0108",
            Self::OffsetTooFar => "RK0109",
            Self::FieldNotNamed => "RK0110",
            Self::HoldInHandler => "RK0111",
            Self::Internal => "RK0199",
        }
    }
}

/// One error, made for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// The user's file; empty if it has no place in one.
    pub file: String,
    /// Where in the file.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code.as_str(), self.message)?;
        if !self.file.is_empty() {
            write!(f, "\n  --> {}:{}:{}", self.file, self.span.line, self.span.column)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  = help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// Collects the errors of a stage.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// Adds one; the same error at the same place is kept once.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        if !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// What was found so far, if anything was.
    pub(crate) fn into_result(self) -> Result<(), Vec<Diagnostic>> {
        if self.found.is_empty() { Ok(()) } else { Err(self.found) }
    }
}
