//! Assignments: the value first, then the place, as Rust does for both `=` and, on numbers, `op=`.

use super::arith::compound;
use super::{Dest, Lower, Stmts};
use crate::desc::TypeDesc as T;
use crate::ir::{Do, Expr, Kind};
use crate::model::{BinOp, Expr as Syntax, ExprKind, MethodId, Span};
use crate::ty;

impl Lower<'_> {
    /// `place = value`, `_ = value`
    pub(super) fn assign(&mut self, place: Option<&Syntax>, value: &Syntax, out: &mut Stmts) {
        let Some(place) = place else {
            return self.into(value, &Dest::Discard, out);
        };
        // The value of a control expression can go straight into a variable.
        if let (ExprKind::Local(local), false) = (&place.kind, self.reads_well_inline(value)) {
            let target = self.local(*local, place.span);
            if matches!(target.kind, Kind::Var(_)) && !ty::needs_drop(target.ty) && is_control(value) {
                return self.into(value, &Dest::Variable(target), out);
            }
        }
        let mut values = vec![self.value(value, out)];
        let mut before = Stmts::new();
        let target = match &place.kind {
            // `r = &x` makes the reference point elsewhere.
            ExprKind::Local(local) => self.local(*local, place.span),
            _ => self.place(place, &mut before),
        };
        self.sequence(&mut values, before, out);
        let value = values.remove(0);
        if value.ty == T::Never || target.ty == T::Never || ty::is_zero_sized(target.ty) {
            return;
        }
        let value = self.coerce(value, target.ty);
        if ty::needs_drop(target.ty) {
            let call = Expr::call("rk::assign", T::Unit, vec![Expr::context(), target, value]);
            self.push(out, Do::Eval(call));
        } else {
            self.push(out, Do::Assign(target, value));
        }
    }

    /// `place op= value`
    pub(super) fn assign_op(
        &mut self,
        op: BinOp,
        place: &Syntax,
        value: &Syntax,
        method: MethodId,
        span: Span,
        out: &mut Stmts,
    ) {
        if let Some(function) = self.users_operator(Some(method)) {
            return self.users_assignment(function, place, value, out);
        }
        let mut values = vec![self.value(value, out).deref_all()];
        let mut before = Stmts::new();
        let target = self.place(place, &mut before).deref_all();
        self.sequence(&mut values, before, out);
        let value = values.remove(0);
        if value.ty == T::Never || target.ty == T::Never {
            return;
        }
        let (value_left, target_ty) = (target.clone(), target.ty);
        let result = self.arithmetic(op, value_left, value, span, out);
        // What the checks made of the operands stands in the result.
        match (compound(op, target_ty, self.program.overflow_checks), result.kind) {
            (Some(compound), Kind::Binary(_, left, right)) if *left == target => {
                self.push(out, Do::Compound(compound, target, *right));
            }
            (_, kind) => {
                let result = Expr::new(result.ty, kind);
                self.push(out, Do::Assign(target, result));
            }
        }
    }
}

/// Whether the value comes out of branches or a block.
fn is_control(expr: &Syntax) -> bool {
    matches!(expr.kind, ExprKind::Block(..) | ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Loop(..))
}
