//! The head of a handler: which message it takes, and what else.

use super::Errors;
use crate::codes;

/// What a parameter after `self` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The message, first.
    Message,
    /// `ctx: &mut Context<Self>`
    Context,
    /// `reply: Reply<T>`
    Reply,
}

/// A handler's parameters after `self`, and what it answers.
#[derive(Clone, Debug)]
pub struct Handler {
    /// In the order of the signature.
    pub params: Vec<Role>,
    /// The type of the message.
    pub message: syn::Type,
    /// `T` of `reply: Reply<T>`, or the return type; `None` is `()`.
    pub reply: Option<syn::Type>,
}

/// Reads the head of a handler. `None` was reported.
pub fn handler(sig: &syn::Signature, errors: &mut Errors) -> Option<Handler> {
    let mut inputs = sig.inputs.iter();
    match inputs.next() {
        Some(syn::FnArg::Receiver(receiver)) => {
            if !matches!(receiver.kind, syn::ReceiverKind::Reference(..)) {
                errors.push(receiver, codes::HANDLER_PARAMS, "a handler takes `&mut self`, since the actor lives on");
                return None;
            }
        }
        _ => {
            errors.push(
                &sig.ident,
                codes::HANDLER_PARAMS,
                format_args!("the handler `{}` has no `&mut self`", sig.ident),
            );
            return None;
        }
    }
    let mut params = Vec::new();
    let mut message = None;
    let mut reply = match &sig.output {
        syn::ReturnType::Default => None,
        syn::ReturnType::Type(_, ty) if is_unit(ty) => None,
        syn::ReturnType::Type(_, ty) => Some((**ty).clone()),
    };
    for input in inputs {
        let syn::FnArg::Typed(param) = input else { continue };
        let role = role(&param.ty);
        if params.contains(&role) {
            errors.push(param, codes::HANDLER_PARAMS, "a handler takes one message, one context and one reply");
            return None;
        }
        params.push(role);
        match role {
            Role::Message => message = Some((*param.ty).clone()),
            Role::Context => {}
            Role::Reply => {
                if reply.is_some() {
                    errors.push(&sig.output, codes::TWO_REPLIES, "a handler with a `Reply` returns nothing itself");
                    return None;
                }
                reply = argument(&param.ty);
            }
        }
    }
    if !sig.generics.params.is_empty() {
        errors.push(&sig.generics, codes::METHOD_GENERICS, format_args!("the handler `{}` is generic", sig.ident));
        return None;
    }
    let Some(message) = message else {
        errors.push(&sig.ident, codes::HANDLER_PARAMS, format_args!("the handler `{}` takes no message", sig.ident));
        return None;
    };
    Some(Handler { params, message, reply })
}

fn is_unit(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// By the last segment of the type's name. A message may be called `Reply`, since only the library's is generic.
pub(super) fn role(ty: &syn::Type) -> Role {
    match ty {
        syn::Type::Reference(reference) if name_is(&reference.elem, "Context") => Role::Context,
        other if name_is(other, "Reply") && argument(other).is_some() => Role::Reply,
        _ => Role::Message,
    }
}

fn name_is(ty: &syn::Type, name: &str) -> bool {
    matches!(ty, syn::Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name))
}

/// `T` of `Reply<T>`.
fn argument(ty: &syn::Type) -> Option<syn::Type> {
    let syn::Type::Path(path) = ty else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    })
}

/// Whether any of a type's segments has arguments, so that it names one instance of a generic type.
#[must_use]
pub fn is_instance(ty: &syn::Type) -> bool {
    matches!(ty, syn::Type::Path(path)
        if path.path.segments.iter().any(|segment| !segment.arguments.is_none()))
}
