//! Calls by path: the user's functions, constructors, associated functions, and the free functions of the library.

use super::constant::{some_of, without_empty};
use super::method::MethodCall;
use super::{Lower, Stmts};
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::intrinsics;
use crate::ir::{Do, Expr, FnIndex, Kind};
use crate::model::{Callee, Expr as Syntax, Member, MethodId, Span};
use crate::ty;

impl Lower<'_> {
    pub(super) fn call(&mut self, callee: &Callee, args: &[Syntax], whole: &Syntax, out: &mut Stmts) -> Expr {
        match callee {
            Callee::Fn(id) => {
                let body = self.body;
                let function = body.tables.fns.get(id.0 as usize).and_then(|desc| self.resolved.function(desc));
                let Some(function) = function else {
                    self.internal(whole.span, "a called function is missing");
                    return Expr::never();
                };
                let args = self.operands(args, out);
                self.users_function(function, args, out)
            }
            Callee::Constructor { name } => {
                let ty = self.witness(whole);
                let args = self.operands(args, out);
                self.constructor(ty, name, args, whole.span)
            }
            Callee::Assoc { on, name, method } => {
                let body = self.body;
                if let Some(Some(desc)) = body.tables.methods.get(method.0 as usize) {
                    let Some(function) = self.resolved.function(desc) else { return Expr::never() };
                    let args = self.operands(args, out);
                    return self.users_function(function, args, out);
                }
                let on = self.ty(*on);
                self.associated(on, name, *method, args, whole, out)
            }
            Callee::Intrinsic(name) => self.free_function(name, args, whole, out),
        }
    }

    /// A call of a user's function with its arguments evaluated, `self` first.
    pub(super) fn users_function(&mut self, function: FnIndex, args: Vec<Expr>, out: &mut Stmts) -> Expr {
        let callee = &self.lowered.functions[function.0];
        let (facts, ret) = (callee.facts, callee.ret);
        let params: Vec<TypeDesc> = callee.params.iter().map(|param| param.ty).collect();
        let mut given = Vec::with_capacity(params.len());
        let args = args.into_iter().filter(|arg| !super::function::is_ambient(arg.ty));
        for (arg, param) in args.zip(params) {
            if arg.ty == T::Never {
                return arg;
            }
            let arg = self.coerce(arg, param);
            given.push(match (arg.ty, param) {
                (T::Ref { .. }, _) | (_, T::Ref { .. }) => arg,
                _ => arg,
            });
        }
        let no_value = ret == T::Never || ty::is_zero_sized(ret);
        if facts.can_fail {
            let result = if no_value { None } else { Some(self.fn_result(function, ret, None, out)) };
            let name = result.as_ref().and_then(|place| match &place.kind {
                Kind::Var(name) => Some(name.clone()),
                _ => None,
            });
            self.push(out, Do::TryFn { function, result: name, args: given });
            if ret == T::Never {
                return Expr::never();
            }
            return match result {
                Some(place) => self.read(place),
                None => self.zero_sized(ret),
            };
        }
        let call = Expr::new(ret, Kind::CallFn(function, given));
        if no_value {
            self.push(out, Do::Eval(call));
            return self.zero_sized(ret);
        }
        if facts.has_effects || ty::needs_drop(ret) {
            let place = self.fn_result(function, ret, Some(call), out);
            return self.read(place);
        }
        call
    }

    fn fn_result(&mut self, function: FnIndex, ret: TypeDesc, init: Option<Expr>, out: &mut Stmts) -> Expr {
        let wanted = self.resolved.bodies[function.0].model.name.clone();
        let place = self.temporary(&wanted, ret, init, out);
        if let (Kind::Var(name), false) = (&place.kind, ty::needs_drop(ret)) {
            self.constant.insert(name.clone());
        }
        place
    }

    /// `Some(x)`, `Meters(x)`, `Shape::Circle(x)`
    fn constructor(&mut self, ty: TypeDesc, name: &str, args: Vec<Expr>, span: Span) -> Expr {
        if let Some(never) = args.iter().find(|arg| arg.ty == T::Never) {
            return never.clone();
        }
        match ty {
            T::Option(some) => {
                let Some(value) = args.into_iter().next() else { return Expr::never() };
                let value = self.coerce(value, *some);
                some_of(ty, value)
            }
            T::Struct(_) => self.construct(ty, args),
            T::Enum(desc) => {
                let Some(variant) = desc.variants.iter().find(|variant| variant.name == name) else {
                    self.internal(span, &format!("`{}` has no variant `{name}`", desc.name));
                    return Expr::never();
                };
                Expr::new(ty, Kind::Variant(variant.name, without_empty(args)))
            }
            T::Never => Expr::never(),
            _ => self.error(
                Code::UnsupportedForm,
                span,
                format!("`{name}(..)` of type `{}` cannot be made in device code", ty::rust_name(ty)),
                None,
            ),
        }
    }

    /// `Name { a: 1, ..base }`
    pub(super) fn struct_literal(
        &mut self,
        ty: TypeDesc,
        name: &str,
        fields: &[(Member, Syntax)],
        base: Option<&Syntax>,
        span: Span,
        out: &mut Stmts,
    ) -> Expr {
        let declared = match ty {
            T::Struct(desc) => desc.fields,
            T::Enum(desc) => match desc.variants.iter().find(|variant| variant.name == name) {
                Some(variant) => variant.fields,
                None => &[],
            },
            T::Never => return Expr::never(),
            _ => &[],
        };
        // Evaluated in the order written, passed in the order declared.
        let mut values = Vec::with_capacity(fields.len());
        for (_, value) in fields {
            let mut before = Stmts::new();
            let value = self.value(value, &mut before);
            self.sequence(&mut values, before, out);
            values.push(value);
        }
        let base = match base {
            Some(base) => {
                let mut before = Stmts::new();
                let place = self.place(base, &mut before).deref_all();
                self.sequence(&mut values, before, out);
                Some(if place.size() > 4 && !super::place::is_place(&place) { self.keep(place, out) } else { place })
            }
            None => None,
        };
        let mut parts = Vec::with_capacity(declared.len());
        for field in declared {
            let written = fields.iter().position(|(member, _)| member.name() == field.name);
            let part = match (written, &base) {
                (Some(index), _) => self.coerce(values[index].clone(), field.ty),
                (None, Some(base)) => {
                    let part = self.member(base.clone(), &Member::Named(field.name.to_owned()), span);
                    self.read(part)
                }
                (None, None) => {
                    self.internal(span, &format!("field `{}` is not given", field.name));
                    return Expr::never();
                }
            };
            if part.ty == T::Never {
                return part;
            }
            parts.push(part);
        }
        match ty {
            T::Enum(desc) => match desc.variants.iter().find(|variant| variant.name == name) {
                Some(variant) => Expr::new(ty, Kind::Variant(variant.name, without_empty(parts))),
                None => Expr::never(),
            },
            _ => self.construct(ty, parts),
        }
    }

    /// `f32::from_bits(x)`, `u64::from(x)`, `i32::wrapping_add(a, b)`
    fn associated(
        &mut self,
        on: TypeDesc,
        name: &str,
        method: MethodId,
        args: &[Syntax],
        whole: &Syntax,
        out: &mut Stmts,
    ) -> Expr {
        match (name, on, args) {
            ("from", T::Int(_) | T::Float(_), [arg]) => {
                let value = self.value(arg, out).deref_all();
                if matches!(value.ty, T::Int(_) | T::Float(_) | T::Bool) {
                    return self.cast(value, on, whole.span);
                }
            }
            ("default", _, []) => {
                // Only types whose default is all zeros are the library's own; a user's `default` is a `#[ring_fn]`.
                if ty::default_is_zero(on) {
                    return Expr::new(on, Kind::Construct(Vec::new()));
                }
            }
            _ => {}
        }
        if let Some(row) = intrinsics::associated(on, name, args.len()) {
            let values = self.operands(args, out);
            let ty = self.witness(whole);
            return self.row(row, values, ty, whole.span, out);
        }
        // A method called by its path: the first argument is the receiver.
        if let [receiver, rest @ ..] = args {
            let place = self.place_or_value(receiver, out).deref_all();
            let ty = self.witness(whole);
            let call = MethodCall { receiver: place, name, method: Some(method), args: rest, ty, span: whole.span };
            return self.intrinsic(&call, out);
        }
        self.unknown(&format!("`{}::{name}`", ty::rust_name(on)), whole.span)
    }

    /// `swap(a, b)`, `fence(..)`, `min(a, b)`
    fn free_function(&mut self, name: &str, args: &[Syntax], whole: &Syntax, out: &mut Stmts) -> Expr {
        match (name, args.len()) {
            ("swap", 2) => {
                let values = self.operands(args, out);
                let places = values.into_iter().map(Expr::deref_all).collect();
                self.push(out, Do::Eval(Expr::call("rk::swap", T::Unit, places)));
                Expr::unit()
            }
            ("replace", 2) => {
                let mut values = self.operands(args, out);
                let (Some(value), Some(place)) = (values.pop(), values.pop()) else { return Expr::never() };
                let place = place.deref_all();
                let ty = place.ty;
                let value = self.coerce(value, ty);
                let old = Expr::call("rk::replace", ty, vec![place, value]);
                self.keep(old, out)
            }
            ("take", 1) => {
                let place = self.value(&args[0], out).deref_all();
                let ty = place.ty;
                if !ty::default_is_zero(ty) {
                    let what = format!("`take` of `{}` cannot be called from device code", ty::rust_name(ty));
                    let help = "write `replace(place, Type::default())`";
                    return self.error(Code::UnknownFunction, whole.span, what, help);
                }
                self.keep(Expr::call("rk::take", ty, vec![place]), out)
            }
            ("min" | "max", 2) => {
                let values = self.operands(args, out);
                let ty = values[0].ty;
                if ty::is_scalar(ty) && !matches!(ty, T::Float(_)) {
                    let name = if name == "min" { "rk::min" } else { "rk::max" };
                    return Expr::call(name, ty, values);
                }
                // Without a receiver to ask about; a type of the user's is told to use the method.
                let call =
                    MethodCall { receiver: values[0].clone(), name, method: None, args: &[], ty, span: whole.span };
                self.ordered(&call, values, out)
            }
            ("drop", 1) => {
                let value = self.value(&args[0], out);
                if ty::needs_drop(value.ty) {
                    self.discard(value, out);
                }
                Expr::unit()
            }
            ("fence", 2) => self.fence(args, out),
            _ => self.unknown(&format!("`{name}`"), whole.span),
        }
    }

    pub(super) fn unknown(&mut self, what: &str, span: Span) -> Expr {
        self.error(
            Code::UnknownFunction,
            span,
            format!("{what} cannot be called from device code"),
            "write it as a `#[ring_fn]`, or use one of the functions listed in docs/language.md",
        )
    }
}
