//! The errors of the library. Each says what, where and what to do about it.

use std::fmt;
use std::time::Duration;

use crate::failure::Failure;

/// The result of most calls of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Any error of the library, for `?` in a `main`. Rust prints what `main` returns by `Debug`, so that is as `Display` here.
#[derive(Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system could not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A message could not be sent; it is gone with this error, but not with the [`SendError`] this was made from.
    #[error("{0}")]
    Send(Unsent),
    /// A question has no answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// No more messages come from an inbox.
    #[error(transparent)]
    Recv(#[from] RecvError),
    /// The system ended otherwise than by a stop, or did not end.
    #[error(transparent)]
    Ended(#[from] EndError),
    /// A grid did not do what was asked of it.
    #[error(transparent)]
    Grid(#[from] GridError),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a system did not start.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The builder was given no actors.
    #[error("a system needs at least one actor: call `.actors(n, |i| ..)`, or `.grid(..)`, before `.start()`")]
    NoActors,
    /// More actors than addresses.
    #[error("{wanted} actors are more than the {limit} that one system can address")]
    TooManyActors {
        /// How many there are.
        wanted: u64,
        /// How many there may be.
        limit: u64,
    },
    /// An option has a value that cannot be.
    #[error("{option} cannot be {value}: {allowed}")]
    BadOption {
        /// The builder's method.
        option: &'static str,
        /// What it was given.
        value: u64,
        /// What would do.
        allowed: &'static str,
    },
    /// There is not enough memory for actors and mailboxes.
    #[error("{}", out_of_memory(what, *needed, *available))]
    OutOfMemory {
        /// What the memory is for.
        what: &'static str,
        /// Bytes needed.
        needed: u64,
        /// Bytes there are.
        available: u64,
    },
    /// Other systems of this process take up the device.
    #[error(
        "{device} has no room for another system: {taken}; stop one of them, leave room with `.multiprocessors(..)` when a \
         large one is started, or run this one with `.backend(Backend::Cpu)`"
    )]
    DeviceFull {
        /// The device.
        device: String,
        /// Which systems hold how many blocks of it.
        taken: String,
    },
    /// The operating system gave no page-locked memory for the queues between host and device.
    #[error(
        "the queues between host and device need {needed} bytes of page-locked memory, and the operating system, which has \
         {available} left, gave none: use a smaller `.host_window(..)`, or raise what `ulimit -l` and `ulimit -v` allow"
    )]
    HostMemory {
        /// Bytes needed.
        needed: u64,
        /// Bytes there are.
        available: u64,
    },
    /// A closure given to the builder panicked.
    #[error("the closure that makes {actor} panicked for index {index}: {message}")]
    InitPanicked {
        /// The actor type.
        actor: &'static str,
        /// What the closure was given.
        index: u32,
        /// The panic's words.
        message: String,
    },
    /// The operating system gave no thread.
    #[error("no worker thread could be started: {0}")]
    Threads(String),
    /// CUDA was asked for and is not there.
    #[error(
        "CUDA cannot be used: {0}. With `.backend(Backend::Auto)` or `Backend::Cpu` the same actors run on the CPU"
    )]
    CudaUnavailable(String),
    /// CUDA is there and did not work.
    #[error("CUDA failed: {0}")]
    Cuda(String),
    /// A grid cannot be as it was described.
    #[error("the grid of {actor} cannot be: {what}")]
    Grid {
        /// The actor type.
        actor: &'static str,
        /// Why not.
        what: String,
    },
    /// The actors could not be compiled for a device; each report has a code of `docs/errors.md`.
    #[error("the actors could not be compiled for the device:\n{0}")]
    Compile(String),
}

const SMALLER: &str = "use fewer actors, a smaller `.mailbox_depth(..)`, or, of a grid, fewer cells or fields";

fn out_of_memory(what: &str, needed: u64, available: u64) -> String {
    if needed > available {
        format!("{what} need {needed} bytes and {available} are available: {SMALLER}")
    } else {
        format!(
            "{what} need {needed} bytes, which were refused although {available} are free: a limit may be set (`ulimit -v`, a \
             container's memory), or no piece of that size is left; {SMALLER}"
        )
    }
}

