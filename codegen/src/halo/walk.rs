//! Following a step with what is known of its values.
//!
//! Both ways of every branch are followed, and what they disagree about is unknown afterwards; so is what a loop
//! assigns, unless its head is a constant and nothing leaves it early. So an offset that is found to be a constant is one,
//! and every offset that can be read is found.

use std::collections::{BTreeMap, BTreeSet};

use super::Operation;
use super::value::{Value, binary, cast, constant, takes};
use crate::compile::finish;
use crate::diagnostic::{Code, Diagnostic, Sink};
use crate::lower::{CHANGING, root, walk as each, walk_block as each_of_block};
use crate::model::{BinOp, Block, Callee, Expr, ExprKind, Lit, LocalId, Pat, PatKind, Span, Stmt, UnOp};
use crate::resolve::{Body, Resolved};

/// How many trips of a loop are followed one by one.
const TRIPS: i128 = 4096;

/// What a step comes to.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) operations: Vec<Operation>,
    pub(super) swaps: BTreeSet<(String, String)>,
}

/// Follows the first of the roots.
pub(super) fn walk(resolved: &Resolved) -> Result<Found, Vec<Diagnostic>> {
    let mut sink = Sink::default();
    let mut found = Found::default();
    if let Some(step) = resolved.roots.first() {
        let body = &resolved.bodies[step.0];
        Walk { resolved, body, sink: &mut sink, found: &mut found, reads: &mut Vec::new(), env: BTreeMap::new() }
            .function(&[Value::State]);
    }
    finish(found, sink)
}

pub(super) struct Walk<'a, 'f> {
    pub(super) resolved: &'a Resolved,
    pub(super) body: &'a Body,
    sink: &'f mut Sink,
    pub(super) found: &'f mut Found,
    /// What the operation that is looked at reads of each of its sources.
    pub(super) reads: &'f mut Vec<BTreeMap<Vec<i32>, u32>>,
    pub(super) env: BTreeMap<LocalId, Value>,
}

