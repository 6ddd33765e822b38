//! Grids: operations over all cells with their closures, and what is asked of views, single cells and the context.
//!
//! A closure becomes one of C++ that sees the variables around it. Its views are arguments of their own, however the
//! user groups them in tuples, and of whatever type the way that fields are kept makes them.

use super::method::MethodCall;
use super::{Dest, Local, Lower, Stmts};
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::ir::{Cells, Closure, Do, Expr, Facts, Form, Function, Generic, Kind, Param};
use crate::model::{Expr as Syntax, ExprKind, Pat, PatKind};
use crate::site::FailureKind;
use crate::ty::{self, U64};

pub(super) const APART: &str = "a neighbour is elsewhere in its step: what decides whether fields are updated or reduced must be the \
                     same in all tiles";

const ELSEWHERE: &str = "the cell is not in this tile: send the message to the cell that it is about";

/// Fields as the user groups them: one, or a tuple.
enum Group {
    One(TypeDesc),
    Tuple(Vec<Group>),
}

impl Group {
    /// The type of a value for each of the fields.
    fn values(&self) -> TypeDesc {
        match self {
            Self::One(elem) => *elem,
            Self::Tuple(parts) => ty::tuple_of(parts.iter().map(Self::values).collect()),
        }
    }
}

impl Lower<'_> {
    /// `field.update(sources, closure)`, `ctx.sum(sources, closure)` and their like.
    pub(super) fn cells(
        &mut self,
        receiver: &Syntax,
        name: &str,
        args: &[Syntax],
        whole: &Syntax,
        out: &mut Stmts,
    ) -> Expr {
        let [sources, closures @ ..] = args else { return Expr::never() };
        let (mut writes, mut reads) = (Vec::new(), Vec::new());
        let outputs = if name == "update" { Some(self.fields(receiver, &mut writes, out)) } else { None };
        let inputs = self.fields(sources, &mut reads, out);
        let value = match &outputs {
            Some(outputs) => outputs.values(),
            None => self.witness(whole),
        };
        if ty::is_zero_sized(value) || value == T::Never {
            return Expr::unit();
        }
        let Some(ExprKind::Closure(params, body)) = closures.first().map(|arg| &arg.kind) else {
            self.internal(whole.span, "an operation over cells without a closure");
            return Expr::never();
        };
        let mut groups = Vec::new();
        groups.extend(outputs.as_ref().map(|outputs| (outputs, true)));
        groups.push((&inputs, false));
        let each = self.closure("each_cell", params, body, value, |lower, pats, params| {
            for (pat, (group, own)) in pats.iter().zip(groups) {
                lower.views(pat, group, own, params);
            }
        });
        let join = closures.get(1).map(|arg| {
            let ExprKind::Closure(pats, body) = &arg.kind else { return None };
            Some(self.closure("join", pats, body, value, |lower, pats, params| {
                params.extend(pats.iter().map(|pat| lower.argument(pat, value)));
            }))
        });
        let join = match join {
            Some(None) => {
                let what = "what joins two values is no closure";
                return self.error(Code::UnsupportedForm, whole.span, what, "write `|a, b| ..`");
            }
            Some(join) => join,
            None => None,
        };
        let site = self.site(FailureKind::Panic, APART);
        let mut overflow = None;
        let (name, result) = match name {
            "update" => ("rk::update", None),
            "sum" if self.program.overflow_checks && matches!(value, T::Int(_)) => {
                overflow = Some(self.site(FailureKind::Overflow, "attempt to add with overflow"));
                ("rk::sum_checked", Some(self.temporary("sum", value, None, out)))
            }
            "sum" => ("rk::sum", Some(self.temporary("sum", value, None, out))),
            "min" => ("rk::minimum", Some(self.temporary("least", value, None, out))),
            "max" => ("rk::maximum", Some(self.temporary("greatest", value, None, out))),
            _ => ("rk::reduce", Some(self.temporary("reduced", value, None, out))),
        };
        let variable = result.as_ref().and_then(|place| match &place.kind {
            Kind::Var(name) => Some(name.clone()),
            _ => None,
        });
        self.lowered.reduction_bytes = match &result {
            Some(_) => self.lowered.reduction_bytes.max(crate::layout::size_of(value)),
            None => self.lowered.reduction_bytes,
        };
        let (file, span, around) = (self.body.model.file.clone(), whole.span, Vec::new());
        let cells =
            Cells { name, site, file, span, around, overflow, writes, reads, each, join, result: variable.clone() };
        self.push(out, Do::Cells(Box::new(cells)));
        self.constant.extend(variable);
        result.unwrap_or_else(Expr::unit)
    }

    /// The fields that an argument names, one after the other.
    fn fields(&mut self, arg: &Syntax, all: &mut Vec<Expr>, out: &mut Stmts) -> Group {
        if let ExprKind::Tuple(parts) = &arg.kind {
            return Group::Tuple(parts.iter().map(|part| self.fields(part, all, out)).collect());
        }
        let field = self.place_or_value(arg, out).deref_all();
        match field.ty {
            T::Field(elem, _) => {
                all.push(field);
                Group::One(*elem)
            }
            T::Unit => Group::Tuple(Vec::new()),
            T::Never => Group::Tuple(Vec::new()),
            _ => {
                let what = "which field this is cannot be told before anything runs";
                self.report(Code::FieldNotNamed, arg.span, what, "name fields as `self.field`");
                Group::Tuple(Vec::new())
            }
        }
    }

    /// A closure whose parameters `bind` makes of their patterns.
    fn closure(
        &mut self,
        wanted: &str,
        pats: &[Pat],
        body: &Syntax,
        ret: TypeDesc,
        bind: impl FnOnce(&mut Self, &[Pat], &mut Vec<Param>),
    ) -> Closure {
        let (mut params, mut inner) = (Vec::new(), Stmts::new());
        let name = self.names.fresh(wanted);
        bind(self, pats, &mut params);
        let outer = self.closure.replace(ret);
        let frames = std::mem::take(&mut self.frames);
        let line = self.line;
        self.at(body.span);
        let first = self.line;
        match &body.kind {
            ExprKind::Block(block, _) => self.block(block, &Dest::Return, &mut inner),
            _ => self.into(body, &Dest::Return, &mut inner),
        }
        for param in &params {
            self.names.give_back(&param.name);
            self.constant.remove(&param.name);
        }
        self.line = line;
        self.frames = frames;
        self.closure = outer;
        let function = Function {
            doc: Vec::new(),
            file: self.body.model.file.clone(),
            line: first,
            params,
            ret,
            body: inner,
            facts: Facts::default(),
        };
        Closure { name, function }
    }

    /// Makes parameters of a closure of the views of some fields.
    fn views(&mut self, pat: &Pat, group: &Group, own: bool, params: &mut Vec<Param>) {
        match (group, &pat.kind) {
            (Group::One(elem), _) => {
                let view = if own { T::Own(ty::intern(*elem), 0) } else { T::Near(ty::intern(*elem), 0) };
                params.push(self.argument(pat, view));
            }
            (Group::Tuple(parts), PatKind::Tuple { elems, rest: None }) if elems.len() == parts.len() => {
                for (pat, part) in elems.iter().zip(parts) {
                    self.views(pat, part, own, params);
                }
            }
            (Group::Tuple(parts), PatKind::Wild) => {
                for part in parts {
                    self.views(pat, part, own, params);
                }
            }
            (Group::Tuple(parts), _) if parts.is_empty() => {}
            (Group::Tuple(_), _) => {
                let what = "several views under one name have no meaning in device code";
                self.report(Code::UnsupportedForm, pat.span, what, "name each of them: `|own, (a, b)| ..`");
            }
        }
    }

    /// A parameter of a closure.
    fn argument(&mut self, pat: &Pat, ty: TypeDesc) -> Param {
        let PatKind::Bind { local, name, sub: None, ty: witness, .. } = &pat.kind else {
            if !matches!(pat.kind, PatKind::Wild) {
                let what = "this pattern has no meaning in the parameters of a closure";
                self.report(Code::UnsupportedForm, pat.span, what, "take it apart in the closure's body");
            }
            return Param { name: String::new(), ty };
        };
        let ty = if matches!(ty, T::Own(..) | T::Near(..)) { self.ty(*witness) } else { ty };
        let name = self.names.variable(name);
        if !self.written.contains(local) {
            self.constant.insert(name.clone());
        }
        self.locals.insert(*local, Local { name: name.clone(), ty, form: Form::Value });
        Param { name, ty }
    }

    // ---- views ------------------------------------------------------------------------------------------------

    /// `view.here()`
    pub(crate) fn here(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        Expr::new(call.ty, Kind::CallMethod(Box::new(call.receiver.clone()), "here", Vec::new()))
    }

    /// `view.cell()`
    pub(crate) fn cell(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        Expr::new(call.ty, Kind::CallMethod(Box::new(call.receiver.clone()), "cell", Vec::new()))
    }

    /// `view.at([-1, 0, 0])`: an argument for each axis.
    pub(crate) fn neighbour(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let parts = match &call.args[0].kind {
            ExprKind::Array(parts) => self.operands(parts, out).into_iter().map(Expr::deref_all).collect(),
            _ => {
                let offset = self.value(&call.args[0], out).deref_all();
                let T::Array(elem, len) = offset.ty else { return Expr::never() };
                if let Kind::Construct(parts) = offset.kind {
                    parts
                } else {
                    let at = |axis| {
                        let index = Expr::int(ty::USIZE, axis as u128);
                        Expr::new(*elem, Kind::Index(Box::new(offset.clone()), Box::new(index)))
                    };
                    (0..len).map(at).collect()
                }
            }
        };
        Expr::new(call.ty, Kind::CallMethod(Box::new(call.receiver.clone()), "at", parts))
    }

    // ---- single cells -----------------------------------------------------------------------------------------

    /// `field.get(cell)`, `field.set(cell, value)`, `field.add(cell, value)`
    pub(crate) fn own_cell(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let values: Vec<Expr> = self.operands(call.args, out).into_iter().map(Expr::deref_all).collect();
        if values.iter().any(|value| value.ty == T::Never) {
            return Expr::never();
        }
        let site = self.site(FailureKind::OutOfBounds, ELSEWHERE);
        let mut args = vec![Expr::context(), Expr::int(ty::U32, site as u128), call.receiver.clone()];
        args.extend(values);
        if call.name == "get" {
            let place = self.temporary("cell_value", call.ty, None, out);
            args.push(place.clone());
            self.push(out, Do::Send(Expr::call("rk::get_cell", ty::U32, args)));
            if let Kind::Var(name) = &place.kind {
                self.constant.insert(name.clone());
            }
            return place;
        }
        let name = match (call.name, self.program.overflow_checks, args.last().map(|value| value.ty)) {
            ("set", ..) => "rk::set_cell",
            (_, true, Some(T::Int(_))) => {
                let site = self.site(FailureKind::Overflow, "attempt to add with overflow");
                args.insert(2, Expr::int(ty::U32, site as u128));
                "rk::add_to_cell_checked"
            }
            (_, _, Some(T::Int(_) | T::Float(_))) => "rk::add_to_cell",
            _ => {
                let what = format!("`add` to a cell of `{}` has no meaning in device code", ty::rust_name(args[3].ty));
                return self.error(Code::UnsupportedOperator, call.span, what, "`get` the cell, and `set` it");
            }
        };
        self.push(out, Do::Send(Expr::call(name, ty::U32, args)));
        Expr::unit()
    }

    // ---- the context ------------------------------------------------------------------------------------------

    /// `ctx.step()`
    pub(crate) fn grid_step(&mut self, _: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        Expr::context().field("step", U64)
    }

    /// `ctx.hold()`
    pub(crate) fn grid_hold(&mut self, _: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        self.push(out, Do::Eval(Expr::call("rk::hold", T::Unit, vec![Expr::context()])));
        Expr::unit()
    }

    /// `ctx.domain()`
    pub(crate) fn grid_domain(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        Expr::call_with("rk::domain", vec![Generic::Type(call.ty)], call.ty, vec![Expr::context()])
    }
}
