//! Literals.

use quote::ToTokens;
use syn::Lit as SynLit;

use super::{Both, Parser};
use crate::codes;
use crate::model::{ExprKind, Lit};

impl Parser<'_> {
    /// A literal, with a minus in front of it or not. `None` was reported.
    pub(super) fn literal(&mut self, lit: &SynLit, negative: bool) -> Option<Lit> {
        match lit {
            SynLit::Int(int) if matches!(int.suffix(), "f32" | "f64") => {
                Some(Lit::Float(signed(int.base10_digits(), negative)))
            }
            SynLit::Int(int) => {
                // In patterns, syn folds the minus in.
                let digits = int.base10_digits();
                let (negative, digits) = match digits.strip_prefix('-') {
                    Some(rest) => (!negative, rest),
                    None => (negative, digits),
                };
                if let Ok(value) = digits.parse() {
                    Some(Lit::Int { value, negative })
                } else {
                    self.errors.push_syntax(syn::Error::new_spanned(int, "integer literal is too large"));
                    None
                }
            }
            SynLit::Float(float) => Some(Lit::Float(signed(float.base10_digits(), negative))),
            SynLit::Bool(value) => Some(Lit::Bool(value.value)),
            SynLit::Byte(byte) => Some(Lit::Int { value: u128::from(byte.value()), negative: false }),
            SynLit::Char(_) => {
                self.errors.push(lit, codes::TEXT, "device code has no `char`");
                None
            }
            other => {
                self.errors.push(other, codes::TEXT, "device code has no text");
                None
            }
        }
    }

    /// A literal as an expression.
    pub(super) fn literal_expr(&mut self, whole: &syn::Expr, lit: &SynLit, negative: bool) -> Both {
        let shadow = whole.to_token_stream();
        let span = syn::spanned::Spanned::span(whole);
        match self.literal(lit, negative) {
            Some(lit) => self.seen(span, ExprKind::Lit(lit), &shadow),
            None => Self::plain(span, ExprKind::Tuple(Vec::new()), shadow),
        }
    }
}

fn signed(digits: &str, negative: bool) -> String {
    match digits.strip_prefix('-') {
        Some(rest) if negative => rest.to_owned(),
        None if negative => format!("-{digits}"),
        _ => digits.to_owned(),
    }
}