impl<'a> Walk<'a, '_> {
    pub(super) fn report(&mut self, code: Code, span: Span, message: String, help: &str) {
        let file = self.body.model.file.clone();
        self.sink.report(Diagnostic { code, file, span, message, help: Some(help.to_owned()) });
    }

    fn function(&mut self, args: &[Value]) -> Value {
        let body = self.body;
        let mut args = args.iter().cloned();
        if let Some((_, local, _)) = body.model.receiver {
            self.env.insert(local, args.next().unwrap_or(Value::Unknown));
        }
        for param in &body.model.params {
            self.bind(&param.pat, args.next().unwrap_or(Value::Unknown));
        }
        self.block(&body.model.body)
    }

    fn call(&mut self, callee: &crate::desc::FnDesc, args: &[Value]) -> Value {
        // Without a view or a field it cannot read one; what it computes is not followed then.
        let holds = |value: &Value| !matches!(value, Value::Unknown);
        if !args.iter().any(holds) {
            return Value::Unknown;
        }
        let Some(index) = self.resolved.function(callee) else { return Value::Unknown };
        let body = &self.resolved.bodies[index.0];
        let value = Walk {
            resolved: self.resolved,
            body,
            sink: self.sink,
            found: self.found,
            reads: self.reads,
            env: BTreeMap::new(),
        }
        .function(args);
        // A `return` may have given another value.
        let mut returns = false;
        each_of_block(&body.model.body, &mut |expr| returns |= matches!(expr.kind, ExprKind::Return(_)));
        if returns { Value::Unknown } else { value }
    }

    pub(super) fn bind(&mut self, pat: &Pat, value: Value) {
        match &pat.kind {
            PatKind::Bind { local, sub, .. } => {
                if let Some(sub) = sub {
                    self.bind(sub, value.clone());
                }
                self.env.insert(*local, value);
            }
            PatKind::Tuple { elems, rest: None } | PatKind::Slice { elems, rest: None, rest_pat: None } => {
                let parts = value.parts(elems.len());
                elems.iter().zip(parts).for_each(|(elem, part)| self.bind(elem, part));
            }
            PatKind::Ref(inner) => self.bind(inner, value),
            PatKind::Tuple { elems, .. } | PatKind::TupleStruct { elems, .. } | PatKind::Or(elems) => {
                elems.iter().for_each(|elem| self.bind(elem, Value::Unknown));
            }
            PatKind::Slice { elems, rest_pat, .. } => {
                elems.iter().for_each(|elem| self.bind(elem, Value::Unknown));
                if let Some(rest) = rest_pat {
                    self.bind(rest, Value::Unknown);
                }
            }
            PatKind::Struct { fields, .. } => {
                fields.iter().for_each(|(_, field)| self.bind(field, Value::Unknown));
            }
            _ => {}
        }
    }

    fn block(&mut self, block: &'a Block) -> Value {
        for stmt in &block.stmts {
            match stmt {
                Stmt::Let { pat, init, or_else, .. } => {
                    let value = init.as_ref().map_or(Value::Unknown, |init| self.value(init));
                    if let Some(or_else) = or_else {
                        self.maybe(|walk| {
                            walk.block(or_else);
                        });
                    }
                    self.bind(pat, value);
                }
                Stmt::Expr(expr) => {
                    self.value(expr);
                }
            }
        }
        block.value.as_ref().map_or(Value::Unknown, |value| self.value(value))
    }

    /// Follows something that may happen or not.
    fn maybe(&mut self, follow: impl FnOnce(&mut Self)) {
        let before = self.env.clone();
        follow(self);
        self.merge(&before);
    }

    fn merge(&mut self, other: &BTreeMap<LocalId, Value>) {
        for (local, value) in &mut self.env {
            if let Some(other) = other.get(local) {
                *value = std::mem::replace(value, Value::Unknown).or(other);
            }
        }
    }

    fn forget(&mut self, locals: &BTreeSet<LocalId>) {
        for local in locals {
            if !matches!(self.env.get(local), Some(Value::State | Value::Field(_) | Value::Near(_))) {
                self.env.insert(*local, Value::Unknown);
            }
        }
    }

    /// The value of an expression; all of its parts are followed.
    pub(super) fn value(&mut self, expr: &'a Expr) -> Value {
        match &expr.kind {
            ExprKind::Lit(Lit::Bool(value)) => Value::Int(i128::from(*value)),
            ExprKind::Lit(Lit::Int { value, negative }) => {
                let value = i128::try_from(*value).unwrap_or(i128::MAX);
                Value::Int(if *negative { -value } else { value })
            }
            ExprKind::Local(local) => self.env.get(local).cloned().unwrap_or(Value::Unknown),
            ExprKind::Const(id) => self.body.tables.consts.get(id.0 as usize).map_or(Value::Unknown, constant),
            ExprKind::Unary(op, inner, _) => match (op, self.value(inner)) {
                (UnOp::Neg, Value::Int(value)) => Value::Int(-value),
                _ => Value::Unknown,
            },
            ExprKind::Binary(op, left, right, _) => {
                let left = self.value(left);
                if matches!(op, BinOp::And | BinOp::Or) {
                    self.maybe(|walk| {
                        walk.value(right);
                    });
                    return Value::Unknown;
                }
                binary(*op, &left, &self.value(right))
            }
            ExprKind::Assign(place, value) => {
                let value = self.value(value);
                if let Some(place) = place {
                    self.assign(place, value);
                }
                Value::Unknown
            }
            ExprKind::AssignOp(op, place, value, _) => {
                let value = self.value(value);
                let before = self.value(place);
                self.assign(place, binary(*op, &before, &value));
                Value::Unknown
            }
            ExprKind::Field(base, member) => match (self.value(base), member.name()) {
                (Value::State, name) => Value::Field(name),
                (Value::Parts(parts), name) => {
                    name.parse().ok().and_then(|at: usize| parts.get(at).cloned()).unwrap_or(Value::Unknown)
                }
                _ => Value::Unknown,
            },
            ExprKind::Index(base, index) => match (self.value(base), self.value(index)) {
                (Value::Parts(parts), Value::Int(at)) => {
                    usize::try_from(at).ok().and_then(|at| parts.get(at).cloned()).unwrap_or(Value::Unknown)
                }
                _ => Value::Unknown,
            },
            ExprKind::Ref { mutable: true, expr } => {
                let value = self.value(expr);
                self.forget_place(expr);
                value
            }
            ExprKind::Ref { expr, .. } | ExprKind::Deref(expr) => self.value(expr),
            ExprKind::Cast(inner) => {
                let ty = expr.ty.and_then(|id| self.body.tables.types.get(id.0 as usize));
                let value = self.value(inner);
                ty.map_or(Value::Unknown, |ty| cast(&value, *ty))
            }
            ExprKind::Tuple(parts) | ExprKind::Array(parts) => {
                Value::Parts(parts.iter().map(|part| self.value(part)).collect())
            }
            ExprKind::Repeat(value, count) => {
                let value = self.value(value);
                match self.body.tables.consts.get(count.0 as usize).map(constant) {
                    Some(Value::Int(count @ 0..=TRIPS)) => Value::Parts(vec![value; count as usize]),
                    _ => Value::Unknown,
                }
            }
            ExprKind::Call(callee, args) => self.call_by_path(callee, args),
            ExprKind::Method { receiver, name, method, args } => {
                if args.iter().any(|arg| matches!(arg.kind, ExprKind::Closure(..))) {
                    self.operation(expr, receiver, name, args);
                    return Value::Unknown;
                }
                let whole = receiver;
                let receiver = self.value(whole);
                let mut values = vec![receiver.clone()];
                values.extend(args.iter().map(|arg| self.value(arg)));
                if let Value::Near(source) = receiver {
                    self.read(source, name, values.get(1), args.first(), expr.span);
                    return Value::Unknown;
                }
                match self.body.tables.methods.get(method.0 as usize) {
                    Some(Some(callee)) => {
                        let value = self.call(callee, &values);
                        self.forget_place(whole);
                        value
                    }
                    _ => {
                        if CHANGING.contains(&name.as_str()) {
                            self.forget_place(whole);
                        }
                        Value::Unknown
                    }
                }
            }
            ExprKind::Block(block, label) => {
                let value = self.block(block);
                if label.is_some() { Value::Unknown } else { value }
            }
            ExprKind::If { cond, then, or_else } => {
                let decided = self.value(cond);
                if let Value::Int(decided) = decided {
                    return match (decided, or_else) {
                        (0, Some(or_else)) => self.value(or_else),
                        (0, None) => Value::Unknown,
                        _ => self.block(then),
                    };
                }
                let before = self.env.clone();
                let value = self.block(then);
                let after = std::mem::replace(&mut self.env, before);
                let other = or_else.as_ref().map_or(Value::Unknown, |or_else| self.value(or_else));
                self.merge(&after);
                value.or(&other)
            }
            ExprKind::Let(pat, value) => {
                let value = self.value(value);
                self.bind(pat, value);
                Value::Unknown
            }
            ExprKind::Match { value, arms } => {
                let value = self.value(value);
                if let Some(arm) = arms.iter().find(|arm| arm.guard.is_some() || takes(&arm.pat, &value) != Some(false))
                    && arm.guard.is_none()
                    && takes(&arm.pat, &value) == Some(true)
                {
                    return self.value(&arm.body);
                }
                let before = self.env.clone();
                let mut merged: Option<BTreeMap<LocalId, Value>> = None;
                for arm in arms {
                    self.env = before.clone();
                    self.bind(&arm.pat, value.clone());
                    if let Some(guard) = &arm.guard {
                        self.value(guard);
                    }
                    self.value(&arm.body);
                    if let Some(merged) = &merged {
                        self.merge(merged);
                    }
                    merged = Some(self.env.clone());
                }
                Value::Unknown
            }
            ExprKind::For { pat, iter, body, .. } => {
                self.for_loop(pat, iter, body);
                Value::Unknown
            }
            ExprKind::While(_, cond, body) => {
                let mut assigned = assigned_in(body);
                assigned.extend(assigned_by(cond));
                self.forget(&assigned);
                self.value(cond);
                self.block(body);
                self.forget(&assigned);
                Value::Unknown
            }
            ExprKind::Loop(_, body) => {
                let assigned = assigned_in(body);
                self.forget(&assigned);
                self.block(body);
                self.forget(&assigned);
                Value::Unknown
            }
            _ => {
                for part in parts_of(expr) {
                    self.value(part);
                }
                Value::Unknown
            }
        }
    }

    fn assign(&mut self, place: &'a Expr, value: Value) {
        if let ExprKind::Local(local) = place.kind {
            self.env.insert(local, value);
            return;
        }
        // One element of an array whose elements are known.
        if let ExprKind::Index(base, index) = &place.kind
            && let ExprKind::Local(local) = base.kind
            && let Value::Int(at) = self.value(index)
            && let Ok(at) = usize::try_from(at)
            && let Some(Value::Parts(parts)) = self.env.get_mut(&local)
            && let Some(part) = parts.get_mut(at)
        {
            *part = value;
            return;
        }
        self.forget_place(place);
    }

    /// Something may have written a place. What a field or the state is stays the same.
    fn forget_place(&mut self, place: &Expr) {
        if let Some(local) = root(place)
            && !matches!(self.env.get(&local), Some(Value::State | Value::Field(_) | Value::Near(_)))
        {
            self.env.insert(local, Value::Unknown);
        }
    }

    fn call_by_path(&mut self, callee: &'a Callee, args: &'a [Expr]) -> Value {
        let values: Vec<Value> = args.iter().map(|arg| self.value(arg)).collect();
        match callee {
            Callee::Fn(id) => match self.body.tables.fns.get(id.0 as usize) {
                Some(callee) => self.call(callee, &values),
                None => Value::Unknown,
            },
            Callee::Assoc { method, .. } => match self.body.tables.methods.get(method.0 as usize) {
                Some(Some(callee)) => self.call(callee, &values),
                _ => Value::Unknown,
            },
            Callee::Intrinsic(name) if name == "swap" => {
                if let [Value::Field(a), Value::Field(b)] = values.as_slice() {
                    self.found.swaps.insert((a.clone(), b.clone()));
                }
                Value::Unknown
            }
            _ => Value::Unknown,
        }
    }

    fn for_loop(&mut self, pat: &'a Pat, iter: &'a Expr, body: &'a Block) {
        let assigned = assigned_in(body);
        let mut leaves = false;
        each_of_block(body, &mut |expr| {
            leaves |= matches!(expr.kind, ExprKind::Break(..) | ExprKind::Continue(_));
        });
        match self.elements(iter) {
            Some(elements) => {
                for element in elements {
                    if leaves {
                        self.forget(&assigned);
                    }
                    self.bind(pat, element);
                    self.block(body);
                }
                if leaves {
                    self.forget(&assigned);
                }
            }
            None => {
                self.forget(&assigned);
                self.bind(pat, Value::Unknown);
                self.block(body);
                self.forget(&assigned);
            }
        }
    }

    /// What a `for` goes over, if that is a constant.
    fn elements(&mut self, iter: &'a Expr) -> Option<Vec<Value>> {
        match &iter.kind {
            ExprKind::Range { from, to, inclusive } => {
                let mut end = |bound: &'a Option<Box<Expr>>| bound.as_ref().map(|bound| self.value(bound));
                let (Some(Value::Int(from)), Some(Value::Int(to))) = (end(from), end(to)) else { return None };
                let to = if *inclusive { to + 1 } else { to };
                (to - from <= TRIPS).then(|| (from..to).map(Value::Int).collect())
            }
            ExprKind::Method { receiver, name, .. } if matches!(name.as_str(), "iter" | "copied" | "cloned") => {
                self.elements(receiver)
            }
            ExprKind::Method { receiver, name, .. } if name == "enumerate" => {
                let elements = self.elements(receiver)?.into_iter().enumerate();
                Some(elements.map(|(at, element)| Value::Parts(vec![Value::Int(at as i128), element])).collect())
            }
            ExprKind::Method { receiver, name, .. } if name == "rev" => {
                Some(self.elements(receiver)?.into_iter().rev().collect())
            }
            _ => match self.value(iter) {
                Value::Parts(parts) => Some(parts),
                _ => None,
            },
        }
    }
}

