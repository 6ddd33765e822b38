//! float arithmetic
//!
//! Contraction, only where it is asked for.

use ringkernel::prelude::*;

#[ring_fn]
fn exact(x: f32, v: f32, dt: f32) -> f32 {
    x + v * dt - x * x
}

#[ring_fn(fma)]
fn fast(x: f32, v: f32, dt: f32) -> f32 {
    x + v * dt - x * x
}

emits!(functions: exact, fast);
