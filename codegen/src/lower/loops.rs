//! `loop`, `while` and `for`.

use super::condition::{flatten, leave_innermost};
use super::iter::Item;
use super::locals::plain_binding;
use super::{Dest, Frame, Lower, Stmts};
use crate::desc::TypeDesc as T;
use crate::ir::{Do, Expr, Head, Kind, Loop};
use crate::model::{Block, Expr as Syntax, ExprKind, LabelId, Pat, PatKind};
use crate::ty;

impl Lower<'_> {
    pub(super) fn endless_loop(&mut self, label: LabelId, body: &Block, dest: &Dest, out: &mut Stmts) {
        let mut inner = Stmts::new();
        self.open(label, dest.clone());
        self.block(body, &Dest::Discard, &mut inner);
        self.close(Head::Forever, None, inner, out);
    }

    pub(super) fn while_loop(&mut self, label: LabelId, cond: &Syntax, body: &Block, out: &mut Stmts) {
        let line = self.line;
        let mut leaves = Vec::new();
        flatten(cond, &mut leaves);
        self.open(label, Dest::Discard);
        let plain = leaves.len() == 1 && !matches!(leaves[0].kind, ExprKind::Let(..));
        let mut inner = Stmts::new();
        if plain {
            let cond = self.value(cond, &mut inner).deref_all();
            let head = if inner.is_empty() {
                Head::While(cond)
            } else {
                if cond.ty != T::Never {
                    let then = vec![crate::ir::Stmt { line, kind: Do::Break }];
                    self.push(&mut inner, Do::If { cond: cond.not(), then, or_else: Vec::new() });
                }
                Head::Forever
            };
            self.block(body, &Dest::Discard, &mut inner);
            return self.close_at(line, head, None, inner, out);
        }
        // With `let`s: what matches goes on, everything else leaves.
        let levels = self.chain(&leaves, &mut |this, inner| this.block(body, &Dest::Discard, inner), &mut inner);
        if levels == 1 {
            if let Some(crate::ir::Stmt { kind: Do::If { or_else, .. }, .. }) = inner.last_mut() {
                or_else.push(crate::ir::Stmt { line, kind: Do::Break });
            }
        } else {
            let known = self.frames.last().and_then(|frame| frame.next.clone());
            let next = known.unwrap_or_else(|| self.names.fresh("next"));
            if leave_innermost(&mut inner, levels, &next, line)
                && let Some(frame) = self.frames.last_mut()
            {
                frame.next = Some(next);
            }
            inner.push(crate::ir::Stmt { line, kind: Do::Break });
        }
        self.close_at(line, Head::Forever, None, inner, out);
    }

    pub(super) fn for_loop(&mut self, label: LabelId, pat: &Pat, iter: &Syntax, body: &Block, out: &mut Stmts) {
        let line = self.line;
        if let ExprKind::Range { from: Some(from), to: Some(to), inclusive } = &strip(iter).kind {
            return self.for_range(label, pat, from, to, *inclusive, body, out);
        }
        let writes = super::locals::writes_of(body, &self.bindings, &self.body.tables);
        let outer = std::mem::replace(&mut self.written_in_loop, writes.any);
        let chain = self.iteration(iter, out);
        self.written_in_loop = outer;
        let Some(chain) = chain else { return };
        let count = Expr::int(ty::USIZE, 0);
        let trips = match chain.len.kind {
            Kind::Int { value, .. } => u64::try_from(value).ok(),
            _ => None,
        };
        let name = self.names.fresh(counted(iter, pat).unwrap_or("at"));
        self.constant.insert(name.clone());
        let index = Expr::var(name.clone(), ty::USIZE);
        self.open(label, Dest::Discard);
        let mut inner = Stmts::new();
        let item = (chain.item)(self, index, &mut inner);
        self.bind_item(pat, item, &mut inner);
        self.block(body, &Dest::Discard, &mut inner);
        let head = Head::Count { name, ty: ty::USIZE, from: count, to: chain.len };
        self.close_at(line, head, trips, inner, out);
    }

    #[allow(clippy::too_many_arguments)]
    fn for_range(
        &mut self,
        label: LabelId,
        pat: &Pat,
        from: &Syntax,
        to: &Syntax,
        inclusive: bool,
        body: &Block,
        out: &mut Stmts,
    ) {
        let line = self.line;
        let (from, to) = self.pair(from, to, out);
        let (from, to) = (from.deref_all(), to.deref_all());
        let ty = from.ty;
        if ty == T::Never || to.ty == T::Never {
            return;
        }
        // The end is evaluated once; the start by the first statement of the loop.
        let to = if self.is_stable(&to) { to } else { self.keep(to, out) };
        let trips = match (signed(&from), signed(&to)) {
            (Some(from), Some(to)) => u64::try_from((to - from).max(0).saturating_add(i128::from(inclusive))).ok(),
            _ => None,
        };
        self.open(label, Dest::Discard);
        let mut inner = Stmts::new();
        let binding = match (plain_binding(pat), &pat.kind) {
            (Some(binding), PatKind::Bind { .. }) => Some(binding),
            _ => None,
        };
        // `a..=b` may end at the type's last value, where counting further would wrap.
        let below_max = matches!((&to.kind, ty), (Kind::Int { value, negative: false }, T::Int(int))
            if u32::from(int.signed()) + 128 - value.leading_zeros() < int.bits());
        let (inclusive, to) = if inclusive && below_max {
            match to.kind {
                Kind::Int { value, .. } => (false, Expr::int(ty, value + 1)),
                _ => (true, to),
            }
        } else {
            (inclusive, to)
        };
        let wanted = if inclusive { "range" } else { binding.map_or("trip", |(_, name)| name) };
        let counter = self.names.fresh(wanted);
        let value = |inclusive: bool| {
            if inclusive { Expr::var(counter.clone(), ty).field("at", ty) } else { Expr::var(counter.clone(), ty) }
        };
        match binding {
            Some((local, _)) if !inclusive && !self.written.contains(&local) => {
                self.constant.insert(counter.clone());
                self.locals.insert(local, super::Local { name: counter.clone(), ty, form: crate::ir::Form::Value });
            }
            Some((local, name)) => self.declare(local, name, ty, Some(value(inclusive)), &mut inner),
            None => self.bind(pat, &value(inclusive), &mut inner),
        }
        self.block(body, &Dest::Discard, &mut inner);
        let head = if inclusive {
            Head::Inclusive { name: counter, ty, from, to }
        } else {
            Head::Count { name: counter, ty, from, to }
        };
        self.close_at(line, head, trips, inner, out);
    }

    /// Binds what an iterator gives: a pair need not be made to be taken apart.
    pub(super) fn bind_item(&mut self, pat: &Pat, item: Item, out: &mut Stmts) {
        match (item, &pat.kind) {
            (Item::Pair(left, right), PatKind::Tuple { elems, rest: None }) if elems.len() == 2 => {
                self.bind_item(&elems[0], *left, out);
                self.bind_item(&elems[1], *right, out);
            }
            (_, PatKind::Wild) => {}
            (item, _) => {
                let value = self.whole(item);
                if let (Some((local, name)), PatKind::Bind { ty, .. }) = (plain_binding(pat), &pat.kind) {
                    let ty = self.ty(*ty);
                    let value = self.coerce(value, ty);
                    // The loop's own counter needs no second name.
                    if let (Kind::Var(counter), false) = (&value.kind, self.written.contains(&local))
                        && self.constant.contains(counter)
                        && ty::is_scalar(ty)
                    {
                        let name = counter.clone();
                        self.locals.insert(local, super::Local { name, ty, form: crate::ir::Form::Value });
                        return;
                    }
                    self.declare(local, name, ty, Some(value), out);
                } else {
                    let place =
                        if matches!(value.kind, Kind::Addr(_)) { value } else { self.repeatable_place(value, out) };
                    self.bind(pat, &place, out);
                }
            }
        }
    }

    fn open(&mut self, label: LabelId, dest: Dest) {
        self.frames.push(Frame { label, dest, is_loop: true, end: None, next: None });
    }

    fn close(&mut self, head: Head, trips: Option<u64>, body: Stmts, out: &mut Stmts) {
        self.close_at(self.line, head, trips, body, out);
    }

    fn close_at(&mut self, line: u32, head: Head, trips: Option<u64>, mut body: Stmts, out: &mut Stmts) {
        if let Some(next) = self.frames.last().and_then(|frame| frame.next.clone()) {
            // A jump may not pass a declaration of its own block.
            body =
                vec![crate::ir::Stmt { line, kind: Do::Block(body) }, crate::ir::Stmt { line, kind: Do::Label(next) }];
        }
        let counter = self.names.fresh("trips");
        let inner = Loop { head, trips, body, safe_point: None, counter };
        out.push(crate::ir::Stmt { line, kind: Do::Loop(Box::new(inner)) });
        self.end_frame(out);
    }
}

/// The value of a constant that is not very large.
fn signed(value: &Expr) -> Option<i128> {
    let Kind::Int { value, negative } = value.kind else { return None };
    let value = i64::try_from(value).map(i128::from).ok()?;
    Some(if negative { -value } else { value })
}

/// What the user calls the index that `enumerate` gives.
fn counted<'p>(iter: &Syntax, pat: &'p Pat) -> Option<&'p str> {
    match (&iter.kind, &pat.kind) {
        (ExprKind::Method { name, .. }, PatKind::Tuple { elems, .. }) if name == "enumerate" => {
            plain_binding(elems.first()?).map(|(_, name)| name)
        }
        _ => None,
    }
}

/// The expression inside of blocks that only hold it.
fn strip(expr: &Syntax) -> &Syntax {
    match &expr.kind {
        ExprKind::Block(Block { stmts, value: Some(value), .. }, None) if stmts.is_empty() => strip(value),
        _ => expr,
    }
}
