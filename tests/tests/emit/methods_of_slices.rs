//! methods of arrays and slices

use ringkernel::prelude::*;

#[ring_fn]
fn looked_at(all: &[u32], at: usize) -> (usize, bool, Option<u32>, bool) {
    (all.len(), all.is_empty(), all.first().copied(), all.contains(&7) || all.get(at).is_some())
}

#[ring_fn]
fn changed(all: &mut [u32], from: &[u32]) {
    all.reverse();
    all.swap(0, 1);
    all.copy_from_slice(from);
    all[1..].fill(3);
    if let Some(last) = all.last_mut() {
        *last = 5;
    }
}

emits!(functions: looked_at, changed);