/// A message that was not sent comes back to whoever sent it. What `unwrap` prints is as `Display`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<M> {
    /// Too many of the host's messages are undelivered; nothing is lost, try again.
    Full(M),
    /// The system has stopped.
    Stopped(M),
    /// The builder did not make this actor.
    NoSuchActor(M),
    /// The domain of the grid has no such cell.
    NoSuchCell(M, NoSuchCell),
    /// The message names shared data that was made after the start, so the device does not have it.
    NotUploaded(M),
}

impl<M> SendError<M> {
    /// The message.
    pub fn into_inner(self) -> M {
        match self {
            Self::Full(message)
            | Self::Stopped(message)
            | Self::NoSuchActor(message)
            | Self::NoSuchCell(message, _)
            | Self::NotUploaded(message) => message,
        }
    }

    /// Whether trying again can help.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }

    const fn unsent(&self) -> Unsent {
        match self {
            Self::Full(_) => Unsent::Full,
            Self::Stopped(_) => Unsent::Stopped,
            Self::NoSuchActor(_) => Unsent::NoSuchActor,
            Self::NoSuchCell(_, cell) => Unsent::NoSuchCell(*cell),
            Self::NotUploaded(_) => Unsent::NotUploaded,
        }
    }
}

impl<M> fmt::Debug for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<M> fmt::Display for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.unsent().fmt(f)
    }
}

impl<M> std::error::Error for SendError<M> {}

impl<M> From<SendError<M>> for Error {
    fn from(error: SendError<M>) -> Self {
        Self::Send(error.unsent())
    }
}

/// Why a message was not sent, without the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsent {
    /// Too many messages are undelivered.
    Full,
    /// The system has stopped.
    Stopped,
    /// The builder did not make this actor.
    NoSuchActor,
    /// The domain of the grid has no such cell.
    NoSuchCell(NoSuchCell),
    /// The message names shared data that was made after the start.
    NotUploaded,
}

impl Unsent {
    /// Gives the message back beside the reason.
    pub fn with<M>(self, message: M) -> SendError<M> {
        match self {
            Self::Full => SendError::Full(message),
            Self::Stopped => SendError::Stopped(message),
            Self::NoSuchActor => SendError::NoSuchActor(message),
            Self::NoSuchCell(cell) => SendError::NoSuchCell(message, cell),
            Self::NotUploaded => SendError::NotUploaded(message),
        }
    }
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => {
                "too many of the host's messages and questions are under way: wait for answers first, use `tell_timeout`, or try \
                 again"
            }
            Self::Stopped => "the system has stopped; `System::join` says why",
            Self::NotUploaded => {
                "the message names a `SharedSlice` or `SharedAtomics` that was made after the system had started, so the \
                 device does not have its data: make it before `.start()` and put a clone into some actor's state"
            }
            Self::NoSuchCell(cell) => return cell.fmt(f),
            Self::NoSuchActor => {
                "the builder did not make this actor: the index is at least the count given to `.actors(..)`, or the \
                 type was not given at all"
            }
        })
    }
}

/// A cell that the domain of a grid does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchCell {
    grid: &'static str,
    cell: [u32; 3],
    domain: [u32; 3],
    dims: usize,
}

impl NoSuchCell {
    pub(crate) fn new(grid: &'static str, cell: &[u32], domain: &[u32]) -> Self {
        let full = |of: &[u32]| std::array::from_fn(|axis| of.get(axis).copied().unwrap_or(0));
        Self { grid, cell: full(cell), domain: full(domain), dims: domain.len().min(3) }
    }

    /// The cell.
    #[must_use]
    pub fn cell(&self) -> &[u32] {
        &self.cell[..self.dims]
    }

    /// The extents of the domain.
    #[must_use]
    pub fn domain(&self) -> &[u32] {
        &self.domain[..self.dims]
    }
}

impl fmt::Display for NoSuchCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no tile of {} has the cell {:?}: its domain has {:?} cells", self.grid, self.cell(), self.domain())
    }
}

/// `try_tell` met a full mailbox; the message comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<M>(pub M);

impl<M> fmt::Debug for Full<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Full(..)")
    }
}

impl<M> fmt::Display for Full<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the receiver's mailbox is full")
    }
}