/// The locals that a block assigns, or lends to be written.
fn assigned_in(block: &Block) -> BTreeSet<LocalId> {
    let mut found = BTreeSet::new();
    each_of_block(block, &mut |expr| note_assigned(expr, &mut found));
    found
}

fn assigned_by(expr: &Expr) -> BTreeSet<LocalId> {
    let mut found = BTreeSet::new();
    each(expr, &mut |expr| note_assigned(expr, &mut found));
    found
}

fn note_assigned(expr: &Expr, found: &mut BTreeSet<LocalId>) {
    match &expr.kind {
        ExprKind::Assign(Some(place), _) | ExprKind::AssignOp(_, place, ..) => found.extend(root(place)),
        ExprKind::Ref { mutable: true, expr } => found.extend(root(expr)),
        ExprKind::Method { receiver, .. } => found.extend(root(receiver)),
        _ => {}
    }
}

/// The parts of an expression that is looked at for nothing else.
fn parts_of(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Struct { fields, base, .. } => fields.iter().map(|(_, value)| value).chain(base.as_deref()).collect(),
        ExprKind::Break(_, value) | ExprKind::Return(value) => value.as_deref().into_iter().collect(),
        ExprKind::Try(inner) | ExprKind::Assert { cond: inner, .. } | ExprKind::Expect(inner, _) => vec![inner],
        ExprKind::AssertEq { left, right, .. } => vec![left, right],
        ExprKind::Trace { args, .. } => args.iter().collect(),
        ExprKind::Matches { value, guard, .. } => std::iter::once(&**value).chain(guard.as_deref()).collect(),
        ExprKind::Range { from, to, .. } => from.as_deref().into_iter().chain(to.as_deref()).collect(),
        _ => Vec::new(),
    }
}
