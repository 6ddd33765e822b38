//! The type of an expression before it is lowered, where its value needs a variable first.
//!
//! Leaves carry a witness of rustc; what is here only follows the parts up.

use super::Lower;
use super::locals::walk;
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::model::{
    BinOp, Block, Expr as Syntax, ExprKind, FnModel, LabelId, Lit, LocalId, Pat, PatKind, Stmt, TypeId,
};
use crate::ty;
use std::collections::BTreeMap;

/// The types of all bindings of a body.
pub(super) fn bindings(model: &FnModel) -> BTreeMap<LocalId, TypeId> {
    let mut found = BTreeMap::new();
    if let Some((_, local, ty)) = model.receiver {
        found.insert(local, ty);
    }
    for param in &model.params {
        pattern(&param.pat, &mut found);
    }
    block(&model.body, &mut found);
    found
}

fn block(body: &Block, found: &mut BTreeMap<LocalId, TypeId>) {
    for stmt in &body.stmts {
        match stmt {
            Stmt::Let { pat, init, or_else, .. } => {
                pattern(pat, found);
                if let Some(init) = init {
                    expression(init, found);
                }
                if let Some(or_else) = or_else {
                    block(or_else, found);
                }
            }
            Stmt::Expr(expr) => expression(expr, found),
        }
    }
    if let Some(value) = &body.value {
        expression(value, found);
    }
}

fn expression(expr: &Syntax, found: &mut BTreeMap<LocalId, TypeId>) {
    // `walk` enters blocks but not the patterns of their `let`s.
    walk(expr, &mut |part| match &part.kind {
        ExprKind::Let(pat, _) | ExprKind::Matches { pat, .. } | ExprKind::For { pat, .. } => pattern(pat, found),
        ExprKind::Closure(params, _) => params.iter().for_each(|param| pattern(param, found)),
        ExprKind::Match { arms, .. } => arms.iter().for_each(|arm| pattern(&arm.pat, found)),
        _ => {}
    });
    walk(expr, &mut |part| {
        let body = match &part.kind {
            ExprKind::Block(body, _) | ExprKind::Loop(_, body) | ExprKind::While(_, _, body) => body,
            ExprKind::If { then, .. } => then,
            ExprKind::For { body, .. } => body,
            _ => return,
        };
        lets(body, found);
    });
}

fn lets(body: &Block, found: &mut BTreeMap<LocalId, TypeId>) {
    for stmt in &body.stmts {
        if let Stmt::Let { pat, or_else, .. } = stmt {
            pattern(pat, found);
            if let Some(or_else) = or_else {
                lets(or_else, found);
            }
        }
    }
}

fn pattern(pat: &Pat, found: &mut BTreeMap<LocalId, TypeId>) {
    match &pat.kind {
        PatKind::Bind { local, ty, sub, .. } => {
            found.insert(*local, *ty);
            if let Some(sub) = sub {
                pattern(sub, found);
            }
        }
        PatKind::Tuple { elems, .. } | PatKind::TupleStruct { elems, .. } | PatKind::Or(elems) => {
            elems.iter().for_each(|elem| pattern(elem, found));
        }
        PatKind::Struct { fields, .. } => fields.iter().for_each(|(_, field)| pattern(field, found)),
        PatKind::Slice { elems, rest_pat, .. } => {
            elems.iter().for_each(|elem| pattern(elem, found));
            if let Some(rest) = rest_pat {
                pattern(rest, found);
            }
        }
        PatKind::Ref(inner) => pattern(inner, found),
        _ => {}
    }
}

