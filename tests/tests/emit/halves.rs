//! `f16` and `bf16`

use ringkernel::prelude::*;
use ringkernel::{bf16, f16};

const HALF: f16 = f16::from_f32_const(0.5);

#[ring_fn]
fn halves(a: f16, b: bf16, c: f32) -> (f16, bf16, f32) {
    let mut sum = a * HALF + f16::from_f32(c);
    sum += -a;
    (sum, b / bf16::from_f32(c), sum.to_f32())
}

emits!(functions: halves);
