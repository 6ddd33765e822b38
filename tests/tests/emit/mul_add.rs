//! `mul_add`

use ringkernel::prelude::*;

#[ring_fn]
fn step(x: f32, v: f32, dt: f32) -> f32 {
    v.mul_add(dt, x)
}

emits!(functions: step);
