//! Operators: which trait and function of Rust stands behind each, and their place in the shadow.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::Expr as Syn;
use syn::spanned::Spanned;

use super::{Both, Parser};
use crate::codes;
use crate::model::{BinOp, Expr, ExprKind, MethodId, UnOp};

/// An operator as a user's function can be it.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    /// `Add`
    pub of: &'static str,
    /// `add`
    pub function: &'static str,
    /// It has no right side.
    pub unary: bool,
    /// What tells how Rust compares, for a comparison.
    pub native: Option<&'static str>,
}

macro_rules! operators {
    ($($of:literal $function:literal $unary:literal $native:expr;)*) => {
        /// The traits that `#[ring_fn]` can stand on the impl of.
        pub const OPERATORS: &[Operator] =
            &[$(Operator { of: $of, function: $function, unary: $unary, native: $native }),*];
    };
}

operators! {
    "Add" "add" false None;
    "Sub" "sub" false None;
    "Mul" "mul" false None;
    "Div" "div" false None;
    "Rem" "rem" false None;
    "BitAnd" "bitand" false None;
    "BitOr" "bitor" false None;
    "BitXor" "bitxor" false None;
    "Shl" "shl" false None;
    "Shr" "shr" false None;
    "AddAssign" "add_assign" false None;
    "SubAssign" "sub_assign" false None;
    "MulAssign" "mul_assign" false None;
    "DivAssign" "div_assign" false None;
    "RemAssign" "rem_assign" false None;
    "BitAndAssign" "bitand_assign" false None;
    "BitOrAssign" "bitor_assign" false None;
    "BitXorAssign" "bitxor_assign" false None;
    "ShlAssign" "shl_assign" false None;
    "ShrAssign" "shr_assign" false None;
    "Neg" "neg" true None;
    "Not" "not" true None;
    "PartialEq" "eq" false Some("equality");
    "PartialOrd" "partial_cmp" false Some("partial_order");
    "Ord" "cmp" false Some("order");
    "Default" "default" true None;
}

/// What tells how Rust compares in a method that does.
pub(super) fn comparing(method: &str) -> Option<&'static str> {
    match method {
        "contains" => Some("equality"),
        "partial_cmp" => Some("partial_order"),
        "cmp" | "max" | "min" | "clamp" => Some("order"),
        _ => None,
    }
}

fn of(name: &str) -> Operator {
    let found = OPERATORS.iter().find(|operator| operator.of == name);
    found.copied().unwrap_or(Operator { of: "", function: "", unary: false, native: None })
}

