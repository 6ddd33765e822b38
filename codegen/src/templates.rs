//! The device code written by hand, embedded for NVRTC's in-memory headers.

use crate::abi;
use std::sync::OnceLock;

macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/", $name)))),*]
    };
}

const EMBEDDED: &[(&str, &str)] = embedded![
    "types.cuh",
    "arith.cuh",
    "half.cuh",
    "math.cuh",
    "memory.cuh",
    "status.cuh",
    "atomics.cuh",
    "queue.cuh",
    "message.cuh",
    "mailbox.cuh",
    "context.cuh",
    "control.cuh",
    "forward.cuh",
    "ingress.cuh",
    "worker.cuh",
    "ringkernel.cuh",
];

/// Those that only kernels of grids include.
const OF_GRIDS: &[(&str, &str)] = embedded![
    "cells.cuh",
    "tile.cuh",
    "groups.cuh",
    "once.cuh",
    "pack.cuh",
    "field.cuh",
    "exchange.cuh",
    "resident.cuh",
    "operations.cuh",
    "reduce.cuh",
    "tell.cuh",
    "neighbours.cuh",
    "grid_control.cuh",
    "mail.cuh",
    "grid.cuh",
];

/// Whether only kernels of grids include a header.
pub(crate) fn is_of_grids(name: &str) -> bool {
    OF_GRIDS.iter().any(|(of_grids, _)| *of_grids == name)
}

/// All headers by the name they are included under; `abi.cuh` is generated from the structures of [`abi`].
#[must_use]
pub fn headers() -> &'static [(&'static str, &'static str)] {
    static ALL: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all = [EMBEDDED, OF_GRIDS].concat();
        all.push(("abi.cuh", abi::header()));
        all
    })
}
