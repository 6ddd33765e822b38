//! transcendental functions

use ringkernel::prelude::*;

#[ring_fn]
fn angles(a: f32, b: f32) -> [f32; 10] {
    [a.sin(), a.cos(), a.tan(), a.asin(), a.acos(), a.atan(), a.atan2(b), a.sinh(), a.cosh(), a.tanh()]
}

#[ring_fn]
fn powers(a: f64, b: f64) -> [f64; 10] {
    [a.exp(), a.exp2(), a.exp_m1(), a.ln(), a.ln_1p(), a.log2(), a.log10(), a.powf(b), a.hypot(b), a.cbrt()]
}

emits!(functions: angles, powers);
