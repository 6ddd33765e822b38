//! Mode `race`: who may see whose writes, by vector clocks.

use crate::access::Access;
use crate::memory::{By, Discipline, Space};

/// Clocks of threads and places.
#[derive(Default)]
pub(crate) struct Race {
    /// The other fiber of a race that was found.
    pub(crate) other: Option<u32>,
}

impl Race {
    pub(crate) fn access(
        &mut self,
        _by: By,
        _space: Space,
        _discipline: Discipline,
        _access: Access,
        _offset: u64,
    ) -> Result<(), String> {
        Ok(())
    }
}