impl Lower<'_> {
    /// The type of an expression.
    pub(super) fn type_of(&mut self, expr: &Syntax) -> TypeDesc {
        if let Some(id) = expr.ty {
            return self.ty(id);
        }
        match &expr.kind {
            ExprKind::Lit(Lit::Bool(_)) | ExprKind::Let(..) | ExprKind::Matches { .. } => T::Bool,
            ExprKind::Local(local) => match (self.locals.get(local), self.bindings.get(local)) {
                (Some(known), _) => known.ty,
                (None, Some(id)) => self.ty(*id),
                (None, None) => T::Never,
            },
            ExprKind::Const(id) => self.body.tables.consts.get(id.0 as usize).map_or(T::Never, |value| value.ty),
            ExprKind::Unary(_, inner, method) => match self.users_operator(Some(*method)) {
                Some(function) => self.lowered.functions[function.0].ret,
                None => ty::peel(self.type_of(inner)),
            },
            ExprKind::Binary(op, left, _, method) => match op {
                BinOp::And | BinOp::Or => T::Bool,
                op if super::arith::is_comparison(*op) => T::Bool,
                _ => match self.users_operator(*method) {
                    Some(function) => self.lowered.functions[function.0].ret,
                    None => ty::peel(self.type_of(left)),
                },
            },
            ExprKind::Field(base, member) => {
                let name = member.name();
                match ty::peel(self.type_of(base)) {
                    T::Struct(desc) => desc.fields.iter().find(|field| field.name == name).map_or(T::Never, |f| f.ty),
                    T::Tuple(elems) => name.parse().ok().and_then(|i: usize| elems.get(i)).copied().unwrap_or(T::Never),
                    _ => T::Never,
                }
            }
            ExprKind::Index(base, _) => match ty::peel(self.type_of(base)) {
                T::Array(elem, _) | T::Slice(elem) | T::SharedSlice(elem) => *elem,
                T::SharedAtomics(elem) => T::Atomic(elem),
                _ => T::Never,
            },
            ExprKind::Deref(inner) => match self.type_of(inner) {
                T::Ref { to, .. } => *to,
                other => other,
            },
            ExprKind::Ref { mutable, expr } => ty::ref_to(self.type_of(expr), *mutable),
            ExprKind::Tuple(elems) => {
                let elems = elems.iter().map(|elem| self.type_of(elem)).collect();
                ty::tuple_of(elems)
            }
            ExprKind::Array(elems) => match elems.first() {
                Some(first) => T::Array(ty::intern(self.type_of(first)), elems.len()),
                None => T::Never,
            },
            ExprKind::Repeat(elem, len) => match self.constant_len(*len, expr.span) {
                Some(len) => T::Array(ty::intern(self.type_of(elem)), len),
                None => T::Never,
            },
            ExprKind::Block(body, label) => {
                let ty = self.type_of_block(body);
                match label {
                    Some(label) if ty == T::Never => self.type_of_breaks(*label, body).unwrap_or(ty),
                    _ => ty,
                }
            }
            ExprKind::If { then, or_else: Some(or_else), .. } => match self.type_of_block(then) {
                T::Never => self.type_of(or_else),
                ty => ty,
            },
            ExprKind::Match { arms, .. } => {
                let mut ty = T::Never;
                for arm in arms {
                    ty = self.type_of(&arm.body);
                    if ty != T::Never {
                        break;
                    }
                }
                ty
            }
            ExprKind::Loop(label, body) => self.type_of_breaks(*label, body).unwrap_or(T::Never),
            ExprKind::Try(inner) => match self.type_of(inner) {
                T::Option(some) => *some,
                other => other,
            },
            ExprKind::Panic { .. } | ExprKind::Return(_) | ExprKind::Break(..) | ExprKind::Continue(_) => T::Never,
            _ => T::Unit,
        }
    }

    fn type_of_block(&mut self, body: &Block) -> TypeDesc {
        match (&body.value, body.stmts.last()) {
            (Some(value), _) => self.type_of(value),
            (None, Some(Stmt::Expr(last))) if self.type_of(last) == T::Never => T::Never,
            _ => T::Unit,
        }
    }

    /// The type of the values that leave by a label; `None` if nothing does.
    fn type_of_breaks(&mut self, label: LabelId, body: &Block) -> Option<TypeDesc> {
        let mut leaves = false;
        let mut note = |part: &Syntax| leaves |= matches!(&part.kind, ExprKind::Break(to, _) if *to == label);
        super::locals::walk_block(body, &mut note);
        if !leaves {
            return None;
        }
        let found = find_break(label, body);
        Some(match found {
            Some(value) => self.type_of(value),
            None => T::Unit,
        })
    }
}

/// The first value that a `break` to a label carries.
fn find_break(label: LabelId, body: &Block) -> Option<&Syntax> {
    fn in_expr(label: LabelId, expr: &Syntax) -> Option<&Syntax> {
        match &expr.kind {
            ExprKind::Break(to, Some(value)) if *to == label => Some(value),
            ExprKind::Block(body, _) | ExprKind::Loop(_, body) => find_break(label, body),
            ExprKind::While(_, cond, body) => in_expr(label, cond).or_else(|| find_break(label, body)),
            ExprKind::For { iter, body, .. } => in_expr(label, iter).or_else(|| find_break(label, body)),
            ExprKind::If { cond, then, or_else } => in_expr(label, cond)
                .or_else(|| find_break(label, then))
                .or_else(|| or_else.as_deref().and_then(|or_else| in_expr(label, or_else))),
            ExprKind::Match { value, arms } => {
                in_expr(label, value).or_else(|| arms.iter().find_map(|arm| in_expr(label, &arm.body)))
            }
            ExprKind::Assign(_, value) | ExprKind::AssignOp(_, _, value, _) => in_expr(label, value),
            _ => None,
        }
    }
    body.stmts
        .iter()
        .find_map(|stmt| match stmt {
            Stmt::Let { init, or_else, .. } => init
                .as_ref()
                .and_then(|init| in_expr(label, init))
                .or_else(|| or_else.as_ref().and_then(|or_else| find_break(label, or_else))),
            Stmt::Expr(expr) => in_expr(label, expr),
        })
        .or_else(|| body.value.as_deref().and_then(|value| in_expr(label, value)))
}
