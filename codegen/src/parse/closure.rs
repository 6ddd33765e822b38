//! Closures over cells: the last argument of `update`, `sum`, `min`, `max` and `reduce`.
//!
//! Anywhere else a closure is reported. Whether the receiver is a field is rustc's business, and whether an offset is a
//! constant that of the compiler, which unrolls loops; only one that is written out is checked here.

use quote::quote_spanned;
use syn::spanned::Spanned;

use super::{Both, Errors, Parser};
use crate::codes;
use crate::model::ExprKind;

/// How far away a neighbour may be along each axis, in cells.
pub(super) const MAX_OFFSET: u64 = 4;

/// Whether a method of this name takes closures.
pub(super) fn takes_closures(name: &str) -> bool {
    matches!(name, "update" | "sum" | "min" | "max" | "reduce")
}

/// Reports an offset in `view.at([-1, 0])` that is too far.
pub(super) fn check_offset(call: &syn::ExprMethodCall, errors: &mut Errors) {
    if call.method != "at" || call.args.len() != 1 {
        return;
    }
    let Some(syn::Expr::Array(offset)) = call.args.first() else { return };
    for part in &offset.elems {
        let digits = match part {
            syn::Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr, .. }) => &**expr,
            other => other,
        };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) = digits else { continue };
        if number.base10_parse::<u64>().is_ok_and(|cells| cells > MAX_OFFSET) {
            errors.push(part, codes::OFFSET, format_args!("an offset of {number} cells"));
        }
    }
}

impl Parser<'_> {
    /// An argument, which may be a closure.
    pub(super) fn argument_of_field_operation(&mut self, arg: &syn::Expr) -> Both {
        match arg {
            syn::Expr::Closure(closure) if closure.asyncness.is_none() => self.closure(closure),
            _ => self.expr(arg),
        }
    }

    fn closure(&mut self, closure: &syn::ExprClosure) -> Both {
        let span = closure.span();
        self.inner_attributes(&closure.attrs);
        let mark = self.scope.mark();
        let outer = self.take_pending();
        let (mut params, mut shadows) = (Vec::new(), Vec::new());
        for input in &closure.inputs {
            let (pat, shadow) = match input {
                syn::Pat::Type(typed) => {
                    let (pat, shadow) = self.pattern(&typed.pat);
                    let ty = &typed.ty;
                    (pat, quote_spanned!(typed.span()=> #shadow: #ty))
                }
                other => self.pattern(other),
            };
            params.push(pat);
            shadows.push(shadow);
        }
        let binds = self.take_pending();
        let (body, body_shadow) = self.expr(&closure.body);
        self.pending = outer;
        self.scope.reset(mark);
        let output = &closure.output;
        // What follows is not reached, so the lifetimes of views may be witnessed outside of it.
        let shadow = quote_spanned!(span=> |#(#shadows),*| #output { ::core::unreachable!(); #binds #body_shadow });
        Self::plain(span, ExprKind::Closure(params, Box::new(body)), shadow)
    }
}
