//! What the builder can be told besides the actors.

use crate::error::StartError;

/// The backend to run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Backend {
    /// CUDA if there is a device, a driver and NVRTC, else the CPU; the log says which and why.
    #[default]
    Auto,
    /// Worker threads.
    Cpu,
    /// An NVIDIA GPU; if it cannot be used, starting fails.
    Cuda,
}

/// What the builder was told besides the actors, with the defaults filled in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) backend: Backend,
    /// Messages that wait in a mailbox before what follows takes spare cells.
    pub(crate) mailbox_depth: u32,
    /// Spare cells of the whole system.
    pub(crate) spare_cells: u32,
    /// The host's undelivered messages; `None` for what suits the backend.
    pub(crate) host_window: Option<u32>,
    /// Messages that wait in an inbox of the host.
    pub(crate) inbox_depth: u32,
    /// Multiprocessors of a GPU that it may fill; `None` for all that are free.
    pub(crate) multiprocessors: Option<u32>,
    /// Worker threads of the CPU backend; `None` for as many as there are processors.
    pub(crate) workers: Option<u32>,
    /// How a grid's domain is cut on a GPU is measured there.
    pub(crate) autotune: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            backend: Backend::Auto,
            mailbox_depth: 16,
            spare_cells: 1 << 20,
            host_window: None,
            inbox_depth: 1 << 15,
            multiprocessors: None,
            workers: None,
            autotune: false,
        }
    }
}

impl Options {
    pub(crate) fn check(&self) -> Result<(), StartError> {
        let bad = |option, value: u32, allowed| Err(StartError::BadOption { option, value: u64::from(value), allowed });
        if !(1..=1 << 12).contains(&self.mailbox_depth) || !self.mailbox_depth.is_power_of_two() {
            return bad("mailbox_depth", self.mailbox_depth, "it must be a power of two from 1 to 4096");
        }
        if self.spare_cells > 1 << 30 {
            return bad("spare_cells", self.spare_cells, "it must be at most 1,073,741,824");
        }
        if self.host_window == Some(0) {
            return bad("host_window", 0, "it must be at least 1");
        }
        if !(1..=1 << 15).contains(&self.inbox_depth) {
            return bad("inbox_depth", self.inbox_depth, "it must be from 1 to 32768");
        }
        if self.multiprocessors == Some(0) {
            return bad("multiprocessors", 0, "it must be at least 1");
        }
        if let Some(workers) = self.workers
            && !(1..=1024).contains(&workers)
        {
            return bad("workers", workers, "it must be from 1 to 1024");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_spare_cells_than_a_backend_can_number_are_refused() {
        let with = |spare_cells| Options { spare_cells, ..Options::default() }.check();
        assert!(with(0).is_ok() && with(1 << 30).is_ok());
        assert!(matches!(with(u32::MAX), Err(StartError::BadOption { option: "spare_cells", .. })));
    }
}
