//! Operators on numbers, with Rust's meaning.
//!
//! C++ promotes narrow integers to `int` and leaves signed overflow undefined. So narrow results are cast back, signed
//! arithmetic that may wrap goes through functions of `arith.cuh`, and with overflow checks a check comes first, after
//! which the plain operator is exact.

use super::operator::Meaning;
use super::{Lower, Stmts};
use crate::desc::{IntType, TypeDesc, TypeDesc as T};
use crate::ir::{Expr, Kind};
use crate::model::{BinOp, Expr as Syntax, MethodId, Span};
use crate::site::FailureKind;
use crate::ty;

impl Lower<'_> {
    /// `left op right` on copies of the operands.
    pub(super) fn binary(
        &mut self,
        op: BinOp,
        left: &Syntax,
        right: &Syntax,
        method: Option<MethodId>,
        span: Span,
        out: &mut Stmts,
    ) -> Expr {
        if is_comparison(op) {
            return self.comparison(op, left, right, method, span, out);
        }
        let (left, right) = self.pair(left, right, out);
        if let Some(function) = self.users_operator(method) {
            return self.users_function(function, vec![left, right], out);
        }
        self.arithmetic(op, left.deref_all(), right.deref_all(), span, out)
    }

    /// The result of an arithmetic, bit or shift operator; its checks go to `out`.
    pub(super) fn arithmetic(&mut self, op: BinOp, left: Expr, right: Expr, span: Span, out: &mut Stmts) -> Expr {
        match (left.ty, right.ty) {
            (T::Never, _) => left,
            (_, T::Never) => right,
            (T::Float(_), T::Float(_)) => self.float(op, left, right, span),
            (T::Int(int), T::Int(_)) => self.integer(op, int, left, right, span, out),
            (T::Bool, T::Bool) if matches!(op, BinOp::BitAnd | BinOp::BitOr | BinOp::BitXor) => {
                // The operators of C++ give an `int`; on `bool` these mean the same.
                match op {
                    BinOp::BitXor => Expr::compare("!=", left, right),
                    BinOp::BitAnd => Expr::compare("&&", left, right),
                    _ => Expr::compare("||", left, right),
                }
            }
            (other, _) => self.no_operator(spelling(op), other, span),
        }
    }

    fn float(&mut self, op: BinOp, left: Expr, right: Expr, span: Span) -> Expr {
        let ty = left.ty;
        if self.body.model.fma && !ty::is_half(ty) {
            // Contraction is what `fma` asked for; it is spelled out, so that the compiler's flags stay strict.
            match (op, &left.kind, &right.kind) {
                (BinOp::Add, Kind::Binary("*", a, b), _) => {
                    return Expr::call("rk::mul_add", ty, vec![(**a).clone(), (**b).clone(), right]);
                }
                (BinOp::Add, _, Kind::Binary("*", a, b)) => {
                    return Expr::call("rk::mul_add", ty, vec![(**a).clone(), (**b).clone(), left]);
                }
                (BinOp::Sub, Kind::Binary("*", a, b), _) => {
                    let minus = Expr::new(ty, Kind::Unary("-", Box::new(right)));
                    return Expr::call("rk::mul_add", ty, vec![(**a).clone(), (**b).clone(), minus]);
                }
                (BinOp::Sub, _, Kind::Binary("*", a, b)) => {
                    let minus = Expr::new(ty, Kind::Unary("-", a.clone()));
                    return Expr::call("rk::mul_add", ty, vec![minus, (**b).clone(), left]);
                }
                _ => {}
            }
        }
        match op {
            BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div => Expr::binary(spelling(op), ty, left, right),
            BinOp::Rem => Expr::call("rk::fmod", ty, vec![left, right]),
            _ => self.no_operator(spelling(op), ty, span),
        }
    }

    fn integer(&mut self, op: BinOp, int: IntType, left: Expr, right: Expr, span: Span, out: &mut Stmts) -> Expr {
        let ty = left.ty;
        if let Some(known) = fold(op, int, &left, &right) {
            return Expr::int(ty, known);
        }
        match op {
            BinOp::BitAnd | BinOp::BitOr | BinOp::BitXor => Expr::binary(spelling(op), ty, left, right),
            BinOp::Add | BinOp::Sub | BinOp::Mul => {
                let (can, wrap, what) = match op {
                    BinOp::Add => ("rk::can_add", "rk::wrapping_add", "attempt to add with overflow"),
                    BinOp::Sub => ("rk::can_sub", "rk::wrapping_sub", "attempt to subtract with overflow"),
                    _ => ("rk::can_mul", "rk::wrapping_mul", "attempt to multiply with overflow"),
                };
                if self.program.overflow_checks {
                    let (left, right) = self.both_repeatable(left, right, out);
                    let cond = Expr::call(can, T::Bool, vec![left.clone(), right.clone()]);
                    self.check(cond, zero(), FailureKind::Overflow, what, out);
                    // In C++ the product of two u16 is an int, which can overflow where u16 wraps; after the check
                    // it cannot.
                    return Expr::binary(spelling(op), ty, left, right);
                }
                if int.signed() || (int.bits() < 32 && op == BinOp::Mul) {
                    Expr::call(wrap, ty, vec![left, right])
                } else {
                    Expr::binary(spelling(op), ty, left, right)
                }
            }
            BinOp::Div | BinOp::Rem => {
                let (left, right) = self.check_division(op == BinOp::Rem, int, left, right, out);
                Expr::binary(spelling(op), ty, left, right)
            }
            BinOp::Shl | BinOp::Shr => self.shift(op, int, left, right, out),
            _ => self.no_operator(spelling(op), ty, span),
        }
    }

    /// The checks before a division: always, in either kind of build.
    pub(super) fn check_division(
        &mut self,
        remainder: bool,
        int: IntType,
        left: Expr,
        right: Expr,
        out: &mut Stmts,
    ) -> (Expr, Expr) {
        let (by_zero, overflow) = if remainder {
            (
                "attempt to calculate the remainder with a divisor of zero",
                "attempt to calculate the remainder with overflow",
            )
        } else {
            ("attempt to divide by zero", "attempt to divide with overflow")
        };
        if let Kind::Int { value, negative } = right.kind
            && value != 0
            && !(negative && value == 1)
        {
            return (left, right);
        }
        let right = self.repeatable(right, out);
        let cond = Expr::compare("!=", right.clone(), Expr::int(right.ty, 0));
        self.check(cond, zero(), FailureKind::DivisionByZero, by_zero, out);
        if !int.signed() {
            return (left, right);
        }
        let left = self.repeatable(left, out);
        let cond = Expr::call("rk::can_div", T::Bool, vec![left.clone(), right.clone()]);
        self.check(cond, zero(), FailureKind::Overflow, overflow, out);
        (left, right)
    }

    /// `<<` and `>>`: the amount may be of any integer type.
    fn shift(&mut self, op: BinOp, int: IntType, left: Expr, right: Expr, out: &mut Stmts) -> Expr {
        let ty = left.ty;
        let known = matches!(right.kind, Kind::Int { value, negative: false } if value < u128::from(int.bits()));
        let mut amount = right;
        if !known && self.program.overflow_checks {
            amount = self.repeatable(amount, out);
            let what = if op == BinOp::Shl {
                "attempt to shift left with overflow"
            } else {
                "attempt to shift right with overflow"
            };
            let cond =
                Expr::call_with("rk::can_shift", vec![crate::ir::Generic::Type(ty)], T::Bool, vec![amount.clone()]);
            self.check(cond, zero(), FailureKind::Overflow, what, out);
        }
        // A left shift of a narrow or signed number goes through the unsigned type of its own width.
        let plain = known && (op == BinOp::Shr || !int.signed());
        if plain {
            Expr::binary(spelling(op), ty, left, amount)
        } else {
            let name = if op == BinOp::Shl { "rk::shl" } else { "rk::shr" };
            Expr::call(name, ty, vec![left, amount])
        }
    }

    /// `-x`
    pub(super) fn negate(&mut self, value: Expr, span: Span, out: &mut Stmts) -> Expr {
        let ty = value.ty;
        match ty {
            T::Float(_) => Expr::new(ty, Kind::Unary("-", Box::new(value))),
            T::Int(int) if int.signed() => {
                if !self.program.overflow_checks {
                    return Expr::call("rk::wrapping_neg", ty, vec![value]);
                }
                let value = self.repeatable(value, out);
                let cond = Expr::call("rk::can_neg", T::Bool, vec![value.clone()]);
                self.check(cond, zero(), FailureKind::Overflow, "attempt to negate with overflow", out);
                Expr::new(ty, Kind::Unary("-", Box::new(value)))
            }
            T::Never => value,
            _ => self.no_operator("-", ty, span),
        }
    }

    /// `==`, `<` and their like; these look at places and move nothing.
    pub(super) fn comparison(
        &mut self,
        op: BinOp,
        left: &Syntax,
        right: &Syntax,
        method: Option<MethodId>,
        span: Span,
        out: &mut Stmts,
    ) -> Expr {
        let mut values = vec![self.place_or_value(left, out)];
        let mut before = Stmts::new();
        let right = self.place_or_value(right, &mut before).deref_all();
        self.sequence(&mut values, before, out);
        let left = values.remove(0).deref_all();
        match self.users_operator(method) {
            Some(function) => self.users_comparison(op, function, left, right, out),
            None => self.compare(op, Meaning::Operator(method), left, right, span),
        }
    }

    /// A place if it is one, without moving out of it.
    pub(super) fn place_or_value(&mut self, expr: &Syntax, out: &mut Stmts) -> Expr {
        use crate::model::ExprKind as E;
        match &expr.kind {
            E::Local(_) | E::Field(..) | E::Index(..) | E::Deref(_) => self.place(expr, out),
            _ => self.value(expr, out),
        }
    }

    /// Compares two values of the same type.
    pub(super) fn compare(&mut self, op: BinOp, meaning: Meaning, left: Expr, right: Expr, span: Span) -> Expr {
        let equality = matches!(op, BinOp::Eq | BinOp::Ne);
        match left.ty {
            T::Never => left,
            _ if right.ty == T::Never => right,
            T::Int(_) | T::Bool if left.ty == right.ty => Expr::compare(spelling(op), left, right),
            T::Float(_) if left.ty == right.ty => Expr::compare(spelling(op), left, right),
            T::Addr(_) | T::AnyAddr if equality => Expr::compare(spelling(op), left, right),
            T::Unit if equality => Expr::bool(op == BinOp::Eq),
            _ => self.structural(op, meaning, left, right, span),
        }
    }

    fn both_repeatable(&mut self, left: Expr, right: Expr, out: &mut Stmts) -> (Expr, Expr) {
        let left = self.repeatable(left, out);
        let right = self.repeatable(right, out);
        (left, right)
    }
}

