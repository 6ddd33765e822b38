//! `match`: a chain of `if`s, since rustc has checked that the arms are exhaustive; the last one needs no test.

use super::pattern::bindings;
use super::{Dest, Lower, Stmts, diverged};
use crate::desc::TypeDesc as T;
use crate::ir::{Do, Expr, Form, Stmt};
use crate::model::{Arm, Expr as Syntax, ExprKind, Pat};
use crate::ty;

impl Lower<'_> {
    pub(super) fn match_expression(&mut self, value: &Syntax, arms: &[Arm], dest: &Dest, out: &mut Stmts) {
        let place = self.scrutinee(value, out);
        if place.ty == T::Never {
            return;
        }
        if arms.iter().any(|arm| arm.guard.as_ref().is_some_and(|guard| !plain_guard(arm, guard))) {
            return self.guarded(&place, arms, dest, out);
        }
        // From the last arm to the first, each the `else` of the one before.
        let mut lowered: Vec<(u32, Expr, Stmts)> = Vec::new();
        for arm in arms {
            self.at(arm.span);
            let line = self.line;
            let mut test = self.matches(&arm.pat, &place);
            if let Some(guard) = &arm.guard {
                let mut before = Stmts::new();
                let guard = self.value(guard, &mut before).deref_all();
                if !before.is_empty() {
                    // Only now is it clear that the guard has statements; names and sites made so far do no harm.
                    return self.guarded(&place, arms, dest, out);
                }
                test = test.and(guard);
            }
            let mut body = Stmts::new();
            self.bind(&arm.pat, &place, &mut body);
            self.arm_body(&arm.body, dest, &mut body);
            lowered.push((line, test, body));
        }
        let mut chain: Stmts = Vec::new();
        let last_needs_test = arms.last().is_some_and(|arm| arm.guard.is_some());
        for (index, (line, test, body)) in lowered.into_iter().enumerate().rev() {
            let is_last = index + 1 == arms.len() && !last_needs_test;
            if is_last || test == Expr::bool(true) {
                chain = body;
            } else {
                chain = vec![Stmt { line, kind: Do::If { cond: test, then: body, or_else: chain } }];
            }
        }
        if chain.len() == 1 && matches!(chain[0].kind, Do::If { .. }) {
            out.append(&mut chain);
        } else {
            self.scoped(chain, out);
        }
    }

    /// With guards that need bindings or statements: every arm is tried in turn and leaves past the rest.
    fn guarded(&mut self, place: &Expr, arms: &[Arm], dest: &Dest, out: &mut Stmts) {
        let end = self.names.fresh("end");
        let mut all = Stmts::new();
        let mut used = false;
        for (index, arm) in arms.iter().enumerate() {
            self.at(arm.span);
            let line = self.line;
            let test = self.matches(&arm.pat, place);
            let mut body = Stmts::new();
            let moves = arm.guard.is_some() && self.moves(&arm.pat);
            if moves {
                self.look(&arm.pat, place, &mut body);
            } else {
                self.bind(&arm.pat, place, &mut body);
            }
            let is_last = index + 1 == arms.len();
            if let Some(guard) = &arm.guard {
                let mut then = Stmts::new();
                let cond = self.value(guard, &mut body).deref_all();
                if moves {
                    self.bind(&arm.pat, place, &mut then);
                }
                self.arm_body(&arm.body, dest, &mut then);
                if !is_last && !diverged(&then) {
                    then.push(Stmt { line: self.line, kind: Do::Goto(end.clone()) });
                    used = true;
                }
                body.push(Stmt { line, kind: Do::If { cond, then, or_else: Vec::new() } });
            } else {
                self.arm_body(&arm.body, dest, &mut body);
                if !is_last && !diverged(&body) {
                    body.push(Stmt { line: self.line, kind: Do::Goto(end.clone()) });
                    used = true;
                }
            }
            if (is_last && arm.guard.is_none()) || test == Expr::bool(true) {
                self.scoped(body, &mut all);
            } else {
                all.push(Stmt { line, kind: Do::If { cond: test, then: body, or_else: Vec::new() } });
            }
        }
        out.append(&mut all);
        if used {
            self.push(out, Do::Label(end));
        }
    }

    /// Whether a pattern moves out of what it matches.
    fn moves(&mut self, pat: &Pat) -> bool {
        let mut found = Vec::new();
        bindings(pat, &mut found);
        found.into_iter().any(|(_, _, ty)| ty::needs_drop(self.ty(ty)))
    }

    /// Bindings as a guard sees them: where they lie, since a guard that does not hold moves nothing.
    fn look(&mut self, pat: &Pat, place: &Expr, out: &mut Stmts) {
        let mut found = Vec::new();
        bindings(pat, &mut found);
        for (local, name, id) in found {
            let ty = self.ty(id);
            let Some((at, _)) = self.find_binding(pat, place, local) else { continue };
            let by_value = ty::needs_drop(ty) && super::place::is_place(&at);
            let (declared, value) = if by_value {
                let reference = ty::ref_to(ty, true);
                (reference, at.addr(reference))
            } else {
                (ty, self.bound(&at, ty, false, out))
            };
            self.declare(local, &name, declared, Some(value), out);
            if let (true, Some(known)) = (by_value, self.locals.get_mut(&local)) {
                known.ty = ty;
                known.form = Form::Value;
            }
        }
    }

    /// Statements with a scope of their own, if they declare anything.
    pub(super) fn scoped(&mut self, mut body: Stmts, out: &mut Stmts) {
        let declares = |stmt: &Stmt| matches!(stmt.kind, Do::Declare { .. } | Do::Guard { .. } | Do::Label(_));
        if body.iter().any(declares) {
            self.push(out, Do::Block(body));
        } else {
            out.append(&mut body);
        }
    }

    /// The body of an arm; a block needs no braces of its own.
    fn arm_body(&mut self, body: &Syntax, dest: &Dest, out: &mut Stmts) {
        match &body.kind {
            ExprKind::Block(block, None) => self.block(block, dest, out),
            _ => self.into(body, dest, out),
        }
    }
}

/// A guard on an arm that binds nothing: part of the test.
fn plain_guard(arm: &Arm, _guard: &Syntax) -> bool {
    let mut found = Vec::new();
    bindings(&arm.pat, &mut found);
    found.is_empty()
}
