//! Blocks, `let`, `if` and what leaves them.

use super::locals::plain_binding;
use super::{Dest, Frame, Lower, Stmts, diverged};
use crate::desc::TypeDesc as T;
use crate::ir::{Do, Expr, Form, Kind};
use crate::model::{Block, Expr as Syntax, ExprKind, LabelId, Pat, PatKind, Span, Stmt as SyntaxStmt};
use crate::ty;

impl Lower<'_> {
    /// The statements of a block, and its value to `dest`.
    pub(super) fn block(&mut self, block: &Block, dest: &Dest, out: &mut Stmts) {
        for stmt in &block.stmts {
            if diverged(out) {
                return;
            }
            match stmt {
                SyntaxStmt::Let { span, pat, init, or_else } => {
                    self.at(*span);
                    self.let_statement(pat, init.as_ref(), or_else.as_ref(), out);
                }
                SyntaxStmt::Expr(expr) => {
                    self.at(expr.span);
                    self.into(expr, &Dest::Discard, out);
                }
            }
        }
        if diverged(out) {
            return;
        }
        if let Some(value) = &block.value {
            self.at(value.span);
            self.into(value, dest, out);
        }
    }

    fn let_statement(&mut self, pat: &Pat, init: Option<&Syntax>, or_else: Option<&Block>, out: &mut Stmts) {
        let binding = plain_binding(pat);
        let Some(init) = init else {
            if let (Some((local, name)), PatKind::Bind { ty, .. }) = (binding, &pat.kind) {
                let ty = self.ty(*ty);
                self.declare(local, name, ty, None, out);
            }
            return;
        };
        if let Some(or_else) = or_else {
            return self.let_else(pat, init, or_else, out);
        }
        let (Some((local, name)), PatKind::Bind { ty, .. }) = (binding, &pat.kind) else {
            if matches!(pat.kind, PatKind::Wild) {
                // `let _ = place;` neither copies nor moves; a value is dropped at once.
                if let ExprKind::Local(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) = init.kind {
                    self.place(init, out);
                } else {
                    self.into(init, &Dest::Discard, out);
                }
                return;
            }
            let place = self.scrutinee(init, out);
            return self.bind(pat, &place, out);
        };
        let ty = self.ty(*ty);
        if is_control(init) && !self.reads_well_inline(init) && !ty::is_zero_sized(ty) {
            let wanted = self.names.fresh(name);
            self.push(out, Do::Declare { name: wanted.clone(), ty, form: Form::Value, constant: false, init: None });
            self.guard(&wanted, ty, out);
            self.control(init, &Dest::Variable(Expr::var(wanted.clone(), ty)), out);
            if !self.written.contains(&local) && !ty::needs_drop(ty) {
                self.constant.insert(wanted.clone());
            }
            self.locals.insert(local, super::Local { name: wanted, ty, form: Form::Value });
            return;
        }
        let start = out.len();
        let value = self.value(init, out);
        if value.ty == T::Never {
            return;
        }
        let value = self.coerce(value, ty);
        if let Some(renamed) = self.adopt(&value, local, name, ty, start, out) {
            self.locals.insert(local, renamed);
            return;
        }
        self.declare(local, name, ty, Some(value), out);
    }

    /// If the value is only a temporary that was just made, the user's binding takes its place.
    fn adopt(
        &mut self,
        value: &Expr,
        local: crate::model::LocalId,
        wanted: &str,
        ty: crate::desc::TypeDesc,
        start: usize,
        out: &mut Stmts,
    ) -> Option<super::Local> {
        let temporary = match &value.kind {
            Kind::Var(name) => name.clone(),
            Kind::Take(place) => match &place.kind {
                Kind::Var(name) => name.clone(),
                _ => return None,
            },
            _ => return None,
        };
        // It must be the last thing that was made, so that nothing else names it.
        let at = start + out[start..].iter().rposition(
            |stmt| matches!(&stmt.kind, Do::Declare { name, form: Form::Value, ty: made, .. } if *name == temporary && *made == ty),
        )?;
        let only_filled = out[at + 1..].iter().all(|stmt| match &stmt.kind {
            Do::Guard { name, .. } => *name == temporary,
            Do::TryFn { result, .. } => result.as_ref() == Some(&temporary),
            _ => false,
        });
        if !only_filled || super::function::form_of_parameter(ty) == Form::Reference {
            return None;
        }
        self.names.give_back(&temporary);
        self.constant.remove(&temporary);
        let name = self.names.fresh(wanted);
        let written = self.written.contains(&local);
        for stmt in &mut out[at..] {
            match &mut stmt.kind {
                Do::Declare { name: declared, constant, init, .. } if *declared == temporary => {
                    declared.clone_from(&name);
                    *constant = init.is_some() && !written && !ty::needs_drop(ty);
                }
                Do::Guard { name: guarded, .. } if *guarded == temporary => guarded.clone_from(&name),
                Do::TryFn { result: Some(result), .. } if *result == temporary => result.clone_from(&name),
                _ => {}
            }
        }
        if !written && !ty::needs_drop(ty) {
            self.constant.insert(name.clone());
        }
        Some(super::Local { name, ty, form: Form::Value })
    }

    /// A block, `if`, `match` or `loop` whose value goes to `dest`.
    pub(super) fn control(&mut self, expr: &Syntax, dest: &Dest, out: &mut Stmts) {
        match &expr.kind {
            ExprKind::Block(block, label) => self.block_expression(block, *label, dest, out),
            ExprKind::If { cond, then, or_else } => self.if_expression(cond, then, or_else.as_deref(), dest, out),
            ExprKind::Match { value, arms } => self.match_expression(value, arms, dest, out),
            ExprKind::Loop(label, body) => self.endless_loop(*label, body, dest, out),
            _ => self.into(expr, dest, out),
        }
    }

    fn block_expression(&mut self, block: &Block, label: Option<LabelId>, dest: &Dest, out: &mut Stmts) {
        let mut inner = Stmts::new();
        let Some(label) = label else {
            self.block(block, dest, &mut inner);
            return self.scoped(inner, out);
        };
        self.frames.push(Frame { label, dest: dest.clone(), is_loop: false, end: None, next: None });
        self.block(block, dest, &mut inner);
        self.push(out, Do::Block(inner));
        self.end_frame(out);
    }

    /// Closes the innermost frame, with the label that a `goto` out of it needs.
    pub(super) fn end_frame(&mut self, out: &mut Stmts) {
        if let Some(Frame { end: Some(end), .. }) = self.frames.pop() {
            self.push(out, Do::Label(end));
        }
    }

    /// The value of a block, `if`, `match` or `loop`.
    pub(super) fn value_of_control(&mut self, expr: &Syntax, out: &mut Stmts) -> Expr {
        if self.reads_well_inline(expr) {
            return self.inline(expr, out);
        }
        let ty = self.type_of(expr);
        if ty == T::Never || ty::is_zero_sized(ty) {
            self.control(expr, &Dest::Discard, out);
            return if ty == T::Never && !diverged(out) { Expr::unit() } else { self.zero_sized(ty) };
        }
        let place = self.temporary("value", ty, None, out);
        self.control(expr, &Dest::Variable(place.clone()), out);
        self.read(place)
    }

    /// A short `if` without statements, as `cond ? a : b`; or statements after all, if a check is needed.
    fn inline(&mut self, expr: &Syntax, out: &mut Stmts) -> Expr {
        let ExprKind::If { cond, then, or_else: Some(or_else) } = &expr.kind else {
            return match &expr.kind {
                ExprKind::Block(Block { value: Some(value), .. }, _) => self.value(value, out),
                _ => self.value(expr, out),
            };
        };
        let cond = self.value(cond, out).deref_all();
        let (mut then_before, mut else_before) = (Stmts::new(), Stmts::new());
        let then = match &then.value {
            Some(value) => self.value(value, &mut then_before),
            None => Expr::unit(),
        };
        let or_else = self.value(or_else, &mut else_before);
        if then.ty == T::Never || or_else.ty == T::Never || cond.ty == T::Never {
            return Expr::never();
        }
        let ty = then.ty;
        let or_else = self.coerce(or_else, ty);
        if then_before.is_empty() && else_before.is_empty() {
            return Expr::new(ty, Kind::Cond(Box::new(cond), Box::new(then), Box::new(or_else)));
        }
        let place = self.temporary("value", ty, None, out);
        let dest = Dest::Variable(place.clone());
        self.store(then, &dest, &mut then_before);
        self.store(or_else, &dest, &mut else_before);
        self.push(out, Do::If { cond, then: then_before, or_else: else_before });
        self.read(place)
    }

    /// Whether an expression is short and has no statements, so that it reads well as part of another one.
    pub(super) fn reads_well_inline(&self, expr: &Syntax) -> bool {
        match &expr.kind {
            ExprKind::If { cond, then, or_else: Some(or_else) } => {
                simple(cond, 6)
                    && then.stmts.is_empty()
                    && then.value.as_deref().is_some_and(|value| simple(value, 6))
                    && match &or_else.kind {
                        ExprKind::Block(block, None) => {
                            block.stmts.is_empty() && block.value.as_deref().is_some_and(|value| simple(value, 6))
                        }
                        _ => false,
                    }
            }
            ExprKind::Block(block, None) => {
                block.stmts.is_empty() && block.value.as_deref().is_some_and(|value| simple(value, 6))
            }
            _ => false,
        }
    }

    /// `break 'label value`
    pub(super) fn break_out(&mut self, label: LabelId, value: Option<&Syntax>, span: Span, out: &mut Stmts) {
        let Some(at) = self.frames.iter().rposition(|frame| frame.label == label) else {
            return self.internal(span, "a label is not open");
        };
        if let Some(value) = value {
            let dest = self.frames[at].dest.clone();
            self.into(value, &dest, out);
            if diverged(out) {
                return;
            }
        }
        let innermost_loop = self.frames.iter().rposition(|frame| frame.is_loop);
        if self.frames[at].is_loop && innermost_loop == Some(at) {
            return self.push(out, Do::Break);
        }
        if self.frames[at].end.is_none() {
            self.frames[at].end = Some(self.names.fresh("end"));
        }
        if let Some(end) = self.frames[at].end.clone() {
            self.push(out, Do::Goto(end));
        }
    }

    /// `continue 'label`
    pub(super) fn continue_with(&mut self, label: LabelId, span: Span, out: &mut Stmts) {
        let Some(at) = self.frames.iter().rposition(|frame| frame.label == label) else {
            return self.internal(span, "a label is not open");
        };
        if self.frames.iter().rposition(|frame| frame.is_loop) == Some(at) {
            return self.push(out, Do::Continue);
        }
        if self.frames[at].next.is_none() {
            self.frames[at].next = Some(self.names.fresh("next"));
        }
        if let Some(next) = self.frames[at].next.clone() {
            self.push(out, Do::Goto(next));
        }
    }
}

/// Whether the value comes out of branches or a block.
fn is_control(expr: &Syntax) -> bool {
    matches!(expr.kind, ExprKind::Block(..) | ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Loop(..))
}

/// Whether an expression has no control flow and at most so many levels.
fn simple(expr: &Syntax, depth: u32) -> bool {
    if depth == 0 {
        return false;
    }
    let simple = |expr: &Syntax| simple(expr, depth - 1);
    match &expr.kind {
        ExprKind::Lit(_) | ExprKind::Local(_) | ExprKind::Const(_) => true,
        ExprKind::Unary(_, a, _) | ExprKind::Field(a, _) | ExprKind::Cast(a) | ExprKind::Deref(a) => simple(a),
        ExprKind::Binary(_, a, b, _) => simple(a) && simple(b),
        ExprKind::Method { receiver, args, .. } => simple(receiver) && args.iter().all(simple),
        ExprKind::Call(_, args) | ExprKind::Tuple(args) => args.iter().all(simple),
        _ => false,
    }
}
