//! float arithmetic

use ringkernel::prelude::*;

#[ring_fn]
fn single(a: f32, b: f32) -> f32 {
    -a * b + 1.5 / b
}

#[ring_fn]
fn modulo(a: f64, b: f64) -> f64 {
    a % b - f64::INFINITY
}

emits!(functions: single, modulo);
