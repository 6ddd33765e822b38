//! Several parts evaluated one after the other, and the temporaries that keep them apart.
//!
//! A part that was evaluated earlier is a pure expression that reads memory when it is finally used. If a later part's
//! statements could change what it reads, its value is kept in a temporary before them. Checks change nothing.

use super::{Lower, Stmts};
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::ir::{Do, Expr, Form, Kind, Stmt};
use crate::model::Expr as Syntax;
use crate::ty;

/// Nodes of an expression that may stand twice in the text: once in a check, once in what was checked.
const REPEATABLE: usize = 7;

impl Lower<'_> {
    /// The values of several expressions, left to right.
    pub(super) fn operands(&mut self, exprs: &[Syntax], out: &mut Stmts) -> Vec<Expr> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let mut before = Stmts::new();
            let value = self.value(expr, &mut before);
            self.sequence(&mut values, before, out);
            values.push(value);
        }
        values
    }

    /// The values of two expressions, left to right.
    pub(super) fn pair(&mut self, left: &Syntax, right: &Syntax, out: &mut Stmts) -> (Expr, Expr) {
        let mut values = vec![self.value(left, out)];
        let mut before = Stmts::new();
        let right = self.value(right, &mut before);
        self.sequence(&mut values, before, out);
        (values.remove(0), right)
    }

    /// Appends the statements of a later part, after keeping the earlier values that they could change.
    pub(super) fn sequence(&mut self, earlier: &mut [Expr], before: Stmts, out: &mut Stmts) {
        if before.iter().any(has_effect) {
            for value in earlier {
                if !self.is_stable(value) {
                    *value = self.keep(value.clone(), out);
                }
            }
        }
        out.extend(before);
    }

    /// Whether reading it later gives the same: it is made of literals and variables that never change.
    pub(super) fn is_stable(&self, value: &Expr) -> bool {
        let mut stable = true;
        value.walk(&mut |part| match &part.kind {
            Kind::Var(name) => stable &= self.constant.contains(name) || name == "ctx",
            // A slice is a pointer and a length, which do not change with the elements.
            Kind::Deref(inner) => stable &= matches!(inner.ty, T::Ref { to: T::Slice(_), .. }),
            Kind::Index(base, _) => stable &= !matches!(base.ty, T::Slice(_)),
            Kind::Call { .. } | Kind::CallFn(..) => stable = false,
            _ => {}
        });
        // The address of a variable does not change with it.
        stable || matches!(&value.kind, Kind::Addr(place) if matches!(place.kind, Kind::Var(_)))
    }

    /// A value that may stand twice in the text.
    pub(super) fn repeatable(&mut self, value: Expr, out: &mut Stmts) -> Expr {
        let mut calls = false;
        value.walk(&mut |part| calls |= matches!(part.kind, Kind::CallFn(..) | Kind::Take(_)));
        if calls || value.size() > REPEATABLE { self.keep(value, out) } else { value }
    }

    /// Keeps a value in a temporary and gives the read of it.
    pub(super) fn keep(&mut self, value: Expr, out: &mut Stmts) -> Expr {
        if value.ty == T::Never || ty::is_zero_sized(value.ty) {
            return value;
        }
        let wanted = match &value.kind {
            Kind::Field(_, name) => name.clone(),
            Kind::Var(name) => name.clone(),
            Kind::Index(..) => "element".into(),
            Kind::CallFn(function, _) => self.resolved.bodies[function.0].model.name.clone(),
            Kind::Addr(_) => "place".into(),
            _ => "value".into(),
        };
        self.keep_as(&wanted, value, out)
    }

    /// The same, under a name like `wanted`.
    pub(super) fn keep_as(&mut self, wanted: &str, value: Expr, out: &mut Stmts) -> Expr {
        let place = self.temporary(wanted, value.ty, Some(value), out);
        if let Kind::Var(name) = &place.kind
            && !ty::needs_drop(place.ty)
        {
            self.constant.insert(name.clone());
        }
        self.read(place)
    }

    /// A new variable of the compiler's own; a place.
    pub(super) fn temporary(&mut self, wanted: &str, ty: TypeDesc, init: Option<Expr>, out: &mut Stmts) -> Expr {
        let name = self.names.variable(wanted);
        self.push(out, Do::Declare { name: name.clone(), ty, form: Form::Value, constant: false, init });
        self.guard(&name, ty, out);
        Expr::var(name, ty)
    }
}

/// Whether a statement can change what an expression reads.
fn has_effect(stmt: &Stmt) -> bool {
    match &stmt.kind {
        Do::Check { .. } | Do::Fail { .. } | Do::Label(_) | Do::Guard { .. } => false,
        Do::Declare { init, .. } => {
            let mut effect = false;
            if let Some(init) = init {
                init.walk(&mut |part| effect |= matches!(part.kind, Kind::Take(_)) || is_effectful_call(part));
            }
            effect
        }
        Do::Return(_) | Do::Break | Do::Continue | Do::Goto(_) => false,
        Do::If { then, or_else, .. } => then.iter().chain(or_else).any(has_effect),
        Do::Block(body) => body.iter().any(has_effect),
        Do::Loop(inner) => inner.body.iter().any(has_effect),
        // Into a variable of the compiler's own; the user's are never read by an earlier part of the same expression
        // without being written by the user too.
        Do::Assign(..) | Do::Compound(..) | Do::Eval(_) | Do::TryFn { .. } | Do::Send(_) | Do::Cells(_) => true,
    }
}

/// Calls that stand in the initialiser of a declaration because they change something.
fn is_effectful_call(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Call { name, .. } => super::method::CHANGES.contains(name) || name.starts_with("rk::atomic"),
        Kind::CallFn(..) => true,
        _ => false,
    }
}
