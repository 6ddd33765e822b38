//! Integers: arithmetic, shifts, comparisons, casts and methods, for every width.

use crate::case::{Case, case};
use ringkernel::prelude::*;

/// The same functions for each type. Macros must name the attribute's item as plain tokens.
macro_rules! arithmetic {
    ($($module:ident $ty:ident;)*) => {$(
        pub(crate) mod $module {
            use super::*;
            #[ring_fn]
            fn add(a: $ty, b: $ty) -> $ty {
                a + b
            }
            #[ring_fn]
            fn sub(a: $ty, b: $ty) -> $ty {
                a - b
            }
            #[ring_fn]
            fn mul(a: $ty, b: $ty) -> $ty {
                a * b
            }
            #[ring_fn]
            fn div(a: $ty, b: $ty) -> $ty {
                a / b
            }
            #[ring_fn]
            fn rem(a: $ty, b: $ty) -> $ty {
                a % b
            }
            #[ring_fn]
            fn bits(a: $ty, b: $ty, c: $ty) -> $ty {
                (a & b) | (a ^ !c)
            }
            #[ring_fn]
            fn shl(a: $ty, n: u32) -> $ty {
                a << n
            }
            #[ring_fn]
            fn shr(a: $ty, n: i8) -> $ty {
                a >> n
            }
            #[ring_fn]
            fn constant_shift(a: $ty) -> $ty {
                (a << 3) ^ (a >> 2)
            }
            #[ring_fn]
            fn compare(a: $ty, b: $ty) -> u8 {
                (a < b) as u8 | ((a <= b) as u8) << 1 | ((a > b) as u8) << 2 | ((a >= b) as u8) << 3 | ((a == b) as u8) << 4
            }
            #[ring_fn]
            fn compound(a: $ty, b: $ty, c: $ty) -> $ty {
                let mut x = a;
                x += b;
                x ^= c;
                x -= b;
                x |= 5;
                x *= 3;
                x &= c;
                x %= 7;
                x <<= 2;
                x >>= 1u8;
                x
            }
            #[ring_fn]
            fn wrapping(a: $ty, b: $ty, n: u32) -> ($ty, $ty, $ty, $ty, $ty) {
                (a.wrapping_add(b), a.wrapping_sub(b), a.wrapping_mul(b), a.wrapping_shl(n), a.wrapping_pow(n % 70).wrapping_shr(n))
            }
            #[ring_fn]
            fn checked(a: $ty, b: $ty) -> (Option<$ty>, Option<$ty>, Option<$ty>, Option<$ty>, Option<$ty>) {
                (a.checked_add(b), a.checked_sub(b), a.checked_mul(b), a.checked_div(b), a.checked_rem(b))
            }
            #[ring_fn]
            fn checked_more(a: $ty, n: u32) -> (Option<$ty>, Option<$ty>, Option<$ty>, Option<$ty>) {
                (a.checked_pow(n % 40), a.checked_shl(n), a.checked_shr(n), a.checked_neg())
            }
            #[ring_fn]
            fn saturating(a: $ty, b: $ty, n: u32) -> ($ty, $ty, $ty, $ty) {
                (a.saturating_add(b), a.saturating_sub(b), a.saturating_mul(b), a.saturating_pow(n % 40))
            }
            #[ring_fn]
            fn overflowing(a: $ty, b: $ty) -> (($ty, bool), ($ty, bool), ($ty, bool), ($ty, bool)) {
                (a.overflowing_add(b), a.overflowing_sub(b), a.overflowing_mul(b), a.overflowing_neg())
            }
            #[ring_fn]
            fn counts(a: $ty) -> [u32; 6] {
                [a.count_ones(), a.count_zeros(), a.leading_zeros(), a.trailing_zeros(), a.leading_ones(), a.trailing_ones()]
            }
            #[ring_fn]
            fn permute(a: $ty, n: u32) -> ($ty, $ty, $ty, $ty) {
                (a.rotate_left(n), a.rotate_right(n), a.swap_bytes(), a.reverse_bits())
            }
            #[ring_fn]
            fn pow(a: $ty, n: u32) -> $ty {
                a.pow(n % 20)
            }
            #[ring_fn]
            fn order(a: $ty, b: $ty) -> ($ty, $ty) {
                (a.min(b), a.max(b))
            }
            #[ring_fn]
            fn clamp(a: $ty, low: $ty, high: $ty) -> $ty {
                a.clamp(low, high)
            }
            #[ring_fn]
            fn euclid(a: $ty, b: $ty) -> ($ty, $ty) {
                (a.div_euclid(b), a.rem_euclid(b))
            }
            #[ring_fn]
            fn isqrt(a: $ty) -> $ty {
                a.isqrt()
            }
            #[ring_fn]
            fn ilog2(a: $ty) -> u32 {
                a.ilog2()
            }
            #[ring_fn]
            fn limits(a: $ty) -> $ty {
                if a == $ty::MAX { $ty::MIN } else { ($ty::BITS as $ty) ^ a }
            }
            #[ring_fn]
            fn to_others(a: $ty) -> ((u8, u16, u32, u64, u128), (i8, i16, i32, i64, i128), (usize, isize)) {
                (
                    (a as u8, a as u16, a as u32, a as u64, a as u128),
                    (a as i8, a as i16, a as i32, a as i64, a as i128),
                    (a as usize, a as isize),
                )
            }
            #[ring_fn]
            fn to_floats(a: $ty) -> (f32, f64) {
                (a as f32, a as f64)
            }
            #[ring_fn]
            fn from_floats(a: f32, b: f64) -> ($ty, $ty) {
                (a as $ty, b as $ty)
            }

            pub(crate) fn cases() -> Vec<Case> {
                vec![
                    case!("integer arithmetic", add($ty, $ty)),
                    case!("integer arithmetic", sub($ty, $ty)),
                    case!("integer arithmetic", mul($ty, $ty)),
                    case!("integer division", div($ty, $ty)),
                    case!("integer division", rem($ty, $ty)),
                    case!("bit operators", bits($ty, $ty, $ty)),
                    case!("shifts", shl($ty, u32)),
                    case!("shifts", shr($ty, i8)),
                    case!("shifts", constant_shift($ty)),
                    case!("comparisons", compare($ty, $ty)),
                    case!("compound assignment", compound($ty, $ty, $ty)),
                    case!("wrapping_, checked_, saturating_, overflowing_", wrapping($ty, $ty, u32)),
                    case!("wrapping_, checked_, saturating_, overflowing_", checked($ty, $ty)),
                    case!("wrapping_, checked_, saturating_, overflowing_", checked_more($ty, u32)),
                    case!("wrapping_, checked_, saturating_, overflowing_", saturating($ty, $ty, u32)),
                    case!("wrapping_, checked_, saturating_, overflowing_", overflowing($ty, $ty)),
                    case!("bit methods of integers", counts($ty)),
                    case!("bit methods of integers", permute($ty, u32)),
                    case!("methods of integers", pow($ty, u32)),
                    case!("methods of integers", order($ty, $ty)),
                    case!("methods of integers", clamp($ty, $ty, $ty)),
                    case!("methods of integers", euclid($ty, $ty)),
                    case!("methods of integers", isqrt($ty)),
                    case!("methods of integers", ilog2($ty)),
                    case!("constants", limits($ty)),
                    case!("`as` between numbers", to_others($ty)),
                    case!("`as` between numbers", to_floats($ty)),
                    case!("`as` between numbers", from_floats(f32, f64)),
                ]
            }
        }
    )*};
}

