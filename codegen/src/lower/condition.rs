//! Conditions with `let`, and `if`.

use super::{Dest, Lower, Stmts, diverged};
use crate::desc::TypeDesc as T;
use crate::ir::{Do, Expr, Stmt};
use crate::model::{BinOp, Block, Expr as Syntax, ExprKind, Pat};

impl Lower<'_> {
    pub(super) fn if_expression(
        &mut self,
        cond: &Syntax,
        then: &Block,
        or_else: Option<&Syntax>,
        dest: &Dest,
        out: &mut Stmts,
    ) {
        let mut leaves = Vec::new();
        flatten(cond, &mut leaves);
        let levels = self.chain(&leaves, &mut |this, inner| this.block(then, dest, inner), out);
        let Some(or_else) = or_else else { return };
        let mut other = Stmts::new();
        self.into(or_else, dest, &mut other);
        if let [Stmt { kind: Do::Block(_), .. }] = other.as_slice()
            && let Some(Do::Block(inner)) = other.pop().map(|stmt| stmt.kind)
        {
            other = inner;
        }
        self.otherwise(levels, other, out);
    }

    /// Nested `if`s, one for each part of a condition that needs statements or binds; `then` goes innermost. Returns
    /// how many levels there are.
    pub(super) fn chain(
        &mut self,
        leaves: &[&Syntax],
        then: &mut dyn FnMut(&mut Self, &mut Stmts),
        out: &mut Stmts,
    ) -> usize {
        let Some((first, rest)) = leaves.split_first() else {
            then(self, out);
            return 0;
        };
        let mut inner = Stmts::new();
        let line = self.line;
        let cond = if let ExprKind::Let(pat, value) = &first.kind {
            let place = self.scrutinee(value, out);
            let test = self.matches(pat, &place);
            self.bind(pat, &place, &mut inner);
            test
        } else {
            self.value(first, out).deref_all()
        };
        if cond.ty == T::Never {
            return 0;
        }
        let levels = self.chain(rest, then, &mut inner);
        // `if (a) { if (b) ..}` without anything between reads better as one.
        if !rest.is_empty()
            && inner.len() == 1
            && let Do::If { or_else, .. } = &inner[0].kind
            && or_else.is_empty()
            && let Some(Do::If { cond: second, then, .. }) = inner.pop().map(|stmt| stmt.kind)
        {
            out.push(Stmt { line, kind: Do::If { cond: cond.and(second), then, or_else: Vec::new() } });
            return levels;
        }
        out.push(Stmt { line, kind: Do::If { cond, then: inner, or_else: Vec::new() } });
        levels + 1
    }

    /// Adds what runs if a chain of so many levels did not reach its innermost part.
    fn otherwise(&mut self, levels: usize, other: Stmts, out: &mut Stmts) {
        if other.is_empty() || levels == 0 {
            return;
        }
        let end = if levels == 1 { String::new() } else { self.names.fresh("end") };
        let line = self.line;
        let Some(Stmt { kind: Do::If { then, or_else, .. }, .. }) = out.last_mut() else { return };
        // One `if` alone can have an `else`.
        if levels == 1 {
            *or_else = other;
            return;
        }
        let leaves = leave_innermost(then, levels - 1, &end, line);
        self.push(out, Do::Block(other));
        if leaves {
            self.push(out, Do::Label(end));
        }
    }

    /// `let pat = value else { .. };`
    pub(super) fn let_else(&mut self, pat: &Pat, value: &Syntax, or_else: &Block, out: &mut Stmts) {
        let place = self.scrutinee(value, out);
        let test = self.matches(pat, &place);
        let mut leaving = Stmts::new();
        let line = self.line;
        self.block(or_else, &Dest::Discard, &mut leaving);
        self.line = line;
        self.push(out, Do::If { cond: test.not(), then: leaving, or_else: Vec::new() });
        self.bind(pat, &place, out);
    }

    /// `matches!(value, pat if guard)`
    pub(super) fn matches_macro(&mut self, value: &Syntax, pat: &Pat, guard: Option<&Syntax>, out: &mut Stmts) -> Expr {
        let place = self.scrutinee(value, out);
        let test = self.matches(pat, &place);
        let Some(guard) = guard else { return test };
        let result = self.temporary("matched", T::Bool, Some(Expr::bool(false)), out);
        let mut inner = Stmts::new();
        self.bind(pat, &place, &mut inner);
        let guard = self.value(guard, &mut inner).deref_all();
        if inner.is_empty() {
            out.pop();
            return test.and(guard);
        }
        self.store(guard, &Dest::Variable(result.clone()), &mut inner);
        self.push(out, Do::If { cond: test, then: inner, or_else: Vec::new() });
        result
    }
}

/// The parts of a condition joined by `&&`, if any of them is a `let`; else the condition itself.
pub(super) fn flatten<'s>(cond: &'s Syntax, leaves: &mut Vec<&'s Syntax>) {
    match &cond.kind {
        ExprKind::Binary(BinOp::And, left, right, _) if has_let(cond) => {
            flatten(left, leaves);
            flatten(right, leaves);
        }
        _ => leaves.push(cond),
    }
}

fn has_let(cond: &Syntax) -> bool {
    match &cond.kind {
        ExprKind::Let(..) => true,
        ExprKind::Binary(BinOp::And, left, right, _) => has_let(left) || has_let(right),
        _ => false,
    }
}

/// Goes past what follows, from the innermost of so many levels, unless that leaves anyway.
pub(super) fn leave_innermost(then: &mut Stmts, levels: usize, to: &str, line: u32) -> bool {
    if levels > 0 {
        return match then.last_mut() {
            Some(Stmt { kind: Do::If { then: inner, .. }, .. }) => leave_innermost(inner, levels - 1, to, line),
            _ => false,
        };
    }
    if diverged(then) {
        return false;
    }
    then.push(Stmt { line, kind: Do::Goto(to.to_owned()) });
    true
}
