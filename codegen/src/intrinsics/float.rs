//! Floats. Which functions agree with the CPU bit for bit is said in docs/language.md.

use super::{Class, How, Row};
use crate::site::FailureKind::Argument;

macro_rules! pure {
    ($($name:literal $args:literal),* $(,)?) => {
        &[
            $(Row { class: Class::Float, name: $name, args: $args, how: How::Pure(concat!("rk::", $name)) },)*
            Row { class: Class::Float, name: "to_bits", args: 0, how: How::PureOf("rk::to_bits") },
            Row {
                class: Class::Float,
                name: "clamp",
                args: 2,
                how: How::Always {
                    can: "rk::can_clamp",
                    name: "rk::clamp",
                    kind: Argument,
                    message: "min > max, or either was NaN",
                },
            },
            Row { class: Class::Float, name: "clone", args: 0, how: How::By(|lower, call, out| lower.same(call, out)) },
            Row { class: Class::Float, name: "into", args: 0, how: How::By(|lower, call, out| lower.number_into(call, out)) },
            Row { class: Class::Float, name: "ln", args: 0, how: How::Pure("rk::log") },
        ]
    };
}

pub(super) const ROWS: &[Row] = pure![
    "abs" 0, "sqrt" 0, "floor" 0, "ceil" 0, "round" 0, "trunc" 0, "fract" 0, "round_ties_even" 0,
    "min" 1, "max" 1, "mul_add" 2,
    "sin" 0, "cos" 0, "tan" 0, "asin" 0, "acos" 0, "atan" 0, "atan2" 1, "sinh" 0, "cosh" 0, "tanh" 0,
    "exp" 0, "exp2" 0, "exp_m1" 0, "log2" 0, "log10" 0, "ln_1p" 0, "powf" 1, "powi" 1, "hypot" 1, "cbrt" 0,
    "signum" 0, "copysign" 1, "rem_euclid" 1, "div_euclid" 1, "recip" 0, "to_radians" 0, "to_degrees" 0,
    "is_nan" 0, "is_finite" 0, "is_infinite" 0, "is_sign_negative" 0, "is_sign_positive" 0,
];

const fn half(name: &'static str, args: usize, how: How) -> Row {
    Row { class: Class::Half, name, args, how }
}

pub(super) const HALF: &[Row] = &[
    half("to_f32", 0, How::Pure("rk::widened")),
    half("to_f64", 0, How::Pure("rk::half_to_f64")),
    half("to_bits", 0, How::Pure("rk::half_to_bits")),
    half("into", 0, How::By(|lower, call, out| lower.number_into(call, out))),
    half("max", 1, How::Pure("rk::half_max")),
    half("min", 1, How::Pure("rk::half_min")),
    half("is_nan", 0, How::Pure("rk::half_is_nan")),
    half("is_infinite", 0, How::Pure("rk::half_is_infinite")),
    half("is_finite", 0, How::Pure("rk::half_is_finite")),
    half("is_sign_negative", 0, How::Pure("rk::half_is_sign_negative")),
    half("is_sign_positive", 0, How::Pure("rk::half_is_sign_positive")),
];
