//! The outside of a function: its parameters and where its value goes.

use super::{Dest, Local, Lower, Stmts};
use crate::desc::TypeDesc as T;
use crate::ir::{Do, Expr, Facts, Form, Function, Param};
use crate::model::{LocalId, PatKind, SelfKind};
use crate::ty;

impl Lower<'_> {
    pub(super) fn function(mut self) -> Function {
        let body = self.body;
        let model = &body.model;
        let (mut params, mut out) = (Vec::new(), Stmts::new());
        if let Some((kind, local, id)) = model.receiver {
            let ty = match (kind, self.ty(id)) {
                // The witness of `self` may be of the type itself.
                (SelfKind::Ref | SelfKind::RefMut, ty) if !matches!(ty, T::Ref { .. }) => {
                    ty::ref_to(ty, kind == SelfKind::RefMut)
                }
                (_, ty) => ty,
            };
            params.push(self.parameter("self", Some(local), ty, &mut out));
        }
        for param in &model.params {
            let ty = self.ty(param.ty);
            match &param.pat.kind {
                PatKind::Bind { local, name, by_ref: false, sub: None, .. } => {
                    params.push(self.parameter(name, Some(*local), ty, &mut out));
                }
                PatKind::Wild => {
                    let name = if ty::needs_drop(ty) { "unused" } else { "" };
                    params.push(self.parameter(name, None, ty, &mut out));
                }
                _ => {
                    let name = format!("argument_{}", params.len() + 1);
                    let bound = self.parameter(&name, None, ty, &mut out);
                    let place = held(&bound.name, ty, form_of_parameter(ty));
                    self.bind(&param.pat, &place, &mut out);
                    params.push(bound);
                }
            }
        }
        let ret = self.ty(model.ret);
        let dest = if ret == T::Unit { Dest::Discard } else { Dest::Return };
        self.block(&model.body, &dest, &mut out);
        Function {
            doc: model.doc.clone(),
            file: model.file.clone(),
            line: model.span.line,
            params: params.into_iter().filter(|param| !is_ambient(param.ty)).collect(),
            ret,
            body: out,
            facts: Facts::default(),
        }
    }

    /// Declares a parameter. One of reference type is a C++ reference; if the user assigns it anew, a pointer is made
    /// of it first.
    fn parameter(&mut self, name: &str, local: Option<LocalId>, ty: crate::desc::TypeDesc, out: &mut Stmts) -> Param {
        if name.is_empty() || is_ambient(ty) {
            if let Some(local) = local {
                self.locals.insert(local, Local { name: "ctx".into(), ty, form: Form::Value });
            }
            return Param { name: String::new(), ty };
        }
        let name = if name == "self" { name.to_owned() } else { self.names.variable(name) };
        let form = form_of_parameter(ty);
        let mut held_as = Local { name: name.clone(), ty, form };
        let written = local.is_some_and(|local| self.written.contains(&local));
        if !written && form == Form::Value && !ty::needs_drop(ty) {
            self.constant.insert(name.clone());
        }
        if form == Form::Reference && local.is_some_and(|local| self.assigned.contains(&local)) {
            let pointer = self.names.fresh(&name);
            let init = Some(held(&name, ty, form));
            self.push(out, Do::Declare { name: pointer.clone(), ty, form: Form::Value, constant: false, init });
            held_as = Local { name: pointer, ty, form: Form::Value };
        }
        if let Some(local) = local {
            self.locals.insert(local, held_as);
        }
        self.guard(&name, ty, out);
        Param { name, ty }
    }
}

/// A value that every function reaches under one name rather than as a parameter: the context.
pub(super) fn is_ambient(ty: crate::desc::TypeDesc) -> bool {
    matches!(ty::peel(ty), T::Context(_) | T::Host)
}

/// How a binding of this type is held if it is never assigned anew.
pub(super) fn form_of_parameter(ty: crate::desc::TypeDesc) -> Form {
    match ty {
        T::Ref { to, .. } if !matches!(to, T::Slice(_)) => Form::Reference,
        _ => Form::Value,
    }
}

/// The value of a variable that is held in this form.
pub(super) fn held(name: &str, ty: crate::desc::TypeDesc, form: Form) -> Expr {
    match (form, ty) {
        (Form::Reference, T::Ref { to, .. }) => Expr::var(name, *to).addr(ty),
        _ => Expr::var(name, ty),
    }
}