arithmetic! {
    of_u8 u8; of_u16 u16; of_u32 u32; of_u64 u64; of_u128 u128; of_usize usize;
    of_i8 i8; of_i16 i16; of_i32 i32; of_i64 i64; of_i128 i128; of_isize isize;
}

macro_rules! signed {
    ($($module:ident $ty:ident;)*) => {$(
        pub(crate) mod $module {
            use super::*;
            #[ring_fn]
            fn negate(a: $ty) -> $ty {
                -a
            }
            #[ring_fn]
            fn abs(a: $ty) -> $ty {
                a.abs()
            }
            #[ring_fn]
            fn signs(a: $ty) -> ($ty, bool, bool, $ty, $ty) {
                (a.signum(), a.is_positive(), a.is_negative(), a.wrapping_abs(), a.saturating_neg())
            }
            pub(crate) fn cases() -> Vec<Case> {
                vec![
                    case!("integer arithmetic", negate($ty)),
                    case!("methods of integers", abs($ty)),
                    case!("methods of integers", signs($ty)),
                ]
            }
        }
    )*};
}
signed! { neg_i8 i8; neg_i16 i16; neg_i32 i32; neg_i64 i64; neg_i128 i128; neg_isize isize; }

macro_rules! unsigned {
    ($($module:ident $ty:ident;)*) => {$(
        pub(crate) mod $module {
            use super::*;
            #[ring_fn]
            fn powers(a: $ty) -> bool {
                a.is_power_of_two()
            }
            #[ring_fn]
            fn next_power(a: $ty) -> $ty {
                a.next_power_of_two()
            }
            #[ring_fn]
            fn quotient(a: $ty, b: $ty) -> ($ty, $ty) {
                (a.midpoint(b), a.div_ceil(b))
            }
            #[ring_fn]
            fn difference(a: $ty, b: $ty) -> $ty {
                a.abs_diff(b)
            }
            pub(crate) fn cases() -> Vec<Case> {
                vec![
                    case!("methods of integers", powers($ty)),
                    case!("methods of integers", next_power($ty)),
                    case!("methods of integers", difference($ty, $ty)),
                    case!("methods of integers", quotient($ty, $ty)),
                ]
            }
        }
    )*};
}
unsigned! { pow_u8 u8; pow_u16 u16; pow_u32 u32; pow_u64 u64; pow_u128 u128; pow_usize usize; }

