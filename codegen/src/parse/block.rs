//! Blocks and statements.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Parser, span_of};
use crate::codes;
use crate::model::{Block, Stmt};

impl Parser<'_> {
    /// A block; `first` is put at the beginning of its shadow.
    pub(super) fn block(&mut self, block: &syn::Block, first: TokenStream) -> (Block, TokenStream) {
        let (model, inner) = self.statements(block, first);
        let mut shadow = TokenStream::new();
        block.brace_token.surround(&mut shadow, |tokens| tokens.extend(inner));
        (model, shadow)
    }

    /// What is between the braces.
    pub(super) fn statements(&mut self, block: &syn::Block, first: TokenStream) -> (Block, TokenStream) {
        let mark = self.scope.mark();
        let mut stmts = Vec::new();
        let mut value = None;
        let mut shadow = first;
        self.declare_items(block);
        let last = block.stmts.len().wrapping_sub(1);
        for (index, stmt) in block.stmts.iter().enumerate() {
            match stmt {
                syn::Stmt::Local(local) => stmts.push(self.local(local, &mut shadow)),
                syn::Stmt::Item(item) => shadow.extend(quote!(#item)),
                syn::Stmt::Expr(expr, semi) => {
                    let (model, tokens) = self.expr(expr);
                    shadow.extend(quote!(#tokens #semi));
                    if semi.is_none() && index == last {
                        value = Some(Box::new(model));
                    } else {
                        stmts.push(Stmt::Expr(model));
                    }
                }
                syn::Stmt::Macro(mac) => {
                    self.inner_attributes(&mac.attrs);
                    let (model, tokens) = self.macro_call(&mac.mac, &mac.mac);
                    let semi = &mac.semi_token;
                    shadow.extend(quote!(#tokens #semi));
                    if semi.is_none() && index == last {
                        value = Some(Box::new(model));
                    } else {
                        stmts.push(Stmt::Expr(model));
                    }
                }
            }
        }
        self.scope.reset(mark);
        (Block { stmts, value, end: span_of(block.brace_token.span.close()) }, shadow)
    }

    /// Items are visible in all of their block, also before they are declared.
    fn declare_items(&mut self, block: &syn::Block) {
        for stmt in &block.stmts {
            let syn::Stmt::Item(item) = stmt else { continue };
            match item {
                syn::Item::Const(_) | syn::Item::Use(_) => self.scope.declare_item(quote!(#item)),
                other => {
                    self.errors.push(other, codes::INNER_ITEM, "this item cannot stand inside a body of device code");
                }
            }
        }
    }

    fn local(&mut self, local: &syn::Local, shadow: &mut TokenStream) -> Stmt {
        self.inner_attributes(&local.attrs);
        let mut init = None;
        let mut or_else = None;
        let mut tail = TokenStream::new();
        if let Some(written) = &local.init {
            let (model, tokens) = self.expr(&written.expr);
            let eq = &written.eq_token;
            tail.extend(quote!(#eq #tokens));
            init = Some(model);
            if let Some((token, diverge)) = &written.diverge
                && let syn::Expr::Block(block) = &**diverge
            {
                let (model, tokens) = self.block(&block.block, TokenStream::new());
                tail.extend(quote!(#token #tokens));
                or_else = Some(model);
            }
        }
        // The initialiser is parsed first: it does not see what the pattern binds.
        let (written, ascription) = match &local.pat {
            syn::Pat::Type(typed) => {
                let (colon, ty) = (&typed.colon_token, &typed.ty);
                (&*typed.pat, quote!(#colon #ty))
            }
            other => (other, TokenStream::new()),
        };
        let (pat, pat_shadow) = self.pattern(written);
        let binds = self.take_pending();
        let let_ = &local.let_token;
        let semi = quote_spanned!(local.semi_token.span()=> ;);
        shadow.extend(quote!(#let_ #pat_shadow #ascription #tail #semi #binds));
        Stmt::Let { span: span_of(local.span()), pat, init, or_else }
    }
}
