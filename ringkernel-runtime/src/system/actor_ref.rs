//! A reference to an actor, held by the host.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::Running;
use super::ask::Ask;
use crate::backend::Engine;
use crate::error::{NoSuchCell, SendError, Unsent};
use crate::lang::{Actor, Addr, MAX_PAYLOAD, SentTo};

/// A reference to an actor, held by the host. Clones refer to the same actor.
///
/// References keep nothing alive: after the system is dropped, what is sent comes back as [`SendError::Stopped`].
pub struct ActorRef<A> {
    running: Arc<Running>,
    /// 0 for nobody.
    raw: u64,
    /// Of a tile, steps that it is to have done when it hears a message.
    after: u64,
    /// Why that is, if it was looked for by a cell.
    no_cell: Option<Box<NoSuchCell>>,
    actor: PhantomData<fn(A)>,
}

impl<A: Actor> ActorRef<A> {
    pub(super) const fn new(running: Arc<Running>, raw: u64) -> Self {
        Self { running, raw, after: 0, no_cell: None, actor: PhantomData }
    }

    /// The same tile, once it has done so many steps.
    pub(super) const fn after(mut self, step: u64) -> Self {
        self.after = step;
        self
    }

    /// The reference to a tile that there is not.
    pub(super) fn to_no_cell(running: Arc<Running>, cell: NoSuchCell) -> Self {
        Self { running, raw: 0, after: 0, no_cell: Some(Box::new(cell)), actor: PhantomData }
    }

    #[cold]
    fn nobody(&self) -> Unsent {
        self.no_cell.as_ref().map_or(Unsent::NoSuchActor, |cell| Unsent::NoSuchCell(**cell))
    }

    /// The actor's address, to be put into messages.
    #[must_use]
    pub const fn addr(&self) -> Addr<A> {
        Addr::from_raw(self.raw)
    }

    /// Sends a message. Returns at once.
    ///
    /// # Errors
    /// The message comes back if it was not sent: [`SendError::Full`] if too many of the host's messages are
    /// undelivered, [`SendError::Stopped`] after the end, [`SendError::NoSuchActor`], or [`SendError::NoSuchCell`].
    #[inline]
    pub fn tell<M: SentTo<A>>(&self, message: M) -> Result<(), SendError<M>> {
        if self.raw == 0 {
            return Err(self.nobody().with(message));
        }
        let (engine, write) = (&self.running.engine, |out: &mut [u8]| message.encode(out));
        let sent = match self.after {
            0 => engine.tell(self.raw, M::TAG, M::SIZE, write),
            step => engine.tell_after(step, self.raw, M::TAG, M::SIZE, write),
        };
        sent.map_err(|reason| reason.with(message))
    }

    /// The same as [`tell`](Self::tell), by the name it has in a handler.
    ///
    /// # Errors
    /// As for [`tell`](Self::tell).
    #[inline]
    pub fn try_tell<M: SentTo<A>>(&self, message: M) -> Result<(), SendError<M>> {
        self.tell(message)
    }

    /// Sends a message, waiting for room as long as `timeout`.
    ///
    /// # Errors
    /// As for [`tell`](Self::tell).
    pub fn tell_timeout<M: SentTo<A>>(&self, mut message: M, timeout: Duration) -> Result<(), SendError<M>> {
        let start = Instant::now();
        loop {
            match self.tell(message) {
                Err(SendError::Full(back)) if start.elapsed() < timeout => message = back,
                done => return done,
            }
            thread::yield_now();
        }
    }

    /// Asks a question: a message whose handler answers. The answer is waited for on what this returns.
    ///
    /// # Errors
    /// As for [`tell`](Self::tell).
    #[inline]
    pub fn ask<M: SentTo<A>>(&self, message: M) -> Result<Ask<M::Reply>, SendError<M>> {
        const {
            assert!(
                <M::Reply as crate::lang::DeviceValue>::SIZE <= MAX_PAYLOAD,
                "what a handler returns can have 180 bytes at most"
            );
        }
        if self.raw == 0 {
            return Err(self.nobody().with(message));
        }
        let (engine, write) = (&self.running.engine, |out: &mut [u8]| message.encode(out));
        let asked = match self.after {
            0 => engine.ask(self.raw, M::TAG, M::SIZE, write),
            step => engine.ask_after(step, self.raw, M::TAG, M::SIZE, write),
        };
        match asked {
            Ok(ticket) => Ok(Ask::new(Arc::clone(&self.running), ticket)),
            Err(reason) => Err(reason.with(message)),
        }
    }
}

impl<A> Clone for ActorRef<A> {
    fn clone(&self) -> Self {
        let (running, no_cell) = (Arc::clone(&self.running), self.no_cell.clone());
        Self { running, raw: self.raw, after: self.after, no_cell, actor: PhantomData }
    }
}

impl<A: Actor> fmt::Debug for ActorRef<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActorRef<{}>({:?})", A::NAME, self.addr())
    }
}
