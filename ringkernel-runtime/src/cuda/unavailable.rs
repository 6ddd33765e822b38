//! Stands in for the CUDA backend until it is there: it can never be started.

use std::convert::Infallible;
use std::task::Waker;
use std::time::Duration;

use crate::backend::{Description, Engine, HostType, InboxId, Plan, Ticket};
use crate::error::{AskError, EndError, RecvError, StartError, Unsent};
use crate::failure::{DeadLetter, Failure};
use crate::stats::Stats;

/// A running system on a GPU.
pub(crate) struct CudaEngine(Infallible);

/// Starts a system on a GPU. Any error but [`StartError::CudaUnavailable`] is final; with that one, no closure of the
/// plan has been called.
pub(crate) fn start(_plan: &mut Plan) -> Result<CudaEngine, StartError> {
    Err(StartError::CudaUnavailable("this build has no CUDA backend yet".to_owned()))
}

impl Engine for CudaEngine {
    fn description(&self) -> &Description {
        match self.0 {}
    }
    fn tell(&self, _: u64, _: u32, _: usize, _: impl FnOnce(&mut [u8])) -> Result<(), Unsent> {
        match self.0 {}
    }
    fn ask(&self, _: u64, _: u32, _: usize, _: impl FnOnce(&mut [u8])) -> Result<Ticket, Unsent> {
        match self.0 {}
    }
    fn poll_answer(&self, _: Ticket, _: &mut [u8]) -> Option<Result<(), AskError>> {
        match self.0 {}
    }
    fn wake_on_answer(&self, _: Ticket, _: &Waker) {
        match self.0 {}
    }
    fn abandon(&self, _: Ticket) {
        match self.0 {}
    }
    fn inbox(&self, _: HostType) -> InboxId {
        match self.0 {}
    }
    fn poll_inbox(&self, _: InboxId, _: &mut [u8]) -> Option<Result<(), RecvError>> {
        match self.0 {}
    }
    fn wake_on_message(&self, _: InboxId, _: &Waker) {
        match self.0 {}
    }
    fn stats(&self) -> Stats {
        match self.0 {}
    }
    fn take_failures(&self) -> Vec<Failure> {
        match self.0 {}
    }
    fn take_dead_letters(&self) -> Vec<DeadLetter> {
        match self.0 {}
    }
    fn stop(&self) {
        match self.0 {}
    }
    fn wait_end(&self, _: Option<Duration>) -> Option<Result<(), EndError>> {
        match self.0 {}
    }
    fn busy(&self) -> String {
        match self.0 {}
    }
}
