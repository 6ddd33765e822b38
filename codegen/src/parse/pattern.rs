//! Patterns.
//!
//! The shadow writes every binding as `name @ _`, so that a constant of that name, which would silently turn the
//! binding into a comparison, is rustc's own error.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Pat as Syn;
use syn::spanned::Spanned;

use super::path::{is_capitalised, last_name};
use super::scope::Name;
use super::{Parser, span_of};
use crate::codes;
use crate::model::{Expr, ExprKind, LocalId, Pat, PatKind, TypeId};

/// The names bound by one pattern: in alternatives, a name is one binding.
type Bound = HashMap<Name, (LocalId, TypeId)>;

impl Parser<'_> {
    /// A pattern; what it binds is in scope from here on, and pending to be witnessed.
    pub(super) fn pattern(&mut self, pat: &Syn) -> (Pat, TokenStream) {
        let mut bound = Bound::new();
        let parsed = self.pattern_in(pat, &mut bound);
        let mut names: Vec<_> = bound.into_iter().collect();
        names.sort_by_key(|(_, (local, _))| local.0);
        for (name, (local, _)) in names {
            self.scope.declare(name, local);
        }
        parsed
    }

    fn pattern_in(&mut self, pat: &Syn, bound: &mut Bound) -> (Pat, TokenStream) {
        let span = pat.span();
        let (kind, shadow) = match pat {
            Syn::Wild(_) => (PatKind::Wild, quote!(#pat)),
            Syn::Paren(inner) => {
                let (model, shadow) = self.pattern_in(&inner.pat, bound);
                return (model, quote_spanned!(span=> (#shadow)));
            }
            Syn::Ident(ident) => self.binding(ident, bound),
            Syn::Path(path) => self.path_pattern(path),
            Syn::Lit(lit) => self.literal_pattern(&lit.lit, false, pat),
            Syn::Range(range) => {
                let (from, to) = (self.bound(range.start.as_deref()), self.bound(range.end.as_deref()));
                let inclusive = matches!(range.limits, syn::RangeLimits::Closed(_));
                (PatKind::Range { from, to, inclusive }, quote!(#range))
            }
            Syn::Reference(reference) => {
                let (inner, shadow) = self.pattern_in(&reference.pat, bound);
                let (and, mutability) = (&reference.and_token, &reference.mutability);
                (PatKind::Ref(Box::new(inner)), quote!(#and #mutability #shadow))
            }
            Syn::Or(or) => {
                let (cases, shadows): (Vec<_>, Vec<_>) =
                    or.cases.iter().map(|case| self.pattern_in(case, bound)).unzip();
                let leading = &or.leading_vert;
                (PatKind::Or(cases), quote!(#leading #(#shadows)|*))
            }
            Syn::Tuple(tuple) => {
                let (elems, rest, shadows) = self.elements(&tuple.elems, bound);
                (PatKind::Tuple { elems, rest }, quote_spanned!(span=> (#(#shadows,)*)))
            }
            Syn::TupleStruct(tuple) => {
                let (elems, rest, shadows) = self.elements(&tuple.elems, bound);
                let path = whole_path(tuple.qself.as_ref(), &tuple.path);
                let name = last_name(&tuple.path);
                (PatKind::TupleStruct { name, elems, rest }, quote_spanned!(span=> #path(#(#shadows),*)))
            }
            Syn::Struct(fields) => self.struct_pattern(fields, bound),
            Syn::Slice(slice) => self.slice_pattern(slice, bound),
            // A negative literal is an expression to syn.
            Syn::Verbatim(_) | Syn::Const(_) | Syn::Macro(_) | Syn::Rest(_) | Syn::Guard(_) | Syn::Type(_) => {
                self.rejected_pattern(pat)
            }
            _ => self.rejected_pattern(pat),
        };
        (Pat { span: span_of(span), kind }, shadow)
    }

    fn rejected_pattern(&mut self, pat: &Syn) -> (PatKind, TokenStream) {
        self.errors.push(pat, codes::PATTERN, "this pattern does not exist in device code");
        (PatKind::Wild, quote!(_))
    }

    fn binding(&mut self, pat: &syn::PatIdent, bound: &mut Bound) -> (PatKind, TokenStream) {
        let name = pat.ident.to_string();
        if is_capitalised(&name) && pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none() {
            let path = syn::ExprPath { attrs: Vec::new(), qself: None, path: pat.ident.clone().into() };
            return self.path_pattern(&path);
        }
        let (local, ty) = match bound.get(&Name::new(&pat.ident)) {
            Some(known) => *known,
            None => {
                let local = self.scope.fresh();
                let (ty, witness) = self.witnesses.binding(pat.ident.span());
                let ident = &pat.ident;
                self.pending.extend(quote_spanned!(pat.ident.span()=> __rk::witness::bind(&#witness, &#ident);));
                bound.insert(Name::new(&pat.ident), (local, ty));
                (local, ty)
            }
        };
        let (by_ref, mutability, ident) = (&pat.by_ref, &pat.mutability, &pat.ident);
        let (sub, sub_shadow) = match &pat.subpat {
            Some((_, sub)) => {
                let (model, shadow) = self.pattern_in(sub, bound);
                (Some(Box::new(model)), shadow)
            }
            None => (None, quote!(_)),
        };
        (
            PatKind::Bind { local, name, ty, by_ref: by_ref.is_some(), sub },
            quote!(#by_ref #mutability #ident @ #sub_shadow),
        )
    }

    /// A path without data. Camel case is a unit variant, whose type the scrutinee knows better than the path does.
    fn path_pattern(&mut self, path: &syn::ExprPath) -> (PatKind, TokenStream) {
        let name = last_name(&path.path);
        let shadow = path.to_token_stream();
        if is_capitalised(&name) && name.contains(char::is_lowercase) {
            return (PatKind::UnitVariant(name), shadow);
        }
        let (id, _) = self.witnesses.konst(path.span(), &shadow, &self.scope);
        (PatKind::Const(id), shadow)
    }

    fn literal_pattern(&mut self, lit: &syn::Lit, negative: bool, at: &impl ToTokens) -> (PatKind, TokenStream) {
        match self.literal(lit, negative) {
            Some(lit) => (PatKind::Lit(lit), at.to_token_stream()),
            None => (PatKind::Wild, quote!(_)),
        }
    }

    /// One end of a range: a literal, whose type is that of what is matched, or a constant.
    fn bound(&mut self, expr: Option<&syn::Expr>) -> Option<Box<Expr>> {
        let expr = expr?;
        let kind = match expr {
            syn::Expr::Lit(lit) => ExprKind::Lit(self.literal(&lit.lit, false)?),
            syn::Expr::Unary(unary) => match &*unary.expr {
                syn::Expr::Lit(lit) => ExprKind::Lit(self.literal(&lit.lit, true)?),
                _ => {
                    self.errors.push(expr, codes::PATTERN, "a range in a pattern ends in a literal or a constant");
                    return None;
                }
            },
            syn::Expr::Path(path) => {
                ExprKind::Const(self.witnesses.konst(path.span(), &path.to_token_stream(), &self.scope).0)
            }
            other => {
                self.errors.push(other, codes::PATTERN, "a range in a pattern ends in a literal or a constant");
                return None;
            }
        };
        Some(Box::new(Expr { span: span_of(expr.span()), ty: None, kind }))
    }

    fn elements<'p>(
        &mut self,
        pats: impl IntoIterator<Item = &'p Syn>,
        bound: &mut Bound,
    ) -> (Vec<Pat>, Option<u32>, Vec<TokenStream>) {
        let mut elems = Vec::new();
        let mut rest = None;
        let mut shadows = Vec::new();
        for pat in pats {
            if let Syn::Rest(dots) = pat {
                rest = Some(elems.len() as u32);
                shadows.push(quote!(#dots));
            } else {
                let (model, shadow) = self.pattern_in(pat, bound);
                elems.push(model);
                shadows.push(shadow);
            }
        }
        (elems, rest, shadows)
    }

    fn struct_pattern(&mut self, pat: &syn::PatStruct, bound: &mut Bound) -> (PatKind, TokenStream) {
        let mut fields = Vec::new();
        let mut shadows = TokenStream::new();
        for field in &pat.fields {
            self.inner_attributes(&field.attrs);
            let (model, shadow) = self.pattern_in(&field.pat, bound);
            let member = &field.member;
            shadows.extend(quote!(#member: #shadow,));
            fields.push((Self::member(member), model));
        }
        let path = whole_path(pat.qself.as_ref(), &pat.path);
        let rest = &pat.rest;
        let name = last_name(&pat.path);
        (PatKind::Struct { name, fields }, quote_spanned!(pat.span()=> #path { #shadows #rest }))
    }

    fn slice_pattern(&mut self, pat: &syn::PatSlice, bound: &mut Bound) -> (PatKind, TokenStream) {
        let mut elems = Vec::new();
        let mut rest = None;
        let mut rest_pat = None;
        let mut shadows = Vec::new();
        for elem in &pat.elems {
            match elem {
                Syn::Rest(dots) => {
                    rest = Some(elems.len() as u32);
                    shadows.push(quote!(#dots));
                }
                Syn::Ident(ident) if matches!(&ident.subpat, Some((_, sub)) if matches!(**sub, Syn::Rest(_))) => {
                    rest = Some(elems.len() as u32);
                    let plain = syn::PatIdent { subpat: None, ..ident.clone() };
                    let (kind, _) = self.binding(&plain, bound);
                    rest_pat = Some(Box::new(Pat { span: span_of(ident.span()), kind }));
                    shadows.push(quote!(#ident));
                }
                other => {
                    let (model, shadow) = self.pattern_in(other, bound);
                    elems.push(model);
                    shadows.push(shadow);
                }
            }
        }
        let shadow = quote_spanned!(pat.span()=> [#(#shadows),*]);
        (PatKind::Slice { elems, rest, rest_pat }, shadow)
    }
}

fn whole_path(qself: Option<&syn::QSelf>, path: &syn::Path) -> syn::ExprPath {
    syn::ExprPath { attrs: Vec::new(), qself: qself.cloned(), path: path.clone() }
}