#[ring_fn]
fn widen(a: u8, b: i16, c: bool) -> (u64, i32, u32, f64) {
    (u64::from(a), i32::from(b), u32::from(c), f64::from(b))
}

#[ring_fn]
fn difference_of_signed(a: i32, b: i32) -> (u32, u32) {
    (a.abs_diff(b), a.unsigned_abs())
}

#[ring_fn]
fn rarer_methods(a: i32, b: i32, c: bool) -> (Option<i32>, Option<i32>, bool, i64) {
    (a.checked_abs(), c.then_some(a), a.eq(&b), a.into())
}

#[ring_fn]
fn literals(a: i64) -> (i128, u128, i64, i32, i8, u64) {
    (
        -170_141_183_460_469_231_731_687_303_715_884_105_728,
        0xffff_0000_ffff_0000_1234_5678_9abc_def0,
        a ^ -9_223_372_036_854_775_808,
        -2_147_483_648,
        -128,
        0b1010 + 0o17 + u64::from(b'x'),
    )
}

pub(crate) fn cases() -> Vec<Case> {
    let mut all = vec![
        case!("lossless `from`", widen(u8, i16, bool)),
        case!("methods of integers", difference_of_signed(i32, i32)),
        case!("methods of integers", rarer_methods(i32, i32, bool)),
        case!("literals", literals(i64)),
    ];
    for more in [
        of_u8::cases(),
        of_u16::cases(),
        of_u32::cases(),
        of_u64::cases(),
        of_u128::cases(),
        of_usize::cases(),
        of_i8::cases(),
        of_i16::cases(),
        of_i32::cases(),
        of_i64::cases(),
        of_i128::cases(),
        of_isize::cases(),
        neg_i8::cases(),
        neg_i16::cases(),
        neg_i32::cases(),
        neg_i64::cases(),
        neg_i128::cases(),
        neg_isize::cases(),
        pow_u8::cases(),
        pow_u16::cases(),
        pow_u32::cases(),
        pow_u64::cases(),
        pow_u128::cases(),
        pow_usize::cases(),
    ] {
        all.extend(more);
    }
    all
}
