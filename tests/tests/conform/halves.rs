//! 16-bit floats.

use crate::case::{Case, case};
use ringkernel::prelude::DeviceType;
use ringkernel::{bf16, f16, ring_fn};
use std::cmp::Ordering;

#[derive(DeviceType, Clone, Copy, PartialEq, PartialOrd, Debug)]
struct Sample {
    at: u8,
    value: f16,
    weight: bf16,
}

const WEIGHTS: [bf16; 5] =
    [bf16::ZERO, bf16::from_f32_const(-1.5), bf16::INFINITY, bf16::MIN_POSITIVE_SUBNORMAL, bf16::MAX];

#[ring_fn]
fn binary16(a: f16, b: f16) -> ([f16; 6], [bool; 6], Option<Ordering>) {
    let mut sum = a + b;
    sum -= a / b;
    sum *= f16::ONE;
    ([a + b, a - b, a * b, a / b, -a % b, sum], [a == b, a != b, a < b, a <= b, a > b, a >= b], a.partial_cmp(&b))
}

#[ring_fn]
fn bfloat16(a: bf16, b: bf16) -> ([bf16; 6], [bool; 6], Option<Ordering>) {
    let mut sum = a + b;
    sum -= a / b;
    sum *= bf16::ONE;
    ([a + b, a - b, a * b, a / b, -a % b, sum], [a == b, a != b, a < b, a <= b, a > b, a >= b], a.partial_cmp(&b))
}

#[ring_fn]
fn conversions(a: f32, b: f16, c: bf16, d: u8, e: i8) -> ([f16; 4], [bf16; 4], [f32; 4], [f64; 2], [u16; 2]) {
    (
        [f16::from_f32(a), f16::from(d), f16::from(e), f16::from_bits(c.to_bits())],
        [bf16::from_f32(a), bf16::from(d), bf16::from(e), bf16::from_f32(b.to_f32())],
        [b.to_f32(), c.to_f32(), f32::from(b), c.into()],
        [b.to_f64(), f64::from(c)],
        [b.to_bits(), c.to_bits()],
    )
}

#[ring_fn]
fn looked_at(a: f16, b: bf16, c: f16) -> ([bool; 6], f16, f16, bf16) {
    (
        [a.is_nan(), b.is_nan(), a.is_finite(), b.is_infinite(), a.is_sign_negative(), b.is_sign_positive()],
        a.max(c),
        a.min(c),
        b.max(bf16::ONE),
    )
}

#[ring_fn]
fn stored(at: u8, a: f16, b: bf16, c: f16) -> (Sample, bool, bool, bf16, Option<f16>) {
    let one = Sample { at, value: a, weight: b };
    let two = Sample { value: c, ..one };
    let heavier = if one < two { Some(c) } else { None };
    (two, one == two, one <= two, WEIGHTS[usize::from(at % 5)], heavier)
}

/// Sums of many small steps show each rounding.
#[ring_fn]
fn rounded(step: f16, small: bf16) -> (f16, bf16) {
    let (mut sum, mut total) = (f16::from_f32(1.0), bf16::ONE);
    for _ in 0..40 {
        sum = sum * f16::from_f32(1.01) + step;
        total += small;
    }
    (sum, total)
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("`f16` and `bf16`", binary16(f16, f16)),
        case!("`f16` and `bf16`", bfloat16(bf16, bf16)),
        case!("`f16` and `bf16`", conversions(f32, f16, bf16, u8, i8)),
        case!("`f16` and `bf16`", looked_at(f16, bf16, f16)),
        case!("`f16` and `bf16`", stored(u8, f16, bf16, f16)),
        case!("`f16` and `bf16`", rounded(f16, bf16)),
    ]
}
