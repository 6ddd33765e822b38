//! The head of a `#[step]`, what a grid does again and again; and what the methods beside it may not do.

use syn::visit::{self, Visit};

use super::Errors;
use super::handler::{Role, role};
use crate::codes;

/// Reads the head of a step: whether it takes the context. `None` was reported.
pub fn step(sig: &syn::Signature, errors: &mut Errors) -> Option<bool> {
    let mut wrong = |node: &dyn quote::ToTokens, what: std::fmt::Arguments<'_>| {
        errors.push(node, codes::STEP, what);
        None
    };
    let by_reference = |receiver: &syn::Receiver| matches!(receiver.kind, syn::ReceiverKind::Reference(_, _, Some(_)));
    if !sig.receiver().is_some_and(by_reference) {
        return wrong(&sig.ident, format_args!("the step `{}` does not take `&mut self`", sig.ident));
    }
    if let syn::ReturnType::Type(_, ty) = &sig.output {
        return wrong(ty, format_args!("the step `{}` returns something", sig.ident));
    }
    if !sig.generics.params.is_empty() {
        return wrong(&sig.generics, format_args!("the step `{}` is generic", sig.ident));
    }
    let mut rest = sig.inputs.iter().skip(1);
    let Some(first) = rest.next() else { return Some(false) };
    let is_context = matches!(first, syn::FnArg::Typed(param) if role(&param.ty) == Role::Context);
    if !is_context || rest.next().is_some() {
        return wrong(&sig.inputs, format_args!("the step `{}` takes something other than the context", sig.ident));
    }
    Some(true)
}

/// What a method is one of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A grid, whose tiles have neighbours, and no other actors to tell.
    OfGrid,
    /// Its handlers, which run in one tile alone.
    HandlerOfGrid,
    /// Any other actor.
    OfActor,
}

/// Reports what a method asks of its context and cannot have: messages of a grid to actors, or in a closure over cells, and of others to
/// neighbours; a hold in a handler; and barriers of cells, of other actors, or of tiles around none. It knows the context by the name it has in the signature; what it does not see so, rustc
/// reports when it makes the function, or the start.
pub fn check_context(method: &syn::ImplItemFn, part: Part, errors: &mut Errors) {
    let context = method.sig.inputs.iter().find_map(|input| match input {
        syn::FnArg::Typed(param) if role(&param.ty) == Role::Context => match &*param.pat {
            syn::Pat::Ident(name) => Some(&name.ident),
            _ => None,
        },
        _ => None,
    });
    if let Some(context) = context {
        Calls { context, part, in_closure: false, errors }.visit_block(&method.block);
    }
}

struct Calls<'a> {
    context: &'a syn::Ident,
    part: Part,
    in_closure: bool,
    errors: &'a mut Errors,
}

impl Calls<'_> {
    /// Reports extents of a neighbourhood that are even, where they are written as numbers; others fail the grid when it comes to them.
    fn extents(&mut self, group: Option<&syn::Expr>) {
        let Some(syn::Expr::Call(call)) = group else { return };
        let syn::Expr::Path(path) = &*call.func else { return };
        let is_near = path.path.segments.last().is_some_and(|last| last.ident == "Near");
        let Some(syn::Expr::Array(extents)) = call.args.first().filter(|_| is_near) else { return };
        for extent in &extents.elems {
            if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) = extent
                && number.base10_parse::<u32>().is_ok_and(|number| number % 2 == 0)
            {
                self.errors.push(
                    extent,
                    codes::NEAR_EXTENTS,
                    format_args!("`{number}` tiles have none in their middle"),
                );
            }
        }
    }
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let outside = std::mem::replace(&mut self.in_closure, true);
        visit::visit_expr_closure(self, closure);
        self.in_closure = outside;
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let of_context = matches!(&*call.receiver, syn::Expr::Path(path) if path.path.is_ident(self.context));
        let wrong = match (self.part, &*call.method.to_string()) {
            (Part::OfActor, "send" | "exchange") => {
                Some((codes::NEIGHBOUR_SENDS, "this actor is no tile of a grid, so it has no neighbours"))
            }
            (Part::OfActor, "barrier") => {
                Some((codes::ACTOR_BARRIER, "this actor is no tile of a grid, so nobody comes with it"))
            }
            (Part::OfActor, _) => None,
            (_, "tell" | "try_tell" | "actor") => Some((codes::GRID_SENDS, "a grid cannot send to actors so far")),
            (_, "send" | "exchange") if self.in_closure => {
                Some((codes::CELL_SENDS, "a message to a neighbour in a closure over cells"))
            }
            (_, "barrier") if self.in_closure => {
                Some((codes::CELL_BARRIER, "a barrier in a closure over cells, which do not wait for each other"))
            }
            (Part::HandlerOfGrid, "hold") => {
                Some((codes::HOLD_IN_HANDLER, "a handler cannot hold the grid: it runs in one tile alone"))
            }
            _ => None,
        };
        if let Some((code, what)) = wrong.filter(|_| of_context) {
            self.errors.push(&call.method, code, what);
        } else if of_context && call.method == "barrier" {
            self.extents(call.args.first());
        }
        visit::visit_expr_method_call(self, call);
    }
}
