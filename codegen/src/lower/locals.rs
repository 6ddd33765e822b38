//! The user's bindings: which are written after their declaration, and how they are declared and read.

use super::function::{form_of_parameter, held, is_ambient};
use super::{Local, Lower, Stmts};
use crate::desc::{Tables, TypeDesc};
use crate::ir::{Do, Expr, Form, Kind};
use crate::model::{Block, Expr as Syntax, ExprKind, FnModel, LocalId, Pat, PatKind, Span, Stmt, TypeId};
use crate::ty;
use std::collections::{BTreeMap, BTreeSet};

/// Intrinsic methods that change their receiver.
pub(crate) const CHANGING: &[&str] = &[
    "take",
    "replace",
    "as_mut",
    "iter_mut",
    "swap",
    "fill",
    "copy_from_slice",
    "get_mut",
    "first_mut",
    "last_mut",
    "insert",
    "get_or_insert",
    "reverse",
    "clone_from_slice",
    "rotate_left",
    "rotate_right",
];

/// What a body does to its locals.
#[derive(Debug, Default)]
pub(super) struct Writes {
    /// Written in any way after the declaration: assigned, borrowed mutably, changed by a method.
    pub(super) any: BTreeSet<LocalId>,
    /// Assigned as a whole.
    pub(super) whole: BTreeSet<LocalId>,
}

/// Finds what a body writes. Errs towards written.
pub(super) fn writes(model: &FnModel, tables: &Tables) -> Writes {
    writes_of(&model.body, &super::types::bindings(model), tables)
}

/// Finds what a part of a body writes.
pub(super) fn writes_of(block: &Block, bindings: &BTreeMap<LocalId, TypeId>, tables: &Tables) -> Writes {
    let mut found = Writes::default();
    let is_mutable = |local: &LocalId| {
        let ty = bindings.get(local).and_then(|id| tables.types.get(id.0 as usize));
        matches!(ty, Some(TypeDesc::Ref { mutable: true, .. }))
    };
    references_into(block, &mut found.any);
    walk_block(block, &mut |expr| {
        if let ExprKind::Block(block, _)
        | ExprKind::Loop(_, block)
        | ExprKind::If { then: block, .. }
        | ExprKind::While(_, _, block)
        | ExprKind::For { body: block, .. } = &expr.kind
        {
            references_into(block, &mut found.any);
        }
        // A `&mut` that is handed on is written through.
        if let ExprKind::Call(_, args) | ExprKind::Method { args, .. } = &expr.kind {
            for arg in args {
                found.any.extend(root(arg).filter(is_mutable));
            }
        }
        match &expr.kind {
            ExprKind::Assign(Some(place), _) | ExprKind::AssignOp(_, place, ..) => {
                if let ExprKind::Local(local) = place.kind {
                    found.whole.insert(local);
                }
                found.any.extend(root(place));
            }
            ExprKind::Ref { mutable: true, expr } => found.any.extend(root(expr)),
            ExprKind::Method { receiver, name, method, .. } => {
                let users = tables.methods.get(method.0 as usize).is_some_and(Option::is_some);
                if users || CHANGING.contains(&name.as_str()) {
                    found.any.extend(root(receiver));
                }
            }
            ExprKind::Match { value, .. } | ExprKind::Let(_, value) | ExprKind::Matches { value, .. } => {
                // A binding may be `&mut` into it.
                found.any.extend(root(value));
            }
            _ => {}
        }
    });
    found
}

/// The locals that the `let`s of a block may bind references into: `let (ref mut a, _) = pair`.
fn references_into(block: &Block, found: &mut BTreeSet<LocalId>) {
    for stmt in &block.stmts {
        let Stmt::Let { pat, init, or_else, .. } = stmt else { continue };
        if binds_by_reference(pat) {
            found.extend(init.as_ref().and_then(root));
        }
        if let Some(or_else) = or_else {
            references_into(or_else, found);
        }
    }
}

fn binds_by_reference(pat: &Pat) -> bool {
    match &pat.kind {
        PatKind::Bind { by_ref, sub, .. } => *by_ref || sub.as_deref().is_some_and(binds_by_reference),
        PatKind::Tuple { elems, .. } | PatKind::TupleStruct { elems, .. } => elems.iter().any(binds_by_reference),
        PatKind::Slice { elems, rest_pat, .. } => elems.iter().chain(rest_pat.as_deref()).any(binds_by_reference),
        PatKind::Struct { fields, .. } => fields.iter().any(|(_, field)| binds_by_reference(field)),
        PatKind::Or(pats) => pats.iter().any(binds_by_reference),
        PatKind::Ref(inner) => binds_by_reference(inner),
        _ => false,
    }
}

/// The local that a place is part of.
pub(crate) fn root(place: &Syntax) -> Option<LocalId> {
    match &place.kind {
        ExprKind::Local(local) => Some(*local),
        ExprKind::Field(base, _) | ExprKind::Index(base, _) | ExprKind::Deref(base) => root(base),
        ExprKind::Method { receiver, .. } => root(receiver),
        _ => None,
    }
}

/// Calls `visit` with all expressions of a block.
pub(crate) fn walk_block(block: &Block, visit: &mut dyn FnMut(&Syntax)) {
    for stmt in &block.stmts {
        match stmt {
            Stmt::Let { init, or_else, .. } => {
                if let Some(init) = init {
                    walk(init, visit);
                }
                if let Some(or_else) = or_else {
                    walk_block(or_else, visit);
                }
            }
            Stmt::Expr(expr) => walk(expr, visit),
        }
    }
    if let Some(value) = &block.value {
        walk(value, visit);
    }
}

