//! A question under way.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::{Running, park};
use crate::backend::{Engine, Ticket};
use crate::error::AskError;
use crate::lang::{DeviceValue, MAX_PAYLOAD};

/// A question under way: wait for its answer, or `.await` it in any executor. Dropped, nobody hears the answer.
#[must_use = "a question's answer is waited for with `.wait()` or `.await`"]
pub struct Ask<R> {
    running: Arc<Running>,
    /// `None` when the answer has been given.
    ticket: Option<Ticket>,
    reply: PhantomData<fn() -> R>,
}

impl<R: DeviceValue> Ask<R> {
    pub(super) const fn new(running: Arc<Running>, ticket: Ticket) -> Self {
        Self { running, ticket: Some(ticket), reply: PhantomData }
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// If there will be none: the handler failed, the actor is dead, it dropped the question, or the system stopped.
    pub fn wait(mut self) -> Result<R, AskError> {
        let Some(ticket) = self.ticket else { return Err(AskError::Dropped) };
        let engine = &self.running.engine;
        let answer = park::wait(None, || poll(engine, ticket), |waker| engine.wake_on_answer(ticket, waker));
        self.ticket = None;
        answer.unwrap_or(Err(AskError::Stopped))
    }

    /// Waits for the answer for a limited time; can be called again after a timeout.
    ///
    /// # Errors
    /// [`AskError::Timeout`] if there is none yet; otherwise as for [`wait`](Self::wait).
    pub fn wait_timeout(&mut self, timeout: Duration) -> Result<R, AskError> {
        let Some(ticket) = self.ticket else { return Err(AskError::Dropped) };
        let engine = &self.running.engine;
        match park::wait(Some(timeout), || poll(engine, ticket), |waker| engine.wake_on_answer(ticket, waker)) {
            Some(answer) => {
                self.ticket = None;
                answer
            }
            None => Err(AskError::Timeout(timeout)),
        }
    }

    /// The answer, if there is one now.
    pub fn try_wait(&mut self) -> Option<Result<R, AskError>> {
        let answer = poll(&self.running.engine, self.ticket?)?;
        self.ticket = None;
        Some(answer)
    }
}

fn poll<R: DeviceValue>(engine: &impl Engine, ticket: Ticket) -> Option<Result<R, AskError>> {
    let mut bytes = [0; MAX_PAYLOAD];
    let bytes = &mut bytes[..R::SIZE];
    let answer = engine.poll_answer(ticket, bytes)?;
    Some(answer.and_then(|()| R::decode(bytes).map_err(|error| AskError::Corrupt(error.to_string()))))
}

impl<R: DeviceValue> Future for Ask<R> {
    type Output = Result<R, AskError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(ticket) = self.ticket else { return Poll::Ready(Err(AskError::Dropped)) };
        let answer = poll(&self.running.engine, ticket).or_else(|| {
            self.running.engine.wake_on_answer(ticket, context.waker());
            poll(&self.running.engine, ticket)
        });
        match answer {
            Some(answer) => {
                self.ticket = None;
                Poll::Ready(answer)
            }
            None => Poll::Pending,
        }
    }
}

impl<R> Drop for Ask<R> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.running.engine.abandon(ticket);
        }
    }
}

impl<R> fmt::Debug for Ask<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").field("open", &self.ticket.is_some()).finish_non_exhaustive()
    }
}