/// The value of an operator on literals, such as const generics are, if it is one too.
fn fold(op: BinOp, int: IntType, left: &Expr, right: &Expr) -> Option<u128> {
    let (Kind::Int { value: a, negative: false }, Kind::Int { value: b, negative: false }) = (&left.kind, &right.kind)
    else {
        return None;
    };
    let value = match op {
        BinOp::Add => a.checked_add(*b),
        BinOp::Sub => a.checked_sub(*b),
        BinOp::Mul => a.checked_mul(*b),
        BinOp::Div => a.checked_div(*b),
        BinOp::Rem => a.checked_rem(*b),
        _ => None,
    }?;
    let max = u128::MAX >> (128 - int.bits() + u32::from(int.signed()));
    (value <= max).then_some(value)
}

/// The value of a failure that has none.
pub(super) fn zero() -> Expr {
    Expr::int(ty::U64, 0)
}

pub(super) fn is_comparison(op: BinOp) -> bool {
    matches!(op, BinOp::Eq | BinOp::Ne | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge)
}

/// The operator, which both languages spell alike.
pub(super) fn spelling(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => "+",
        BinOp::Sub => "-",
        BinOp::Mul => "*",
        BinOp::Div => "/",
        BinOp::Rem => "%",
        BinOp::BitAnd => "&",
        BinOp::BitOr => "|",
        BinOp::BitXor => "^",
        BinOp::Shl => "<<",
        BinOp::Shr => ">>",
        BinOp::And => "&&",
        BinOp::Or => "||",
        BinOp::Eq => "==",
        BinOp::Ne => "!=",
        BinOp::Lt => "<",
        BinOp::Le => "<=",
        BinOp::Gt => ">",
        BinOp::Ge => ">=",
    }
}

/// Whether `place op= value` of C++ means what Rust's does, once checked.
pub(super) fn compound(op: BinOp, ty: TypeDesc, checked: bool) -> Option<&'static str> {
    let exact = match ty {
        T::Float(_) => op != BinOp::Rem,
        T::Int(int) => match op {
            BinOp::Add | BinOp::Sub | BinOp::Mul => checked || (!int.signed() && int.bits() >= 32),
            BinOp::BitAnd | BinOp::BitOr | BinOp::BitXor | BinOp::Div | BinOp::Rem | BinOp::Shl | BinOp::Shr => true,
            _ => false,
        },
        T::Bool => true,
        _ => false,
    };
    Some(match op {
        _ if !exact => return None,
        BinOp::Add => "+=",
        BinOp::Sub => "-=",
        BinOp::Mul => "*=",
        BinOp::Div => "/=",
        BinOp::Rem => "%=",
        BinOp::BitAnd => "&=",
        BinOp::BitOr => "|=",
        BinOp::BitXor => "^=",
        BinOp::Shl => "<<=",
        BinOp::Shr => ">>=",
        _ => return None,
    })
}
