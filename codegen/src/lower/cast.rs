//! `as`: between numbers, from `bool` and from enums without data.

use super::Lower;
use crate::desc::{FloatType, TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::ir::{Expr, Generic, Kind};
use crate::model::Span;
use crate::ty;

impl Lower<'_> {
    /// `value as to`
    pub(super) fn cast(&mut self, value: Expr, to: TypeDesc, span: Span) -> Expr {
        let from = value.ty;
        match (from, to) {
            _ if from == to => value,
            (T::Never, _) => value,
            (T::Float(_), T::Float(FloatType::F32)) if ty::is_half(from) => Expr::call("rk::widened", to, vec![value]),
            (T::Float(_), T::Float(FloatType::F64)) if ty::is_half(from) => {
                Expr::call("rk::half_to_f64", to, vec![value])
            }
            // From the integers that fit.
            (T::Int(int), T::Float(_)) if ty::is_half(to) && int.bits() == 8 => {
                let value = Expr::new(T::Float(FloatType::F32), Kind::Cast(Box::new(value)));
                Expr::call_with("rk::half_from_f32", vec![Generic::Type(to)], to, vec![value])
            }
            _ if ty::is_half(from) || ty::is_half(to) => {
                let help = "go by `f32`: `x.to_f32()`, `f16::from_f32(x)`";
                self.error(Code::UnsupportedType, span, "16-bit floats have no such conversion", help)
            }
            // Out of range saturates and NaN is 0, where C++ has no meaning.
            (T::Float(_), T::Int(_)) => Expr::call_with("rk::saturate", vec![Generic::Type(to)], to, vec![value]),
            (T::Int(_) | T::Bool, T::Int(_)) | (T::Int(_) | T::Float(_), T::Float(_)) => {
                // A literal just changes its type where the value allows.
                if let (Kind::Int { value: digits, negative: false }, T::Int(int)) = (&value.kind, to) {
                    let max =
                        if int.bits() == 128 { u128::MAX } else { (1 << (int.bits() - u32::from(int.signed()))) - 1 };
                    if *digits <= max {
                        return Expr::int(to, *digits);
                    }
                }
                Expr::new(to, Kind::Cast(Box::new(value)))
            }
            (T::Enum(desc), T::Int(_)) => {
                let plain = desc.variants.iter().enumerate().all(|(index, v)| v.discriminant == index as i128);
                let number = if plain {
                    value.field("tag", ty::U32)
                } else {
                    Expr::call("rk::discriminant", T::Int(crate::desc::IntType::I64), vec![value])
                };
                Expr::new(to, Kind::Cast(Box::new(number)))
            }
            // `&mut T as &T` and the like.
            (T::Ref { .. }, T::Ref { .. }) => self.coerce(value, to),
            _ => self.error(
                Code::UnsupportedOperator,
                span,
                format!("`as` from `{}` to `{}` has no meaning in device code", ty::rust_name(from), ty::rust_name(to)),
                None,
            ),
        }
    }
}
