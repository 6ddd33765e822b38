//! Integers and `bool`.

use super::{Class, How, Row};
use crate::site::FailureKind::{Argument, Overflow};

macro_rules! pure {
    ($($name:literal $args:literal),* $(,)?) => {
        [$(Row { class: Class::Int, name: $name, args: $args, how: How::Pure(concat!("rk::", $name)) }),*]
    };
}

/// Results of another type than the receiver's, which the function is told.
macro_rules! typed {
    ($($name:literal $args:literal),* $(,)?) => {
        [$(Row { class: Class::Int, name: $name, args: $args, how: How::PureOf(concat!("rk::", $name)) }),*]
    };
}

macro_rules! overflow {
    ($($name:literal $args:literal $can:literal $call:literal $message:literal),* $(,)?) => {
        [$(Row {
            class: Class::Int,
            name: $name,
            args: $args,
            how: How::Overflow { can: $can, name: $call, message: $message },
        }),*]
    };
}

pub(super) const ROWS: &[Row] = {
    const PURE: [Row; 37] = pure![
        "wrapping_add" 1, "wrapping_sub" 1, "wrapping_mul" 1, "wrapping_neg" 0, "wrapping_shl" 1, "wrapping_shr" 1,
        "wrapping_pow" 1, "wrapping_abs" 0,
        "checked_add" 1, "checked_sub" 1, "checked_mul" 1, "checked_div" 1, "checked_rem" 1, "checked_neg" 0,
        "checked_shl" 1, "checked_shr" 1, "checked_pow" 1, "checked_abs" 0,
        "saturating_add" 1, "saturating_sub" 1, "saturating_mul" 1, "saturating_pow" 1,
        "count_ones" 0, "count_zeros" 0, "leading_zeros" 0, "trailing_zeros" 0, "leading_ones" 0, "trailing_ones" 0,
        "rotate_left" 1, "rotate_right" 1, "swap_bytes" 0, "reverse_bits" 0,
        "min" 1, "max" 1, "signum" 0, "is_power_of_two" 0, "midpoint" 1,
    ];
    const TYPED: [Row; 9] = typed![
        "overflowing_add" 1, "overflowing_sub" 1, "overflowing_mul" 1, "overflowing_neg" 0, "abs_diff" 1,
        "unsigned_abs" 0, "is_positive" 0, "is_negative" 0, "saturating_neg" 0,
    ];
    const CHECKED: [Row; 3] = overflow![
        "pow" 1 "rk::can_pow" "rk::wrapping_pow" "attempt to multiply with overflow",
        "abs" 0 "rk::can_neg" "rk::wrapping_abs" "attempt to negate with overflow",
        "next_power_of_two" 0 "rk::can_next_power_of_two" "rk::next_power_of_two" "attempt to add with overflow",
    ];
    const fn divide(name: &'static str, call: &'static str, remainder: bool) -> Row {
        Row { class: Class::Int, name, args: 1, how: How::Divide { name: call, remainder } }
    }
    const OTHER: [Row; 11] = [
        divide("rem_euclid", "rk::rem_euclid", true),
        divide("div_euclid", "rk::div_euclid", false),
        divide("div_ceil", "rk::div_ceil", false),
        Row {
            class: Class::Int,
            name: "clamp",
            args: 2,
            how: How::Always { can: "rk::can_clamp", name: "rk::clamp", kind: Argument, message: "min > max" },
        },
        Row {
            class: Class::Int,
            name: "isqrt",
            args: 0,
            how: How::Always {
                can: "rk::can_isqrt",
                name: "rk::isqrt",
                kind: Argument,
                message: "argument of integer square root cannot be negative",
            },
        },
        Row {
            class: Class::Int,
            name: "ilog2",
            args: 0,
            how: How::Always {
                can: "rk::can_ilog2",
                name: "rk::ilog2",
                kind: Overflow,
                message: "argument of integer logarithm must be positive",
            },
        },
        Row { class: Class::Int, name: "clone", args: 0, how: How::By(|lower, call, out| lower.same(call, out)) },
        Row { class: Class::Int, name: "eq", args: 1, how: How::Pure("rk::equal") },
        Row { class: Class::Bool, name: "clone", args: 0, how: How::By(|lower, call, out| lower.same(call, out)) },
        Row { class: Class::Bool, name: "then_some", args: 1, how: How::PureOf("rk::then_some") },
        Row { class: Class::Int, name: "into", args: 0, how: How::By(|lower, call, out| lower.number_into(call, out)) },
    ];
    const ALL: [Row; 37 + 9 + 3 + 11] = super::concat([&PURE, &TYPED, &CHECKED, &OTHER]);
    &ALL
};
