//! `powi`

use ringkernel::prelude::*;

#[ring_fn]
fn power(a: f64, n: i32) -> f64 {
    a.powi(n)
}

emits!(functions: power);
