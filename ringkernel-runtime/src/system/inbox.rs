//! What actors tell the host.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::{Running, park};
use crate::backend::{Engine, InboxId};
use crate::error::RecvError;
use crate::lang::{MAX_PAYLOAD, Message};

/// The messages of type `M` that actors tell the host. Messages of one actor come in the order it sent them.
pub struct Inbox<M> {
    running: Arc<Running>,
    id: InboxId,
    message: PhantomData<fn() -> M>,
}

impl<M: Message> Inbox<M> {
    pub(super) const fn new(running: Arc<Running>, id: InboxId) -> Self {
        Self { running, id, message: PhantomData }
    }

    fn poll(&self) -> Option<Result<M, RecvError>> {
        let mut bytes = [0; MAX_PAYLOAD];
        let bytes = &mut bytes[..M::SIZE];
        Some(match self.running.engine.poll_inbox(self.id, bytes)? {
            Ok(()) => match M::decode(bytes) {
                Ok(message) => Ok(message),
                Err(error) => {
                    tracing::error!(target: "ringkernel", %error, "a message to the host cannot be read, which is a bug of ringkernel");
                    return None;
                }
            },
            Err(error) => Err(error),
        })
    }

    /// Waits for the next message.
    ///
    /// # Errors
    /// [`RecvError::Stopped`] when no more can come.
    pub fn recv(&self) -> Result<M, RecvError> {
        let engine = &self.running.engine;
        park::wait(None, || self.poll(), |waker| engine.wake_on_message(self.id, waker))
            .unwrap_or(Err(RecvError::Stopped))
    }

    /// Waits for the next message for a limited time.
    ///
    /// # Errors
    /// [`RecvError::Timeout`] if none came, [`RecvError::Stopped`] when no more can come.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<M, RecvError> {
        let engine = &self.running.engine;
        park::wait(Some(timeout), || self.poll(), |waker| engine.wake_on_message(self.id, waker))
            .unwrap_or(Err(RecvError::Timeout(timeout)))
    }

    /// The next message, if there is one now.
    ///
    /// # Errors
    /// [`RecvError::Empty`] if there is none, [`RecvError::Stopped`] when no more can come.
    pub fn try_recv(&self) -> Result<M, RecvError> {
        self.poll().unwrap_or(Err(RecvError::Empty))
    }

    /// Receives until no more can come.
    pub const fn iter(&self) -> Iter<'_, M> {
        Iter { inbox: self }
    }

    /// Receives what is there now.
    pub const fn try_iter(&self) -> TryIter<'_, M> {
        TryIter { inbox: self }
    }
}

impl<M> fmt::Debug for Inbox<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Inbox<{}>", std::any::type_name::<M>())
    }
}

/// Receives until no more can come; made by [`Inbox::iter`].
#[derive(Debug)]
pub struct Iter<'a, M> {
    inbox: &'a Inbox<M>,
}

impl<M: Message> Iterator for Iter<'_, M> {
    type Item = M;
    fn next(&mut self) -> Option<M> {
        self.inbox.recv().ok()
    }
}

/// Receives what is there; made by [`Inbox::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, M> {
    inbox: &'a Inbox<M>,
}

impl<M: Message> Iterator for TryIter<'_, M> {
    type Item = M;
    fn next(&mut self) -> Option<M> {
        self.inbox.try_recv().ok()
    }
}

impl<'a, M: Message> IntoIterator for &'a Inbox<M> {
    type Item = M;
    type IntoIter = Iter<'a, M>;
    fn into_iter(self) -> Iter<'a, M> {
        self.iter()
    }
}
