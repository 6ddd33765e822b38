//! Stands in for the CUDA backend until it is there: it can never be started.

use std::convert::Infallible;
use std::task::Waker;
use std::time::Duration;

use crate::backend::{Description, Engine, GridPlan, HostType, InboxId, Plan, Ticket};
use crate::error::{AskError, EndError, GridError, RecvError, StartError, Unsent};
use crate::failure::{DeadLetter, Failure};
use crate::lang::{Grid, Kept};
use crate::stats::Stats;

/// A running system on a GPU.
pub(crate) struct CudaEngine(Infallible);

/// A running grid on a GPU.
pub(crate) type CudaGrid = CudaEngine;

/// Starts a system on a GPU. Any error but [`StartError::CudaUnavailable`] is final; with that one, no closure of the
/// plan has been called.
pub(crate) fn start(_plan: &mut Plan) -> Result<CudaEngine, StartError> {
    Err(StartError::CudaUnavailable("this build has no CUDA backend yet".to_owned()))
}

/// As [`start`], for a grid.
pub(crate) fn start_grid<A: Grid>(_: &GridPlan<A>) -> Result<CudaGrid, StartError> {
    Err(StartError::CudaUnavailable("this build has no CUDA backend".to_owned()))
}

/// How long to wait for what takes a device at most `usual`.
pub(crate) fn patience(usual: Duration) -> Duration {
    usual
}

/// What the typed API asks of a grid.
impl CudaEngine {
    pub(crate) fn keep<A: Grid>(&mut self, _: A) {
        match self.0 {}
    }
    pub(crate) fn first(&self) -> &(dyn std::any::Any + Send + Sync) {
        match self.0 {}
    }
    pub(crate) fn extents(&self) -> &[u32] {
        match self.0 {}
    }
    pub(crate) fn tiles(&self) -> u32 {
        match self.0 {}
    }
    pub(crate) fn tile_of(&self, _: &[u32]) -> Option<u32> {
        match self.0 {}
    }
    pub(crate) fn current_step(&self) -> u64 {
        match self.0 {}
    }
    pub(crate) fn step(&self, _: u64) -> Result<u64, GridError> {
        match self.0 {}
    }
    pub(crate) fn run(&self, _: u64) -> Result<u64, GridError> {
        match self.0 {}
    }
    pub(crate) fn hold(&self) -> Result<u64, GridError> {
        match self.0 {}
    }
    pub(crate) fn while_open<T>(&self, _: impl FnOnce() -> T) -> T {
        match self.0 {}
    }
    pub(crate) fn kept<T>(&self, _: impl FnOnce(Kept<'_>) -> T) -> Result<T, GridError> {
        match self.0 {}
    }
    pub(crate) fn read_box(
        &self,
        _: impl FnOnce(Kept<'_>) -> Option<u32>,
        _: (&[u32], &[u32]),
        _: usize,
    ) -> Result<Option<Vec<u8>>, GridError> {
        match self.0 {}
    }
    pub(crate) fn write_box(
        &self,
        _: impl FnOnce(Kept<'_>) -> Option<u32>,
        _: (&[u32], &[u32]),
        _: usize,
        _: &[u8],
    ) -> Result<Option<()>, GridError> {
        match self.0 {}
    }
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
