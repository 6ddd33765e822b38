//! Literals, with the type that rustc gave them.

use super::Lower;
use crate::desc::{FloatType, TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::ir::{Expr, Kind};
use crate::model::{Lit, Span, TypeId};

impl Lower<'_> {
    /// The value of a literal with its witness.
    pub(super) fn literal(&mut self, lit: &Lit, ty: Option<TypeId>, span: Span) -> Expr {
        match (lit, ty) {
            (Lit::Bool(value), _) => Expr::bool(*value),
            (_, Some(id)) => {
                let ty = crate::ty::peel(self.ty(id));
                self.literal_of(lit, ty, span)
            }
            (_, None) => {
                self.internal(span, "a literal has no witness");
                Expr::never()
            }
        }
    }

    /// The value of a literal of this type.
    pub(super) fn literal_of(&mut self, lit: &Lit, ty: TypeDesc, span: Span) -> Expr {
        match lit {
            Lit::Int { value, negative } => match ty {
                T::Float(_) => {
                    let sign = if *negative { "-" } else { "" };
                    self.float_literal(&format!("{sign}{value}"), ty, span)
                }
                _ => Expr::new(ty, Kind::Int { value: *value, negative: *negative && *value != 0 }),
            },
            Lit::Float(text) => self.float_literal(text, ty, span),
            Lit::Bool(value) => Expr::bool(*value),
        }
    }

    /// Digits are rounded once, to the literal's own type, as rustc does.
    fn float_literal(&mut self, text: &str, ty: TypeDesc, span: Span) -> Expr {
        let value = match ty {
            T::Float(FloatType::F32) => text.parse::<f32>().ok().map(f64::from),
            T::Float(FloatType::F64) => text.parse::<f64>().ok(),
            T::Float(_) => {
                return self.error(
                    Code::UnsupportedType,
                    span,
                    "16-bit floats have no literals",
                    "write `f16::from_f32(x)`",
                );
            }
            _ => None,
        };
        match value {
            Some(value) => Expr::new(ty, Kind::Float(value.to_bits())),
            None => {
                self.internal(span, &format!("`{text}` is no `{}`", crate::ty::rust_name(ty)));
                Expr::never()
            }
        }
    }
}
