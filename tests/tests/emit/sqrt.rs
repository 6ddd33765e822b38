//! `sqrt`

use ringkernel::prelude::*;

#[ring_fn]
fn length(x: f32, y: f64) -> (f32, f64) {
    (x.sqrt(), y.sqrt())
}

emits!(functions: length);
