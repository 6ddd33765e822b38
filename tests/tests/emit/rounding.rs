//! rounding and parts of floats

use ringkernel::prelude::*;

#[ring_fn]
fn rounded(a: f32) -> [f32; 6] {
    [a.floor(), a.ceil(), a.round(), a.round_ties_even(), a.trunc(), a.fract()]
}

emits!(functions: rounded);
