//! Expressions: one arm a kind; calls, control flow and macros are in their own modules.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr as Syn;
use syn::spanned::Spanned;

use super::{Both, Parser};
use crate::codes;
use crate::model::ExprKind;

impl Parser<'_> {
    /// An expression, in the model and in the shadow.
    pub(super) fn expr(&mut self, expr: &Syn) -> Both {
        let span = expr.span();
        self.expr_attributes(expr);
        match expr {
            Syn::Lit(lit) => self.literal_expr(expr, &lit.lit, false),
            Syn::Path(path) => self.path(path),
            Syn::Paren(inner) => {
                let (model, shadow) = self.expr(&inner.expr);
                (model, quote_spanned!(span=> (#shadow)))
            }
            Syn::Group(inner) => {
                let (model, shadow) = self.expr(&inner.expr);
                (model, quote_spanned!(span=> (#shadow)))
            }
            Syn::Unary(unary) => self.unary(expr, unary),
            Syn::Binary(binary) => self.binary(binary),
            Syn::Assign(assign) => self.assign(assign),
            Syn::Field(field) => {
                let (base, shadow) = self.expr(&field.base);
                let (dot, member) = (&field.dot_token, &field.member);
                let kind = ExprKind::Field(Box::new(base), Self::member(member));
                Self::plain(span, kind, quote!(#shadow #dot #member))
            }
            Syn::Index(index) => {
                let (base, base_shadow) = self.expr(&index.expr);
                let (at_, at_shadow) = self.expr(&index.index);
                let kind = ExprKind::Index(Box::new(base), Box::new(at_));
                Self::plain(span, kind, quote_spanned!(span=> #base_shadow[#at_shadow]))
            }
            Syn::Range(range) => self.range(range),
            Syn::Reference(reference) => {
                let (inner, shadow) = self.expr(&reference.expr);
                let (and, mutability) = (&reference.and_token, &reference.mutability);
                let kind = ExprKind::Ref { mutable: mutability.is_some(), expr: Box::new(inner) };
                self.seen(span, kind, &quote!(#and #mutability #shadow))
            }
            Syn::Cast(cast) => {
                let (inner, shadow) = self.expr(&cast.expr);
                let (as_, ty) = (&cast.as_token, &cast.ty);
                self.seen(span, ExprKind::Cast(Box::new(inner)), &quote!(#shadow #as_ #ty))
            }
            Syn::Tuple(tuple) => {
                let (elems, shadows): (Vec<_>, Vec<_>) = tuple.elems.iter().map(|elem| self.expr(elem)).unzip();
                let shadow = quote_spanned!(span=> (#(#shadows,)*));
                Self::plain(span, ExprKind::Tuple(elems), shadow)
            }
            Syn::Array(array) => {
                let (elems, shadows): (Vec<_>, Vec<_>) = array.elems.iter().map(|elem| self.expr(elem)).unzip();
                let mut shadow = TokenStream::new();
                array.bracket_token.surround(&mut shadow, |tokens| tokens.extend(quote!(#(#shadows),*)));
                self.seen(span, ExprKind::Array(elems), &shadow)
            }
            Syn::Repeat(repeat) => self.repeat(repeat),
            Syn::Struct(literal) => self.struct_literal(literal),
            Syn::Call(call) => self.call(call),
            Syn::MethodCall(call) => self.method_call(call),
            Syn::Macro(mac) => self.macro_call(&mac.mac, mac),
            Syn::Try(inner) => {
                let (model, shadow) = self.expr(&inner.expr);
                let question = &inner.question_token;
                Self::plain(span, ExprKind::Try(Box::new(model)), quote!(#shadow #question))
            }
            Syn::Block(_)
            | Syn::If(_)
            | Syn::Let(_)
            | Syn::Match(_)
            | Syn::Loop(_)
            | Syn::While(_)
            | Syn::ForLoop(_)
            | Syn::Break(_)
            | Syn::Continue(_)
            | Syn::Return(_) => self.control(expr),
            _ => self.unsupported(expr),
        }
    }

    fn unsupported(&mut self, expr: &Syn) -> Both {
        match expr {
            Syn::Closure(_) => self.reject(expr, codes::CLOSURE, "device code has no closures"),
            Syn::Async(_) | Syn::Await(_) => {
                self.reject(expr, codes::ASYNC, "device code cannot wait: `async` and `.await` have no meaning there")
            }
            Syn::Unsafe(_) => self.reject(expr, codes::UNSAFE, "device code has no `unsafe` blocks"),
            Syn::RawAddr(_) => self.reject(expr, codes::UNSAFE, "device code has no raw pointers"),
            Syn::Const(_) => {
                self.reject(expr, codes::EXPRESSION, "device code has no `const` blocks: declare a `const`")
            }
            Syn::Infer(_) => self.reject(expr, codes::EXPRESSION, "`_` stands where a value is needed"),
            _ => self.reject(expr, codes::EXPRESSION, "this kind of expression does not exist in device code"),
        }
    }

    fn assign(&mut self, assign: &syn::ExprAssign) -> Both {
        if let Syn::Tuple(_) | Syn::Array(_) | Syn::Struct(_) | Syn::Call(_) = &*assign.left {
            let what = "an assignment cannot take a value apart in device code";
            return self.reject(&assign.left, codes::DESTRUCTURING_ASSIGNMENT, what);
        }
        let (right, right_shadow) = self.expr(&assign.right);
        let (left, left_shadow) = match &*assign.left {
            Syn::Infer(infer) => (None, infer.to_token_stream()),
            place => {
                let (model, shadow) = self.expr(place);
                (Some(Box::new(model)), shadow)
            }
        };
        let eq = &assign.eq_token;
        let kind = ExprKind::Assign(left, Box::new(right));
        Self::plain(assign.span(), kind, quote!(#left_shadow #eq #right_shadow))
    }

    fn range(&mut self, range: &syn::ExprRange) -> Both {
        let mut end = |expr: &Option<Box<Syn>>| match expr {
            Some(expr) => {
                let (model, shadow) = self.expr(expr);
                (Some(Box::new(model)), shadow)
            }
            None => (None, TokenStream::new()),
        };
        let (from, from_shadow) = end(&range.start);
        let (to, to_shadow) = end(&range.end);
        let limits = &range.limits;
        let inclusive = matches!(limits, syn::RangeLimits::Closed(_));
        let kind = ExprKind::Range { from, to, inclusive };
        Self::plain(range.span(), kind, quote!(#from_shadow #limits #to_shadow))
    }

    fn repeat(&mut self, repeat: &syn::ExprRepeat) -> Both {
        let (element, mut shadow) = self.expr(&repeat.expr);
        if matches!(element.kind, ExprKind::Const(_)) {
            // Only a bare constant may be repeated without being `Copy`.
            shadow = repeat.expr.to_token_stream();
        }
        let len = &repeat.len;
        let id = self.witnesses.konst_of(len.span(), &quote!(usize), &len.to_token_stream(), &self.scope);
        let span = repeat.span();
        let kind = ExprKind::Repeat(Box::new(element), id);
        self.seen(span, kind, &quote_spanned!(span=> [#shadow; #len]))
    }

    fn struct_literal(&mut self, literal: &syn::ExprStruct) -> Both {
        let mut fields = Vec::new();
        let mut shadows = Vec::new();
        for field in &literal.fields {
            self.inner_attributes(&field.attrs);
            let (model, shadow) = self.expr(&field.expr);
            let member = &field.member;
            fields.push((Self::member(member), model));
            shadows.push(quote!(#member: #shadow));
        }
        let (base, base_shadow) = match &literal.rest {
            Some(rest) => {
                let (model, shadow) = self.expr(rest);
                (Some(Box::new(model)), quote!(..#shadow))
            }
            None => (None, TokenStream::new()),
        };
        let path = syn::ExprPath { attrs: Vec::new(), qself: literal.qself.clone(), path: literal.path.clone() };
        let name = super::path::last_name(&literal.path);
        let mut shadow = quote!(#path);
        literal.brace_token.surround(&mut shadow, |tokens| tokens.extend(quote!(#(#shadows,)* #base_shadow)));
        // In the head of an `if` or `match`, a struct literal needs the parentheses that `see` gives it.
        self.seen(literal.span(), ExprKind::Struct { name, fields, base }, &shadow)
    }
}
