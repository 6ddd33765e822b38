//! Calls by path and of methods.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::closure;
use super::path::{Called, called, intrinsic};
use super::witnesses::Signature;
use super::{Both, Parser};
use crate::codes;
use crate::intrinsics::is_known;
use crate::model::{Callee, Expr, ExprKind, TypeId};

impl Parser<'_> {
    fn args<'e>(&mut self, args: impl IntoIterator<Item = &'e syn::Expr>) -> (Vec<Expr>, Vec<TokenStream>) {
        args.into_iter().map(|arg| self.expr(arg)).unzip()
    }

    /// The arguments of a user's function of a type, and witnesses of what they are as it takes them, and of what it returns.
    fn passed<'e>(
        &mut self,
        args: impl IntoIterator<Item = &'e syn::Expr>,
        span: Span,
    ) -> (Vec<Expr>, Vec<TokenStream>, (TypeId, Signature)) {
        let (args, mut shadows) = self.args(args);
        let mut witnesses = Vec::with_capacity(shadows.len());
        for shadow in &mut shadows {
            let (_, witness) = self.witnesses.binding(span);
            *shadow = quote_spanned!(span=> __rk::witness::see(&#witness, #shadow));
            witnesses.push(witness);
        }
        let (ty, result) = self.witnesses.ty(span);
        (args, shadows, (ty, Signature { args: witnesses, result }))
    }

    /// `f(a, b)`
    pub(super) fn call(&mut self, call: &syn::ExprCall) -> Both {
        let span = call.span();
        let func = match &*call.func {
            syn::Expr::Path(path) => path,
            other => {
                let what = "only what is named by a path can be called in device code";
                return self.reject(other, codes::CALLEE, what);
            }
        };
        if func.qself.is_none()
            && let Some(ident) = func.path.get_ident()
            && self.scope.find(ident).is_some()
        {
            let what = format_args!("`{ident}` is a value, and values cannot be called in device code");
            return self.reject(&call.func, codes::CALLEE, what);
        }
        match called(func) {
            Called::Trait(name) => self.trait_call(call, &name),
            Called::Host(name) => {
                let what = format_args!("`{name}` of the standard library cannot be called in device code");
                self.reject(call, codes::CALLEE, what)
            }
            Called::Function => {
                let (args, shadows) = self.args(&call.args);
                let (id, witness) = self.witnesses.function(func.span());
                let mut shadow = quote_spanned!(span=> #func::__call);
                call.paren_token.surround(&mut shadow, |tokens| tokens.extend(quote!(#witness, #(#shadows),*)));
                self.seen(span, ExprKind::Call(Callee::Fn(id), args), &shadow)
            }
            Called::Intrinsic(name) => self.library_call(call, func, name),
            Called::Constructor(name) => self.ordinary_call(call, Callee::Constructor { name }),
            Called::Assoc { on, name } if may_lack_arguments(func, &name) => {
                let (args, shadows, (ty, of)) = self.passed(&call.args, span);
                let last = func.path.segments.last().map_or_else(|| func.span(), |segment| segment.ident.span());
                let (method, on) = self.witnesses.assoc_inferred((func.span(), last), &on, &name, &of);
                let kind = ExprKind::Call(Callee::Assoc { on, name, method }, args);
                Self::seen_as(span, (ty, &of.result), kind, &quote_spanned!(span=> #func(#(#shadows),*)))
            }
            Called::Assoc { on, name } => {
                let last = func.path.segments.last().map_or_else(|| func.span(), |segment| segment.ident.span());
                let (args, shadows, (ty, of)) = self.passed(&call.args, span);
                let method = self.witnesses.assoc(last, &on, &name, &of);
                let on = self.witnesses.known(func.span(), &on);
                let mut shadow = quote!(#func);
                call.paren_token.surround(&mut shadow, |tokens| tokens.extend(quote!(#(#shadows),*)));
                let kind = ExprKind::Call(Callee::Assoc { on, name, method }, args);
                Self::seen_as(span, (ty, &of.result), kind, &shadow)
            }
        }
    }

    /// A call of a function that is known by its name; the shadow checks that no other function has that name.
    fn library_call(&mut self, call: &syn::ExprCall, func: &syn::ExprPath, name: String) -> Both {
        let (args, shadows) = self.args(&call.args);
        let library = intrinsic(&name, func.span());
        let shadow = quote_spanned!(func.span()=> {
            let __function = #func;
            __rk::witness::same(&__function, &#library);
            __function(#(#shadows),*)
        });
        self.seen(call.span(), ExprKind::Call(Callee::Intrinsic(name), args), &shadow)
    }

    /// A call that the shadow makes as it is written.
    fn ordinary_call(&mut self, call: &syn::ExprCall, callee: Callee) -> Both {
        let (args, shadows) = self.args(&call.args);
        let func = &call.func;
        let mut shadow = quote!(#func);
        call.paren_token.surround(&mut shadow, |tokens| tokens.extend(quote!(#(#shadows),*)));
        self.seen(call.span(), ExprKind::Call(callee, args), &shadow)
    }

    /// `receiver.method(a, b)`
    pub(super) fn method_call(&mut self, call: &syn::ExprMethodCall) -> Both {
        let (receiver, receiver_shadow) = self.expr(&call.receiver);
        if call.method == "expect"
            && let Some(syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) = call.args.first()
        {
            let ident = &call.method;
            let shadow = quote_spanned!(ident.span()=> __rk::witness::expected(#receiver_shadow));
            return self.seen(ident.span(), ExprKind::Expect(Box::new(receiver), text.value()), &shadow);
        }
        let (name, span) = (call.method.to_string(), call.method.span());
        let (args, shadows, (ty, of)) = if is_known(&name) {
            let (args, shadows) = if closure::takes_closures(&name) {
                call.args.iter().map(|arg| self.argument_of_field_operation(arg)).unzip()
            } else {
                self.args(&call.args)
            };
            let (ty, result) = self.witnesses.ty(span);
            (args, shadows, (ty, Signature { args: Vec::new(), result }))
        } else {
            self.passed(&call.args, span)
        };
        closure::check_offset(call, self.errors);
        let (method, witness) = self.witnesses.method(span, &name, &of);
        let place = quote_spanned!(call.receiver.span()=>
            (*__rk::witness::peek(&#witness, &#receiver_shadow)));
        let ident = &call.method;
        let turbofish = &call.turbofish;
        let mut shadow = quote!(#place.#ident #turbofish);
        call.paren_token.surround(&mut shadow, |tokens| tokens.extend(quote!(#(#shadows),*)));
        let kind = ExprKind::Method { receiver: Box::new(receiver), name, method, args };
        // A chain over several lines fails, and is reported, where the method is named.
        Self::seen_as(span, (ty, &of.result), kind, &shadow)
    }
}

/// Whether the type before a user's function is written as a plain name, and so may have arguments that are inferred.
fn may_lack_arguments(func: &syn::ExprPath, name: &str) -> bool {
    let segments = &func.path.segments;
    let plain = |segment: &syn::PathSegment| segment.arguments.is_none() && segment.ident != "Self";
    let owner = segments.len().checked_sub(2).and_then(|index| segments.get(index));
    func.qself.is_none() && !is_known(name) && owner.is_some_and(plain)
}