impl<M> std::error::Error for Full<M> {}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The handler failed.
    #[error("no answer: {0}")]
    Failed(Box<Failure>),
    /// The actor had failed before, or never was.
    #[error("no answer: {actor} had failed before the question reached it")]
    Dead {
        /// Its type and its index: `Account#42`.
        actor: String,
    },
    /// The handler kept the question as a `Reply` and dropped it.
    #[error("no answer: the actor dropped the `Reply` without sending on it")]
    Dropped,
    /// The system stopped first.
    #[error("no answer: the system stopped first; `System::join` says why")]
    Stopped,
    /// `wait_timeout` waited long enough; the question can be waited for again.
    #[error("no answer within {0:?}; the question is still open")]
    Timeout(Duration),
    /// The answer's bytes are not an answer; a bug of the library.
    #[error("the answer cannot be read, which is a bug of ringkernel: {0}")]
    Corrupt(String),
}

/// Why an inbox gave no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecvError {
    /// There is none now.
    #[error("the inbox is empty")]
    Empty,
    /// None came in time.
    #[error("no message came within {0:?}")]
    Timeout(Duration),
    /// The system has stopped and all messages were received.
    #[error("the system has stopped and the inbox is empty")]
    Stopped,
}

/// How a system ended, if not by a stop.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EndError {
    /// Messages multiplied until nothing could run.
    #[error(transparent)]
    Stalled(#[from] Stalled),
    /// A handler did not come back in time.
    #[error("the system did not stop within {after:?}: {busy}")]
    StopTimeout {
        /// How long it was waited.
        after: Duration,
        /// What still runs.
        busy: String,
    },
    /// A tile failed, and with it the whole grid.
    #[error("{0}")]
    GridFailed(Box<Failure>),
    /// The device or its driver failed under a running system.
    #[error("the backend failed: {0}")]
    Backend(String),
}

/// Why a grid did not do what was asked of it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GridError {
    /// A tile failed. The fields can still be read; each tile's cells are as far as it came.
    #[error("{0}")]
    Failed(Box<Failure>),
    /// The system has stopped.
    #[error("the system has stopped")]
    Stopped,
    /// A slice is not as long as the box has cells.
    #[error("a box of {extents:?} has {cells} cells, and the slice has {found} values")]
    Shape {
        /// The extents of the box.
        extents: Vec<u32>,
        /// Its cells.
        cells: u64,
        /// What was given.
        found: u64,
    },
    /// A box, or a cell, which is one of one cell, reaches beyond the domain.
    #[error("{}", outside(from, extents, domain))]
    Outside {
        /// Its first cell.
        from: Vec<u32>,
        /// Its extents.
        extents: Vec<u32>,
        /// The extents of the domain.
        domain: Vec<u32>,
    },
    /// The device that runs it did not do what was asked.
    #[error("the device failed: {0}")]
    Device(String),
    /// The builder was given no such grid.
    #[error("the system has no grid of type {0}: give it to the builder's `.grid(..)`")]
    NoSuchGrid(&'static str),
}

fn outside(from: &[u32], extents: &[u32], domain: &[u32]) -> String {
    let one = extents.iter().all(|extent| *extent == 1);
    let what =
        if one { format!("the cell {from:?}") } else { format!("the box of {extents:?} cells from {from:?} on") };
    format!("{what} is not within the domain of {domain:?} cells")
}

/// Messages multiplied until no mailbox had room, no spare cell was left, and nobody could run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stalled {
    /// Actors that cannot go on, by name (`Account#42`): the first of them, at most 8.
    pub actors: Vec<String>,
    /// How many there are in all.
    pub count: u64,
}

impl fmt::Display for Stalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stalled: {} actors wait for room in mailboxes and no spare cell is left: ", self.count)?;
        f.write_str(&self.actors.join(", "))?;
        if (self.actors.len() as u64) < self.count {
            f.write_str(", ..")?;
        }
        f.write_str("; handlers send more messages than they receive, use `try_tell` or raise `.spare_cells(..)`")
    }
}

impl std::error::Error for Stalled {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_free_and_refused_is_not_called_missing() {
        let text = |needed, available| StartError::OutOfMemory { what: "states", needed, available }.to_string();
        assert!(text(2, 1).starts_with("states need 2 bytes and 1 are available: "));
        assert!(text(1, 2).contains("refused although 2 are free"));
    }

    #[test]
    fn what_main_returns_is_printed_in_words() {
        let error = Error::from(StartError::CudaUnavailable("no driver".to_owned()));
        assert_eq!(format!("{error:?}"), error.to_string());
        assert_eq!(format!("{:?}", SendError::Stopped(7)), "the system has stopped; `System::join` says why");
    }
}