/// Calls `visit` with an expression and all its parts.
pub(crate) fn walk(expr: &Syntax, visit: &mut dyn FnMut(&Syntax)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Lit(_)
        | ExprKind::Local(_)
        | ExprKind::Const(_)
        | ExprKind::None
        | ExprKind::Continue(_)
        | ExprKind::Panic { .. } => {}
        ExprKind::Unary(_, a, _)
        | ExprKind::Field(a, _)
        | ExprKind::Ref { expr: a, .. }
        | ExprKind::Deref(a)
        | ExprKind::Cast(a)
        | ExprKind::Repeat(a, _)
        | ExprKind::Try(a)
        | ExprKind::Expect(a, _)
        | ExprKind::Let(_, a)
        | ExprKind::Assert { cond: a, .. } => walk(a, visit),
        ExprKind::Binary(_, a, b, _)
        | ExprKind::AssignOp(_, a, b, _)
        | ExprKind::Index(a, b)
        | ExprKind::AssertEq { left: a, right: b, .. } => {
            walk(a, visit);
            walk(b, visit);
        }
        ExprKind::Assign(a, b) => {
            if let Some(a) = a {
                walk(a, visit);
            }
            walk(b, visit);
        }
        ExprKind::Range { from, to, .. } => {
            for end in [from, to].into_iter().flatten() {
                walk(end, visit);
            }
        }
        ExprKind::Call(_, args) | ExprKind::Tuple(args) | ExprKind::Array(args) => {
            for arg in args {
                walk(arg, visit);
            }
        }
        ExprKind::Method { receiver, args, .. } => {
            walk(receiver, visit);
            for arg in args {
                walk(arg, visit);
            }
        }
        ExprKind::Trace { args, .. } => {
            for arg in args {
                walk(arg, visit);
            }
        }
        ExprKind::Struct { fields, base, .. } => {
            for (_, field) in fields {
                walk(field, visit);
            }
            if let Some(base) = base {
                walk(base, visit);
            }
        }
        ExprKind::Block(block, _) | ExprKind::Loop(_, block) => walk_block(block, visit),
        ExprKind::If { cond, then, or_else } => {
            walk(cond, visit);
            walk_block(then, visit);
            if let Some(or_else) = or_else {
                walk(or_else, visit);
            }
        }
        ExprKind::Match { value, arms } => {
            walk(value, visit);
            for arm in arms {
                if let Some(guard) = &arm.guard {
                    walk(guard, visit);
                }
                walk(&arm.body, visit);
            }
        }
        ExprKind::While(_, cond, block) => {
            walk(cond, visit);
            walk_block(block, visit);
        }
        ExprKind::For { iter, body, .. } => {
            walk(iter, visit);
            walk_block(body, visit);
        }
        ExprKind::Break(_, value) | ExprKind::Return(value) => {
            if let Some(value) = value {
                walk(value, visit);
            }
        }
        ExprKind::Closure(_, body) => walk(body, visit),
        ExprKind::Matches { value, guard, .. } => {
            walk(value, visit);
            if let Some(guard) = guard {
                walk(guard, visit);
            }
        }
    }
}

impl Lower<'_> {
    /// The value of a binding.
    pub(super) fn local(&mut self, local: LocalId, span: Span) -> Expr {
        let Some(found) = self.locals.get(&local).cloned() else {
            self.internal(span, "a binding is used before it is made");
            return Expr::never();
        };
        if is_ambient(found.ty) {
            return Expr::new(found.ty, Kind::Var("ctx".into()));
        }
        if ty::is_zero_sized(found.ty) {
            return self.zero_sized(found.ty);
        }
        held(&found.name, found.ty, found.form)
    }

    /// Declares a binding of the user with its first value; `None` for `let x;`.
    pub(super) fn declare(&mut self, local: LocalId, wanted: &str, ty: TypeDesc, init: Option<Expr>, out: &mut Stmts) {
        let late = init.is_none();
        if is_ambient(ty) || ty::is_zero_sized(ty) {
            self.locals.insert(local, Local { name: String::new(), ty, form: Form::Value });
            return;
        }
        let name = self.names.variable(wanted);
        let points = matches!(&init, Some(Expr { kind: Kind::Addr(_), .. }));
        let form = if points && !self.assigned.contains(&local) { form_of_parameter(ty) } else { Form::Value };
        let constant = !late && !self.written.contains(&local) && !ty::needs_drop(ty);
        // What a reference refers to may change all the same.
        if constant && form == Form::Value {
            self.constant.insert(name.clone());
        }
        self.locals.insert(local, Local { name: name.clone(), ty, form });
        // A constant of reference type would be read as a pointer to constants; those carry it in their type.
        let constant = constant && !matches!(ty, TypeDesc::Ref { .. });
        self.push(out, Do::Declare { name: name.clone(), ty, form, constant, init });
        self.guard(&name, ty, out);
    }

    /// The value of a type that has only one.
    pub(super) fn zero_sized(&self, ty: TypeDesc) -> Expr {
        match ty {
            TypeDesc::Unit | TypeDesc::Never => Expr::new(ty, Kind::Unit),
            _ => Expr::new(ty, Kind::Construct(Vec::new())),
        }
    }
}

/// The name of a pattern that is only a binding.
pub(super) fn plain_binding(pat: &Pat) -> Option<(LocalId, &str)> {
    match &pat.kind {
        PatKind::Bind { local, name, by_ref: false, sub: None, .. } => Some((*local, name)),
        _ => None,
    }
}
