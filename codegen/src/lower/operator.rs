//! Operators and comparisons on users' types: a function of theirs, or field by field.

use super::{Lower, Stmts};
use crate::derived;
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::ir::{Expr, FnIndex, Generic, Kind};
use crate::lower::method::MethodCall;
use crate::model::{BinOp, Expr as Syntax, MethodId, Span};
use crate::site::FailureKind;
use crate::ty;

/// What a comparison means.
#[derive(Clone, Copy, Debug)]
pub(super) enum Meaning {
    /// What a pattern does: field by field, whatever `==` is.
    Pattern,
    /// What Rust's operator does, which has this place in the tables.
    Operator(Option<MethodId>),
}

impl Lower<'_> {
    /// The user's function behind an operator.
    pub(super) fn users_operator(&self, method: Option<MethodId>) -> Option<FnIndex> {
        let desc = self.body.tables.methods.get(method?.0 as usize)?.as_ref()?;
        self.resolved.function(desc)
    }

    /// `a == b`, `a < b` by the user's `eq` or `partial_cmp`, on places.
    pub(super) fn users_comparison(
        &mut self,
        op: BinOp,
        function: FnIndex,
        left: Expr,
        right: Expr,
        out: &mut Stmts,
    ) -> Expr {
        if left.ty == T::Never || right.ty == T::Never {
            return Expr::never();
        }
        let (left_ty, right_ty) = (ty::ref_to(left.ty, false), ty::ref_to(right.ty, false));
        let args = vec![self.address(left, left_ty, out), self.address(right, right_ty, out)];
        let said = self.users_function(function, args, out);
        let name = match op {
            BinOp::Eq => return said,
            BinOp::Ne => return said.not(),
            BinOp::Lt => "rk::said_less",
            BinOp::Le => "rk::said_less_or_equal",
            BinOp::Gt => "rk::said_greater",
            _ => "rk::said_greater_or_equal",
        };
        Expr::call(name, T::Bool, vec![said])
    }

    /// Whether values of this type may be compared field by field: it is reported if Rust does not do so.
    pub(super) fn is_derived(&mut self, method: Option<MethodId>, ty: TypeDesc, what: &str, span: Span) -> bool {
        if !derived::has_user_type(ty) {
            return true;
        }
        let natives = &self.body.tables.natives;
        let native = method.and_then(|method| natives.iter().find(|(id, _)| *id == method)?.1);
        let Some(native) = native else {
            let what = format!("`{what}` on `{}`, where it cannot be told how Rust compares", ty::rust_name(ty));
            let help = "compare values rather than what refers to them, by an operator or a method";
            self.report(Code::UnsupportedOperator, span, what, help);
            return false;
        };
        let known =
            self.lowered.derived.iter().find(|(ty, equality, _)| *ty == native.ty && *equality == native.equality);
        let derived = match known {
            Some((.., derived)) => *derived,
            None => {
                let derived = derived::agrees(&native);
                self.lowered.derived.push((native.ty, native.equality, derived));
                derived
            }
        };
        if !derived {
            let name = ty::rust_name(ty);
            let message =
                format!("`{what}` on `{name}` does not compare field by field: its comparison is not derived");
            let help = "put `#[ring_fn]` on `impl PartialEq` or `impl PartialOrd` and compare with an operator, where \
                        the type itself is compared, not one around it";
            self.report(Code::UnsupportedOperator, span, message, help);
        }
        derived
    }

    /// `cmp`, `partial_cmp`, and `max`, `min`, `clamp` of what is no number.
    pub(crate) fn compare_method(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let mut values = vec![call.receiver.clone()];
        self.more_operands(&mut values, call.args, out);
        let values: Vec<Expr> = values.into_iter().map(Expr::deref_all).collect();
        if let Some(never) = values.iter().find(|value| value.ty == T::Never) {
            return never.clone();
        }
        self.ordered(call, values, out)
    }

    /// The same with its arguments evaluated.
    pub(super) fn ordered(&mut self, call: &MethodCall<'_>, values: Vec<Expr>, out: &mut Stmts) -> Expr {
        let ty = values[0].ty;
        if ty::is_half(ty) && call.name == "clamp" {
            return self.unknown("`clamp` of a 16-bit float", call.span);
        }
        if !is_ordered(ty) || !self.is_derived(call.method, ty, call.name, call.span) {
            return if is_ordered(ty) { Expr::never() } else { self.no_operator(call.name, ty, call.span) };
        }
        match call.name {
            "cmp" => Expr::call_with("rk::ordering", vec![Generic::Type(call.ty)], call.ty, values),
            "partial_cmp" => Expr::call_with("rk::partial_ordering", vec![Generic::Type(call.ty)], call.ty, values),
            "max" => Expr::call("rk::greatest", call.ty, values),
            "min" => Expr::call("rk::least", call.ty, values),
            _ => {
                let values: Vec<Expr> = values.into_iter().map(|value| self.repeatable(value, out)).collect();
                let cond = Expr::call("rk::less_or_equal", T::Bool, values[1..].to_vec());
                self.check(cond, super::arith::zero(), FailureKind::Assertion, "assertion failed: min <= max", out);
                let [value, low, high] = values.as_slice() else { return Expr::never() };
                let low = Expr::call("rk::greatest", call.ty, vec![value.clone(), low.clone()]);
                Expr::call("rk::least", call.ty, vec![low, high.clone()])
            }
        }
    }

    /// `contains` compares elements.
    pub(crate) fn slice_contains(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let mut values = vec![call.receiver.clone()];
        self.more_operands(&mut values, call.args, out);
        let values: Vec<Expr> = values.into_iter().map(Expr::deref_all).collect();
        let ty = values[0].ty;
        if !self.is_derived(call.method, ty, call.name, call.span) {
            return Expr::never();
        }
        Expr::call("rk::contains", call.ty, values)
    }

    /// `a op b` where both sides were evaluated and neither is a number.
    pub(super) fn structural(&mut self, op: BinOp, meaning: Meaning, left: Expr, right: Expr, span: Span) -> Expr {
        let (ty, spelling) = (left.ty, super::arith::spelling(op));
        let equality = matches!(op, BinOp::Eq | BinOp::Ne);
        if ty::needs_drop(ty) || !(if equality { is_compared(ty) } else { is_ordered(ty) }) {
            return self.no_operator(spelling, ty, span);
        }
        // Two types are compared by a function that was not found.
        if derived::has_user_type(ty) != derived::has_user_type(right.ty) {
            return self.no_operator(spelling, ty, span);
        }
        if let Meaning::Operator(method) = meaning
            && !self.is_derived(method, ty, spelling, span)
        {
            return Expr::never();
        }
        let name = match op {
            BinOp::Eq | BinOp::Ne => "rk::equal",
            BinOp::Lt => "rk::less",
            BinOp::Le => "rk::less_or_equal",
            BinOp::Gt => "rk::greater",
            _ => "rk::greater_or_equal",
        };
        let said = Expr::call(name, T::Bool, vec![left, right]);
        if op == BinOp::Ne { said.not() } else { said }
    }

    /// `op place` and `place op= value` by the user's function: the place is borrowed first, as Rust does.
    pub(super) fn users_assignment(&mut self, function: FnIndex, place: &Syntax, value: &Syntax, out: &mut Stmts) {
        let place = self.place(place, out);
        if place.ty == T::Never {
            return;
        }
        let reference = ty::ref_to(place.ty, true);
        let mut values = vec![self.address(place, reference, out)];
        let mut before = Stmts::new();
        let value = self.value(value, &mut before);
        // The place is held, not what is in it.
        if !before.is_empty() && !matches!(&values[0].kind, Kind::Addr(place) if matches!(place.kind, Kind::Var(_))) {
            self.sequence(&mut values, before, out);
        } else {
            out.extend(before);
        }
        values.push(value);
        let _ = self.users_function(function, values, out);
    }
}

/// Whether device code has `==` for it.
fn is_compared(ty: TypeDesc) -> bool {
    match ty {
        T::Unit | T::Bool | T::Int(_) | T::Float(_) | T::Addr(_) | T::AnyAddr => true,
        T::Struct(_) | T::Enum(_) | T::Tuple(_) | T::Option(_) | T::Array(..) | T::Slice(_) => true,
        T::Ref { to, .. } => is_compared(*to),
        _ => false,
    }
}

/// Whether device code has `<` for it.
fn is_ordered(ty: TypeDesc) -> bool {
    match ty {
        T::Unit | T::Bool | T::Int(_) | T::Float(_) => true,
        T::Struct(desc) => desc.fields.iter().all(|field| is_ordered(field.ty)),
        T::Enum(desc) => desc.variants.iter().flat_map(|variant| variant.fields).all(|field| is_ordered(field.ty)),
        T::Tuple(elems) => elems.iter().all(|elem| is_ordered(*elem)),
        T::Option(elem) | T::Array(elem, _) | T::Slice(elem) => is_ordered(*elem),
        _ => false,
    }
}