impl Parser<'_> {
    /// `-x`, `!x`, `*x`
    pub(super) fn unary(&mut self, whole: &Syn, unary: &syn::ExprUnary) -> Both {
        if let (syn::UnOp::Neg(_), Syn::Lit(lit)) = (&unary.op, &*unary.expr)
            && matches!(lit.lit, syn::Lit::Int(_) | syn::Lit::Float(_))
        {
            return self.literal_expr(whole, &lit.lit, true);
        }
        let (inner, shadow) = self.expr(&unary.expr);
        let inner = Box::new(inner);
        let (op, span) = (&unary.op, unary.span());
        let (kind, name) = match op {
            syn::UnOp::Neg(_) => (UnOp::Neg, "Neg"),
            syn::UnOp::Not(_) => (UnOp::Not, "Not"),
            _ => return Self::plain(span, ExprKind::Deref(inner), quote!(#op #shadow)),
        };
        let (method, left, right) = self.witnesses.operator(span, of(name));
        let shadow = quote_spanned!(span=>
            #op (*__rk::witness::peek(&#left, __rk::witness::alone(&#right, &(#shadow)))));
        Self::plain(span, ExprKind::Unary(kind, inner, method), shadow)
    }

    /// `a + b`, `a += b`, `a == b`, `a && b`
    pub(super) fn binary(&mut self, binary: &syn::ExprBinary) -> Both {
        let (left, left_shadow) = self.expr(&binary.left);
        let (right, right_shadow) = self.expr(&binary.right);
        let Some((op, assigns)) = operator(&binary.op) else {
            return self.reject(binary, codes::EXPRESSION, "this operator does not exist in device code");
        };
        let (token, span) = (&binary.op, binary.span());
        // Nothing can be asked of `&&` and `||`, and between literals there is nothing to ask.
        if matches!(op, BinOp::And | BinOp::Or) || (is_literal(&left) && is_literal(&right)) {
            let kind = ExprKind::Binary(op, Box::new(left), Box::new(right), None);
            return Self::plain(span, kind, quote!(#left_shadow #token #right_shadow));
        }
        let (method, left_witness, right_witness) = self.witnesses.operator(span, of(name_of(op, assigns)));
        let right_shadow =
            quote_spanned!(binary.right.span()=> (*__rk::witness::peek(&#right_witness, &(#right_shadow))));
        let left_span = binary.left.span();
        let (left, right) = (Box::new(left), Box::new(right));
        if assigns {
            let left_shadow =
                quote_spanned!(left_span=> (*__rk::witness::peek_mut(&#left_witness, &mut (#left_shadow))));
            let kind = ExprKind::AssignOp(op, left, right, method);
            return Self::plain(span, kind, quote!(#left_shadow #token #right_shadow));
        }
        let left_shadow = quote_spanned!(left_span=> (*__rk::witness::peek(&#left_witness, &(#left_shadow))));
        let kind = ExprKind::Binary(op, left, right, Some(method));
        Self::plain(span, kind, quote!(#left_shadow #token #right_shadow))
    }

    /// `left == right` in the shadow, for an assertion.
    pub(super) fn equality(
        &mut self,
        span: proc_macro2::Span,
        left: &TokenStream,
        right: &TokenStream,
    ) -> (MethodId, TokenStream) {
        let (method, left_witness, right_witness) = self.witnesses.operator(span, of("PartialEq"));
        let shadow = quote_spanned!(span=>
            (*__rk::witness::peek(&#left_witness, &(#left))) == (*__rk::witness::peek(&#right_witness, &(#right))));
        (method, shadow)
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Lit(_))
}

/// The operator, and whether it assigns. `None` for what Rust may have one day.
fn operator(op: &syn::BinOp) -> Option<(BinOp, bool)> {
    use syn::BinOp as S;
    Some(match op {
        S::Add(_) => (BinOp::Add, false),
        S::Sub(_) => (BinOp::Sub, false),
        S::Mul(_) => (BinOp::Mul, false),
        S::Div(_) => (BinOp::Div, false),
        S::Rem(_) => (BinOp::Rem, false),
        S::And(_) => (BinOp::And, false),
        S::Or(_) => (BinOp::Or, false),
        S::BitXor(_) => (BinOp::BitXor, false),
        S::BitAnd(_) => (BinOp::BitAnd, false),
        S::BitOr(_) => (BinOp::BitOr, false),
        S::Shl(_) => (BinOp::Shl, false),
        S::Shr(_) => (BinOp::Shr, false),
        S::Eq(_) => (BinOp::Eq, false),
        S::Lt(_) => (BinOp::Lt, false),
        S::Le(_) => (BinOp::Le, false),
        S::Ne(_) => (BinOp::Ne, false),
        S::Ge(_) => (BinOp::Ge, false),
        S::Gt(_) => (BinOp::Gt, false),
        S::AddAssign(_) => (BinOp::Add, true),
        S::SubAssign(_) => (BinOp::Sub, true),
        S::MulAssign(_) => (BinOp::Mul, true),
        S::DivAssign(_) => (BinOp::Div, true),
        S::RemAssign(_) => (BinOp::Rem, true),
        S::BitXorAssign(_) => (BinOp::BitXor, true),
        S::BitAndAssign(_) => (BinOp::BitAnd, true),
        S::BitOrAssign(_) => (BinOp::BitOr, true),
        S::ShlAssign(_) => (BinOp::Shl, true),
        S::ShrAssign(_) => (BinOp::Shr, true),
        _ => return None,
    })
}

/// The trait behind an operator.
fn name_of(op: BinOp, assigns: bool) -> &'static str {
    match (op, assigns) {
        (BinOp::Add, false) => "Add",
        (BinOp::Sub, false) => "Sub",
        (BinOp::Mul, false) => "Mul",
        (BinOp::Div, false) => "Div",
        (BinOp::Rem, false) => "Rem",
        (BinOp::BitAnd, false) => "BitAnd",
        (BinOp::BitOr, false) => "BitOr",
        (BinOp::BitXor, false) => "BitXor",
        (BinOp::Shl, false) => "Shl",
        (BinOp::Shr, false) => "Shr",
        (BinOp::Add, true) => "AddAssign",
        (BinOp::Sub, true) => "SubAssign",
        (BinOp::Mul, true) => "MulAssign",
        (BinOp::Div, true) => "DivAssign",
        (BinOp::Rem, true) => "RemAssign",
        (BinOp::BitAnd, true) => "BitAndAssign",
        (BinOp::BitOr, true) => "BitOrAssign",
        (BinOp::BitXor, true) => "BitXorAssign",
        (BinOp::Shl, true) => "ShlAssign",
        (BinOp::Shr, true) => "ShrAssign",
        (BinOp::Eq | BinOp::Ne, _) => "PartialEq",
        (BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge, _) => "PartialOrd",
        (BinOp::And | BinOp::Or, _) => "",
    }
}
