//! Expressions: the value of one, after the statements it needs.

use super::{Dest, Lower, Stmts};
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::ir::{Do, Expr, Kind, Stmt};
use crate::model::{BinOp, Expr as Syntax, ExprKind, Span, UnOp};
use crate::ty;

impl Lower<'_> {
    /// The value of an expression; reading a place copies it, or moves out of it if its type needs a drop.
    pub(super) fn value(&mut self, expr: &Syntax, out: &mut Stmts) -> Expr {
        match &expr.kind {
            ExprKind::Local(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) => {
                let place = self.place(expr, out);
                self.read(place)
            }
            ExprKind::Lit(lit) => self.literal(lit, expr.ty, expr.span),
            ExprKind::Const(id) => self.constant(*id, expr.span),
            ExprKind::None => {
                let ty = self.witness(expr);
                Expr::new(ty, Kind::Construct(Vec::new()))
            }
            ExprKind::Unary(op, inner, method) => {
                let value = self.value(inner, out);
                match (self.users_operator(Some(*method)), op) {
                    (Some(function), _) => self.users_function(function, vec![value], out),
                    (None, UnOp::Not) => self.not(value.deref_all(), expr.span),
                    (None, UnOp::Neg) => self.negate(value.deref_all(), expr.span, out),
                }
            }
            ExprKind::Binary(op @ (BinOp::And | BinOp::Or), left, right, _) => self.lazy(*op, left, right, out),
            ExprKind::Binary(op, left, right, method) => self.binary(*op, left, right, *method, expr.span, out),
            ExprKind::Assign(place, value) => {
                self.assign(place.as_deref(), value, out);
                Expr::unit()
            }
            ExprKind::AssignOp(op, place, value, method) => {
                self.assign_op(*op, place, value, *method, expr.span, out);
                Expr::unit()
            }
            ExprKind::Range { .. } => self.error(
                Code::UnsupportedForm,
                expr.span,
                "a range is no value in device code",
                "write it in the head of a `for` or inside `[]`",
            ),
            ExprKind::Call(callee, args) => self.call(callee, args, expr, out),
            ExprKind::Method { receiver, name, method, args } => self.method(receiver, name, *method, args, expr, out),
            ExprKind::Ref { mutable, expr: inner } => self.reference(*mutable, inner, expr, out),
            ExprKind::Cast(inner) => {
                let to = self.witness(expr);
                let value = self.value(inner, out);
                self.cast(value, to, expr.span)
            }
            ExprKind::Tuple(elems) => {
                let elems = self.operands(elems, out);
                let ty = match expr.ty {
                    Some(id) => self.ty(id),
                    None => ty::tuple_of(elems.iter().map(|elem| elem.ty).collect()),
                };
                self.construct(ty, elems)
            }
            ExprKind::Array(elems) => {
                let elems = self.operands(elems, out);
                let ty = match expr.ty {
                    Some(id) => self.ty(id),
                    None => match elems.first() {
                        Some(first) => T::Array(ty::intern(first.ty), elems.len()),
                        None => T::Unit,
                    },
                };
                self.construct(ty, elems)
            }
            ExprKind::Repeat(elem, len) => self.repeat(elem, *len, expr, out),
            ExprKind::Struct { name, fields, base } => {
                let ty = self.witness(expr);
                self.struct_literal(ty, name, fields, base.as_deref(), expr.span, out)
            }
            ExprKind::Let(pat, value) => {
                // Outside of a condition it binds nothing that anybody could see.
                let place = self.scrutinee(value, out);
                self.matches(pat, &place)
            }
            ExprKind::Matches { value, pat, guard } => self.matches_macro(value, pat, guard.as_deref(), out),
            ExprKind::Block(..) | ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Loop(..) => {
                self.value_of_control(expr, out)
            }
            ExprKind::While(..)
            | ExprKind::For { .. }
            | ExprKind::Break(..)
            | ExprKind::Continue(_)
            | ExprKind::Return(_)
            | ExprKind::Assert { .. }
            | ExprKind::AssertEq { .. }
            | ExprKind::Panic { .. }
            | ExprKind::Trace { .. } => self.effect(expr, out),
            ExprKind::Expect(inner, message) => {
                let option = self.place_or_value(inner, out).deref_all();
                self.unwrapped(option, message, out)
            }
            // What takes a closure lowers it.
            ExprKind::Closure(..) => Expr::never(),
            ExprKind::Try(inner) => self.question_mark(inner, expr.span, out),
        }
    }

    /// Lowers an expression so that its value goes to `dest`.
    pub(super) fn into(&mut self, expr: &Syntax, dest: &Dest, out: &mut Stmts) {
        match &expr.kind {
            ExprKind::Block(..) | ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Loop(..)
                if !self.reads_well_inline(expr) || *dest == Dest::Discard =>
            {
                self.control(expr, dest, out);
            }
            _ => {
                let before = self.line;
                self.at(expr.span);
                let value = self.value(expr, out);
                self.store(value, dest, out);
                self.line = before;
            }
        }
    }

    /// Puts a value where it belongs.
    pub(super) fn store(&mut self, value: Expr, dest: &Dest, out: &mut Stmts) {
        if value.ty == T::Never {
            return;
        }
        let value = if *dest == Dest::Discard { value } else { unkept(value, out) };
        match dest {
            Dest::Discard => {
                if ty::needs_drop(value.ty) {
                    self.discard(value, out);
                } else if let Some(Stmt { kind, .. }) = out.last_mut() {
                    // A call that was kept only because it has an effect needs no variable.
                    if let (Kind::Var(name), Do::Declare { name: declared, init, .. }) = (&value.kind, &mut *kind)
                        && name == declared
                        && matches!(init, Some(Expr { kind: Kind::CallFn(..) | Kind::Call { .. }, .. }))
                        && let Some(call) = init.take()
                    {
                        *kind = Do::Eval(call);
                        self.names.give_back(name);
                        self.constant.remove(name);
                    }
                }
            }
            Dest::Variable(place) => {
                if !ty::is_zero_sized(place.ty) {
                    let value = self.coerce(value, place.ty);
                    self.push(out, Do::Assign(place.clone(), value));
                }
            }
            Dest::Return => {
                let ret = self.returned();
                let value = self.coerce(value, ret);
                self.push(out, Do::Return(Some(value)));
            }
        }
    }

    /// The type that a witness gave; it is our bug if there is none.
    pub(super) fn witness(&mut self, expr: &Syntax) -> TypeDesc {
        match expr.ty {
            Some(id) => self.ty(id),
            None => {
                self.internal(expr.span, "an expression has no witness");
                T::Never
            }
        }
    }

    /// Notes the line of what is lowered next.
    pub(super) fn at(&mut self, span: Span) {
        if span.line != 0 {
            self.line = span.line;
        }
    }

    /// A struct, tuple or array of these parts; parts without bytes are left out.
    pub(super) fn construct(&mut self, ty: TypeDesc, mut parts: Vec<Expr>) -> Expr {
        let wanted: Vec<TypeDesc> = match ty {
            T::Struct(desc) => desc.fields.iter().map(|field| field.ty).collect(),
            T::Tuple(elems) => elems.to_vec(),
            T::Array(elem, len) => vec![*elem; len],
            T::Unit | T::Never => return Expr::new(ty, Kind::Unit),
            _ => Vec::new(),
        };
        if wanted.len() == parts.len() {
            parts = parts.into_iter().zip(wanted).map(|(part, ty)| self.coerce(part, ty)).collect();
        }
        parts.retain(|part| !ty::is_zero_sized(part.ty));
        Expr::new(ty, Kind::Construct(parts))
    }

    /// Rust's implicit conversions: `&[T; N]` to `&[T]`, `&&T` to `&T`, `&mut T` to `&T`.
    pub(super) fn coerce(&mut self, value: Expr, to: TypeDesc) -> Expr {
        let T::Ref { to: wanted, .. } = to else { return value };
        let mut value = value;
        while let T::Ref { to: inner, .. } = value.ty {
            if *wanted == *inner || !matches!(inner, T::Ref { .. }) {
                break;
            }
            value = value.deref();
        }
        match (value.ty, wanted) {
            (T::Ref { to: T::Array(elem, _), .. }, T::Slice(_)) => {
                let place = value.deref();
                let _ = elem;
                Expr::call("rk::slice", to, vec![place])
            }
            _ => value,
        }
    }

    /// `!x`: on numbers all bits.
    fn not(&mut self, value: Expr, span: Span) -> Expr {
        match value.ty {
            T::Bool => value.not(),
            T::Int(_) => {
                let ty = value.ty;
                Expr::new(ty, Kind::Unary("~", Box::new(value)))
            }
            T::Never => value,
            _ => self.no_operator("!", value.ty, span),
        }
    }

    /// `a && b`, `a || b`: the right side is evaluated only if it decides.
    fn lazy(&mut self, op: BinOp, left: &Syntax, right: &Syntax, out: &mut Stmts) -> Expr {
        let left = self.value(left, out).deref_all();
        let mut before_right = Stmts::new();
        let right = self.value(right, &mut before_right).deref_all();
        if before_right.is_empty() && right.ty != T::Never {
            return if op == BinOp::And { left.and(right) } else { left.or(right) };
        }
        let result = self.temporary("condition", T::Bool, Some(left), out);
        let cond = if op == BinOp::And { result.clone() } else { result.clone().not() };
        self.store(right, &Dest::Variable(result.clone()), &mut before_right);
        self.push(out, Do::If { cond, then: before_right, or_else: Vec::new() });
        result
    }

    pub(super) fn no_operator(&mut self, op: &str, ty: TypeDesc, span: Span) -> Expr {
        self.error(
            Code::UnsupportedOperator,
            span,
            format!("`{op}` on `{}` has no meaning in device code", ty::rust_name(ty)),
            "put `#[ring_fn]` on the `impl` of the operator for these types; of a generic function, name the operator among its own bounds: \
             `T: Add<Output = T>`",
        )
    }
}

/// A call that was kept last goes where its value goes.
fn unkept(value: Expr, out: &mut Stmts) -> Expr {
    if let (Kind::Var(name), Some(Stmt { kind: Do::Declare { name: declared, init, .. }, .. })) =
        (&value.kind, out.last_mut())
        && name == declared
        && matches!(init, Some(Expr { kind: Kind::CallFn(..), .. }))
        && let Some(call) = init.take()
    {
        out.pop();
        return call;
    }
    value
}
