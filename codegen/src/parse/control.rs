//! Control flow: conditions, matches, loops and the jumps out of them.
//!
//! A condition's `let`s bind in what follows them, so a scope is opened before the condition and closed after the
//! block; the shadow witnesses such bindings at the start of the block.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Expr as Syn;
use syn::spanned::Spanned;

use super::{Both, Parser, span_of};
use crate::model::{Arm, ExprKind, LabelId};

fn label_name(label: &syn::Label) -> String {
    label.name.ident.to_string()
}

impl Parser<'_> {
    pub(super) fn control(&mut self, expr: &Syn) -> Both {
        match expr {
            Syn::Block(block) => self.block_expr(block),
            Syn::If(branch) => self.branch(branch),
            Syn::Let(condition) => {
                let (value, value_shadow) = self.expr(&condition.expr);
                let (pat, pat_shadow) = self.pattern(&condition.pat);
                let (let_, eq) = (&condition.let_token, &condition.eq_token);
                let kind = ExprKind::Let(pat, Box::new(value));
                Self::plain(condition.span(), kind, quote!(#let_ #pat_shadow #eq #value_shadow))
            }
            Syn::Match(match_) => self.matching(match_),
            Syn::Loop(loop_) => {
                let label = self.enter_loop(loop_.label.as_ref());
                let (body, shadow) = self.block(&loop_.body, TokenStream::new());
                self.scope.leave();
                let (name, token) = (&loop_.label, &loop_.loop_token);
                Self::plain(loop_.span(), ExprKind::Loop(label, body), quote!(#name #token #shadow))
            }
            Syn::While(while_) => {
                // The condition is inside of the loop: a `break` in it leaves this loop.
                let label = self.enter_loop(while_.label.as_ref());
                let mark = self.scope.mark();
                let (cond, cond_shadow) = self.expr(&while_.cond);
                let binds = self.take_pending();
                let (body, shadow) = self.block(&while_.body, binds);
                self.scope.reset(mark);
                self.scope.leave();
                let (name, token) = (&while_.label, &while_.while_token);
                let kind = ExprKind::While(label, Box::new(cond), body);
                Self::plain(while_.span(), kind, quote!(#name #token #cond_shadow #shadow))
            }
            Syn::ForLoop(for_) => {
                let (iter, iter_shadow) = self.expr(&for_.expr);
                let label = self.enter_loop(for_.label.as_ref());
                let mark = self.scope.mark();
                let (pat, pat_shadow) = self.pattern(&for_.pat);
                let binds = self.take_pending();
                let (body, shadow) = self.block(&for_.body, binds);
                self.scope.reset(mark);
                self.scope.leave();
                let (name, for_token, in_token) = (&for_.label, &for_.for_token, &for_.in_token);
                let kind = ExprKind::For { label, pat, iter: Box::new(iter), body };
                Self::plain(for_.span(), kind, quote!(#name #for_token #pat_shadow #in_token #iter_shadow #shadow))
            }
            Syn::Break(jump) => {
                let (value, value_shadow) = self.optional(jump.expr.as_deref());
                let (token, label) = (&jump.break_token, &jump.label);
                let shadow = quote!(#token #label #value_shadow);
                let target = self.target(jump.label.as_ref());
                Self::plain(jump.span(), ExprKind::Break(target, value), shadow)
            }
            Syn::Continue(jump) => {
                let target = self.target(jump.label.as_ref());
                Self::plain(jump.span(), ExprKind::Continue(target), quote!(#jump))
            }
            Syn::Return(jump) => {
                let (value, value_shadow) = self.optional(jump.expr.as_deref());
                let token = &jump.return_token;
                Self::plain(jump.span(), ExprKind::Return(value), quote!(#token #value_shadow))
            }
            other => self.expr(other),
        }
    }

    fn optional(&mut self, expr: Option<&Syn>) -> (Option<Box<crate::model::Expr>>, TokenStream) {
        match expr {
            Some(expr) => {
                let (model, shadow) = self.expr(expr);
                (Some(Box::new(model)), shadow)
            }
            None => (None, TokenStream::new()),
        }
    }

    fn enter_loop(&mut self, label: Option<&syn::Label>) -> LabelId {
        self.scope.enter(label.map(label_name), true)
    }

    /// What a jump refers to; if nothing, rustc reports it on the user's own body.
    fn target(&mut self, label: Option<&syn::Lifetime>) -> LabelId {
        let name = label.map(|label| label.ident.to_string());
        self.scope.target(name.as_deref()).unwrap_or(LabelId(u32::MAX))
    }

    fn block_expr(&mut self, block: &syn::ExprBlock) -> Both {
        let label = block.label.as_ref().map(|label| self.scope.enter(Some(label_name(label)), false));
        let (body, shadow) = self.block(&block.block, TokenStream::new());
        if label.is_some() {
            self.scope.leave();
        }
        let name = &block.label;
        Self::plain(block.span(), ExprKind::Block(body, label), quote!(#name #shadow))
    }

    fn branch(&mut self, branch: &syn::ExprIf) -> Both {
        let mark = self.scope.mark();
        let (cond, cond_shadow) = self.expr(&branch.cond);
        let binds = self.take_pending();
        let (then, then_shadow) = self.block(&branch.then_branch, binds);
        self.scope.reset(mark);
        let (or_else, else_shadow) = match &branch.else_branch {
            Some((token, other)) => {
                let (model, shadow) = self.expr(other);
                (Some(Box::new(model)), quote!(#token #shadow))
            }
            None => (None, TokenStream::new()),
        };
        let token = &branch.if_token;
        let kind = ExprKind::If { cond: Box::new(cond), then, or_else };
        Self::plain(branch.span(), kind, quote!(#token #cond_shadow #then_shadow #else_shadow))
    }

    fn matching(&mut self, match_: &syn::ExprMatch) -> Both {
        let (value, value_shadow) = self.expr(&match_.expr);
        let mut arms = Vec::new();
        let mut shadows = TokenStream::new();
        for arm in &match_.arms {
            self.inner_attributes(&arm.attrs);
            let mark = self.scope.mark();
            let (written, guard) = split_guard(&arm.pat);
            let (pat, pat_shadow) = self.pattern(written);
            let (guard, guard_shadow) = match guard {
                Some((token, guard)) => {
                    let (model, shadow) = self.expr(guard);
                    (Some(model), quote!(#token #shadow))
                }
                None => (None, TokenStream::new()),
            };
            let binds = self.take_pending();
            let (body, body_shadow) = self.expr(&arm.body);
            self.scope.reset(mark);
            let arrow = &arm.fat_arrow_token;
            let braced = quote_spanned!(arm.body.span()=> { #binds #body_shadow });
            shadows.extend(quote!(#pat_shadow #guard_shadow #arrow #braced,));
            arms.push(Arm { span: span_of(arm.span()), pat, guard, body });
        }
        let span = match_.span();
        let token = &match_.match_token;
        let kind = ExprKind::Match { value: Box::new(value), arms };
        Self::plain(span, kind, quote_spanned!(span=> #token #value_shadow { #shadows }))
    }
}

/// The pattern and the guard of an arm.
pub(super) fn split_guard(pat: &syn::Pat) -> (&syn::Pat, Option<(&syn::Token![if], &Syn)>) {
    match pat {
        syn::Pat::Guard(guarded) => (&guarded.pat, Some((&guarded.if_token, &guarded.guard))),
        other => (other, None),
    }
}
