//! Method calls: the user's, and those of the table of intrinsics.

use super::{Lower, Stmts};
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::intrinsics::{self, How, Row};
use crate::ir::{Do, Expr, Generic, Kind};
use crate::model::{Expr as Syntax, ExprKind, MethodId, SelfKind, Span};
use crate::site::FailureKind;
use crate::ty;

/// Functions of the device headers that change what they are given.
pub(super) const CHANGES: &[&str] = &["rk::take", "rk::replace", "rk::try_tell_back", "rk::send", "rk::send_to_all"];

/// A call of a method of the library.
pub(crate) struct MethodCall<'s> {
    /// The place or value it is called on, behind no reference.
    pub(super) receiver: Expr,
    pub(super) name: &'s str,
    /// Its place in the tables, for what Rust says of it.
    pub(super) method: Option<MethodId>,
    pub(super) args: &'s [Syntax],
    /// What rustc says it returns.
    pub(super) ty: TypeDesc,
    pub(super) span: Span,
}

impl Lower<'_> {
    pub(super) fn method(
        &mut self,
        receiver: &Syntax,
        name: &str,
        method: MethodId,
        args: &[Syntax],
        whole: &Syntax,
        out: &mut Stmts,
    ) -> Expr {
        if args.iter().any(|arg| matches!(arg.kind, ExprKind::Closure(..))) {
            return self.cells(receiver, name, args, whole, out);
        }
        let body = self.body;
        match body.tables.methods.get(method.0 as usize) {
            Some(Some(desc)) => {
                let Some(function) = self.resolved.function(desc) else { return Expr::never() };
                let kind = self.resolved.bodies[function.0].model.receiver;
                let receiver = match kind {
                    Some((kind @ (SelfKind::Ref | SelfKind::RefMut), ..)) => {
                        let place = self.place(receiver, out).deref_all();
                        if place.ty == T::Never {
                            return place;
                        }
                        let reference = ty::ref_to(place.ty, kind == SelfKind::RefMut);
                        self.address(place, reference, out)
                    }
                    _ => {
                        let place = self.place_or_value(receiver, out).deref_all();
                        self.read(place)
                    }
                };
                let mut values = vec![receiver];
                self.more_operands(&mut values, args, out);
                self.users_function(function, values, out)
            }
            _ => {
                let place = self.place_or_value(receiver, out).deref_all();
                if place.ty == T::Never {
                    return place;
                }
                let ty = self.witness(whole);
                let call = MethodCall { receiver: place, name, method: Some(method), args, ty, span: whole.span };
                self.intrinsic(&call, out)
            }
        }
    }

    /// Evaluates further arguments after those that are there.
    pub(super) fn more_operands(&mut self, values: &mut Vec<Expr>, args: &[Syntax], out: &mut Stmts) {
        for arg in args {
            let mut before = Stmts::new();
            let value = self.value(arg, &mut before);
            self.sequence(values, before, out);
            values.push(value);
        }
    }

    /// A method of the library, by the table.
    pub(super) fn intrinsic(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let Some(row) = intrinsics::method(call.receiver.ty, call.name, call.args.len()) else {
            let what = format!("`{}` on `{}`", call.name, ty::rust_name(call.receiver.ty));
            return self.unknown(&what, call.span);
        };
        if let How::By(lower) = row.how {
            return lower(self, call, out);
        }
        let receiver = if row.takes_place() { call.receiver.clone() } else { self.read(call.receiver.clone()) };
        let mut values = vec![receiver];
        self.more_operands(&mut values, call.args, out);
        self.row(row, values, call.ty, call.span, out)
    }

    /// A row of the table with its arguments evaluated.
    pub(super) fn row(&mut self, row: &Row, values: Vec<Expr>, ty: TypeDesc, span: Span, out: &mut Stmts) -> Expr {
        if let Some(never) = values.iter().find(|value| value.ty == T::Never) {
            return never.clone();
        }
        // Arguments may be given by reference (`x.min(*y)` is by value, `s.contains(&y)` is not).
        let mut values: Vec<Expr> = values.into_iter().map(Expr::deref_all).collect();
        match row.how {
            How::Pure(name) => match (name, values.as_slice()) {
                // Of const generics, so that loops over them are known to be short.
                (
                    "rk::min" | "rk::max",
                    [
                        Expr { kind: Kind::Int { value: a, negative: false }, .. },
                        Expr { kind: Kind::Int { value: b, negative: false }, .. },
                    ],
                ) => Expr::int(ty, if name == "rk::min" { *a.min(b) } else { *a.max(b) }),
                _ => Expr::call(name, ty, values),
            },
            How::PureOf(name) => Expr::call_with(name, vec![Generic::Type(ty)], ty, values),
            How::Change(name) => {
                let call = Expr::call(name, ty, values);
                if ty::is_zero_sized(ty) {
                    self.push(out, Do::Eval(call));
                    return self.zero_sized(ty);
                }
                self.keep(call, out)
            }
            How::Always { can, name, kind, message } => {
                values = values.into_iter().map(|value| self.repeatable(value, out)).collect();
                let cond = Expr::call(can, T::Bool, values.clone());
                self.check(cond, super::arith::zero(), kind, message, out);
                Expr::call(name, ty, values)
            }
            How::Overflow { can, name, message } => {
                if self.program.overflow_checks {
                    values = values.into_iter().map(|value| self.repeatable(value, out)).collect();
                    let cond = Expr::call(can, T::Bool, values.clone());
                    self.check(cond, super::arith::zero(), FailureKind::Overflow, message, out);
                }
                Expr::call(name, ty, values)
            }
            How::Divide { name, remainder } => {
                let (Some(right), Some(left)) = (values.pop(), values.pop()) else { return Expr::never() };
                let T::Int(int) = left.ty else { return self.no_operator(row.name, left.ty, span) };
                let (left, right) = self.check_division(remainder, int, left, right, out);
                Expr::call(name, ty, vec![left, right])
            }
            How::Element(mutable) => {
                let _ = mutable;
                Expr::call_with(row.spelling(), vec![Generic::Type(ty)], ty, values)
            }
            How::By(_) => {
                self.internal(span, "an intrinsic is called by its path");
                Expr::never()
            }
        }
    }

    // ---- Option -----------------------------------------------------------------------------------------------

    pub(crate) fn option_is_some(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        let tag = call.receiver.clone().field("tag", ty::U32);
        Expr::compare("!=", tag, Expr::int(ty::U32, 0))
    }

    pub(crate) fn option_is_none(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        let tag = call.receiver.clone().field("tag", ty::U32);
        Expr::compare("==", tag, Expr::int(ty::U32, 0))
    }

    pub(crate) fn option_unwrap(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        self.unwrapped(call.receiver.clone(), "called `Option::unwrap()` on a `None` value", out)
    }

    /// The value of an `Option` that must have one.
    pub(super) fn unwrapped(&mut self, option: Expr, message: &str, out: &mut Stmts) -> Expr {
        let T::Option(some) = option.ty else { return Expr::never() };
        let option = self.repeatable_place(option, out);
        let cond = Expr::compare("!=", option.clone().field("tag", ty::U32), Expr::int(ty::U32, 0));
        self.check(cond, super::arith::zero(), FailureKind::Unwrap, message, out);
        if ty::is_zero_sized(*some) {
            return self.zero_sized(*some);
        }
        let value = option.field("value", *some);
        self.read(value)
    }

    /// Only a default of zeros is the device's own; a user's `default` is a function.
    pub(crate) fn option_unwrap_or_default(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        if !ty::default_is_zero(call.ty) {
            let name = ty::rust_name(call.ty);
            let what = format!("`unwrap_or_default` of `Option<{name}>` cannot be called from device code");
            return self.error(Code::UnknownFunction, call.span, what, "write `unwrap_or(Type::default())`");
        }
        let option = self.repeatable_place(call.receiver.clone(), out);
        Expr::call("rk::unwrap_or_default", call.ty, vec![option])
    }

    /// `insert`, `get_or_insert`: the place of the value.
    pub(crate) fn option_insert(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let T::Option(some) = call.receiver.ty else { return Expr::never() };
        if ty::needs_drop(*some) || ty::is_zero_sized(*some) {
            return self.unknown(&format!("`{}` of `{}`", call.name, ty::rust_name(call.receiver.ty)), call.span);
        }
        let (place, held) = (call.receiver.clone(), ty::ref_to(call.receiver.ty, true));
        let mut values = vec![place.addr(held)];
        self.more_operands(&mut values, call.args, out);
        let (Some(value), Some(place)) = (values.pop(), values.pop()) else { return Expr::never() };
        if value.ty == T::Never {
            return value;
        }
        let place = self.repeatable(place, out).deref();
        let made = super::constant::some_of(place.ty, self.coerce(value, *some));
        let mut fill = Stmts::new();
        self.push(&mut fill, Do::Assign(place.clone(), made));
        if call.name == "insert" {
            out.extend(fill);
        } else {
            let cond = Expr::compare("==", place.clone().field("tag", ty::U32), Expr::int(ty::U32, 0));
            self.push(out, Do::If { cond, then: fill, or_else: Vec::new() });
        }
        place.field("value", *some).addr(call.ty)
    }

    /// A place, or a value kept in one, that may stand twice in the text.
    pub(super) fn repeatable_place(&mut self, value: Expr, out: &mut Stmts) -> Expr {
        if super::place::is_place(&value) {
            return value;
        }
        // What is moved out of a variable can be looked at there: what is not moved on is dropped with it.
        if let Kind::Take(place) = &value.kind
            && matches!(place.kind, Kind::Var(_))
        {
            return (**place).clone();
        }
        match self.keep(value, out).kind {
            Kind::Take(place) => *place,
            Kind::Var(name) => {
                let ty = out.iter().rev().find_map(|stmt| match &stmt.kind {
                    Do::Declare { name: declared, ty, .. } if *declared == name => Some(*ty),
                    _ => None,
                });
                Expr::new(ty.unwrap_or(T::Never), Kind::Var(name))
            }
            kind => Expr::new(T::Never, kind),
        }
    }

    // ---- arrays and slices ------------------------------------------------------------------------------------

    pub(crate) fn slice_len(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        match self.len(&call.receiver) {
            Some(len) if matches!(call.receiver.ty, T::SharedSlice(_) | T::SharedAtomics(_)) => {
                Expr::new(ty::USIZE, Kind::Cast(Box::new(len)))
            }
            Some(len) => len,
            None => Expr::never(),
        }
    }

    pub(crate) fn slice_is_empty(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        match self.len(&call.receiver) {
            Some(len) => Expr::compare("==", len, Expr::int(ty::USIZE, 0)),
            None => Expr::never(),
        }
    }

    /// `a.swap(i, j)`
    pub(crate) fn slice_swap(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let (left, right) = self.pair(&call.args[0], &call.args[1], out);
        let left = self.element(call.receiver.clone(), left, call.span, out);
        let right = self.element(call.receiver.clone(), right, call.span, out);
        if left.ty != T::Never && !ty::is_zero_sized(left.ty) {
            self.push(out, Do::Eval(Expr::call("rk::swap", T::Unit, vec![left, right])));
        }
        Expr::unit()
    }

    /// `a.copy_from_slice(&b)`: the lengths must be the same.
    pub(crate) fn slice_copy(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let from = self.value(&call.args[0], out).deref_all();
        let (Some(to_len), Some(from_len)) = (self.len(&call.receiver), self.len(&from)) else { return Expr::never() };
        if to_len != from_len {
            let cond = Expr::compare("==", to_len, from_len.clone());
            let message = "copy_from_slice: source slice length does not match destination slice length";
            self.check(cond, from_len, FailureKind::Argument, message, out);
        }
        self.push(out, Do::Eval(Expr::call("rk::copy_from", T::Unit, vec![call.receiver.clone(), from])));
        Expr::unit()
    }

    /// `clone`, `copied`, `as_slice`, `iter` where it is only looked at: the receiver itself.
    pub(crate) fn same(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        self.read(call.receiver.clone())
    }
}
