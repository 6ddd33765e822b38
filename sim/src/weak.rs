//! Mode `weak`: store buffers that drain out of order, and loads that may be stale.

use crate::access::Access;
use crate::memory::{By, Memory, Space};

/// Buffers and history.
#[derive(Default)]
pub(crate) struct Weak {}

impl Weak {
    pub(crate) fn access(
        &mut self,
        memory: &mut Memory,
        _by: By,
        _space: Space,
        access: Access,
        address: u64,
        first: u128,
        second: u128,
    ) -> u128 {
        memory.direct(access, address, first, second)
    }
}
