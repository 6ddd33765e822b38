//! Floats. What other functions than those of IEEE 754 give is the platform's own; here both sides call the same one.

use crate::case::{Case, case};
use ringkernel::prelude::*;

macro_rules! floats {
    ($($module:ident $ty:ident $bits:ident;)*) => {$(
        pub(crate) mod $module {
            use super::*;
            #[ring_fn]
            fn arithmetic(a: $ty, b: $ty) -> ($ty, $ty, $ty, $ty, $ty) {
                (a + b, a - b, a * b, a / b, a % b)
            }
            #[ring_fn]
            fn no_contraction(a: $ty, b: $ty, c: $ty) -> $ty {
                -a * b + c * a - b
            }
            #[ring_fn]
            fn fused(a: $ty, b: $ty, c: $ty) -> $ty {
                a.mul_add(b, c)
            }
            #[ring_fn]
            fn compound(a: $ty, b: $ty) -> $ty {
                let mut x = a;
                x += b;
                x *= 1.1;
                x -= 1e-7;
                x /= b;
                x %= 3.5;
                x
            }
            #[ring_fn]
            fn compare(a: $ty, b: $ty) -> (bool, bool, bool, bool, bool, bool) {
                (a < b, a <= b, a > b, a >= b, a == b, a != b)
            }
            #[ring_fn]
            fn rounding(a: $ty) -> ($ty, $ty, $ty, $ty, $ty) {
                (a.floor(), a.ceil(), a.round(), a.trunc(), a.round_ties_even())
            }
            #[ring_fn]
            fn parts(a: $ty, b: $ty) -> ($ty, $ty, $ty, $ty, $ty) {
                (a.abs(), a.fract(), a.signum(), a.copysign(b), a.recip())
            }
            #[ring_fn]
            fn classes(a: $ty) -> (bool, bool, bool, bool, bool) {
                (a.is_nan(), a.is_finite(), a.is_infinite(), a.is_sign_negative(), a.is_sign_positive())
            }
            #[ring_fn]
            fn min_max(a: $ty, b: $ty) -> ($ty, $ty) {
                // Which of two zeros wins is not promised.
                if a == b { (a + b, a + b) } else { (a.min(b), a.max(b)) }
            }
            #[ring_fn]
            fn clamp(a: $ty, low: $ty, high: $ty) -> $ty {
                a.clamp(low, high)
            }
            #[ring_fn]
            fn euclid(a: $ty, b: $ty) -> ($ty, $ty) {
                (a.rem_euclid(b), a.div_euclid(b))
            }
            #[ring_fn]
            fn roots(a: $ty) -> $ty {
                a.sqrt()
            }
            #[ring_fn]
            fn angles(a: $ty) -> ($ty, $ty) {
                (a.to_radians(), a.to_degrees())
            }
            #[ring_fn]
            fn to_bits(a: $ty) -> $bits {
                if a.is_nan() { 0 } else { a.to_bits() }
            }
            #[ring_fn]
            fn from_bits(a: $bits) -> $ty {
                $ty::from_bits(a)
            }
            #[ring_fn]
            fn powers(a: $ty, n: i32) -> $ty {
                a.powi(n % 16)
            }
            #[ring_fn]
            fn literals(a: $ty) -> ($ty, $ty, $ty, $ty, $ty) {
                (a + 0.1, 1e30, 3.141_592_653_589_793, -0.0, 123_456_789.0)
            }
            #[ring_fn]
            fn library(a: $ty) -> ([$ty; 8], [$ty; 8]) {
                (
                    [a.sin(), a.cos(), a.tan(), a.asin(), a.acos(), a.atan(), a.tanh(), a.cbrt()],
                    [a.exp(), a.exp2(), a.ln(), a.log2(), a.log10(), a.exp_m1(), a.ln_1p(), a.sinh()],
                )
            }
            #[ring_fn]
            fn hyperbolic(a: $ty) -> $ty {
                a.cosh()
            }
            #[ring_fn]
            fn library_of_two(a: $ty, b: $ty) -> ($ty, $ty, $ty) {
                (a.atan2(b), a.powf(b), a.hypot(b))
            }
            pub(crate) fn cases() -> Vec<Case> {
                vec![
                    case!("float arithmetic", arithmetic($ty, $ty)),
                    case!("float arithmetic", no_contraction($ty, $ty, $ty)),
                    case!("float arithmetic", literals($ty)),
                    case!("`mul_add`", fused($ty, $ty, $ty)),
                    case!("compound assignment", compound($ty, $ty)),
                    case!("comparisons", compare($ty, $ty)),
                    case!("rounding and parts of floats", rounding($ty)),
                    case!("rounding and parts of floats", parts($ty, $ty)),
                    case!("rounding and parts of floats", classes($ty)),
                    case!("rounding and parts of floats", min_max($ty, $ty)),
                    case!("rounding and parts of floats", clamp($ty, $ty, $ty)),
                    case!("rounding and parts of floats", euclid($ty, $ty)),
                    case!("rounding and parts of floats", angles($ty)),
                    case!("rounding and parts of floats", to_bits($ty)),
                    case!("rounding and parts of floats", from_bits($bits)),
                    case!("`sqrt`", roots($ty)),
                    case!("`powi`", powers($ty, i32)),
                    case!("transcendental functions", library($ty), 4 ulps),
                    case!("transcendental functions", hyperbolic($ty), 4 ulps),
                    case!("transcendental functions", library_of_two($ty, $ty), 4 ulps),
                ]
            }
        }
    )*};
}
floats! { of_f32 f32 u32; of_f64 f64 u64; }

#[ring_fn]
fn widths(a: f32, b: f64) -> (f64, f32) {
    (a as f64, b as f32)
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = vec![case!("`as` between numbers", widths(f32, f64))];
    all.extend(of_f32::cases());
    all.extend(of_f64::cases());
    all
}
