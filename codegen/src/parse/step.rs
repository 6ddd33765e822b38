//! The head of a `#[step]`: what a grid does again and again.

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
