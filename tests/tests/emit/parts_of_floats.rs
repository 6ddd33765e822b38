//! rounding and parts of floats

use ringkernel::prelude::*;

#[ring_fn]
fn values(a: f32, b: f32) -> [f32; 8] {
    [
        a.abs(),
        a.signum(),
        a.copysign(b),
        a.recip(),
        a.min(b).max(0.0),
        a.clamp(-1.0, 1.0),
        a.rem_euclid(b),
        a.to_radians(),
    ]
}

#[ring_fn]
fn questions(a: f64) -> (bool, bool, bool) {
    (a.is_nan(), a.is_finite(), a.is_sign_negative())
}

#[ring_fn]
fn bits(a: f32) -> f32 {
    f32::from_bits(a.to_bits() ^ 1)
}

emits!(functions: values, questions, bits);
