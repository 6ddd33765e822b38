//! From syn to the model, and to the shadow that lets rustc infer its types.
//!
//! Comes in: a signature and a body. Goes out, in one walk, so that they cannot disagree: the [`FnModel`], and the body
//! of a function that fills [`Tables`](crate::desc::Tables). What the subset has no place for is reported to
//! [`Errors`] at its span, all of it. Items, attributes and traits are left to the macro crate.

mod attributes;
mod block;
mod call;
mod closure;
mod control;
mod errors;
mod expr;
mod format;
mod handler;
mod literal;
mod macros;
mod operators;
mod path;
mod pattern;
mod scope;
mod signature;
mod step;
mod witnesses;

use proc_macro2::{Delimiter, Group, Ident, Span as TokenSpan, TokenStream, TokenTree};
use syn::spanned::Spanned;

pub use crate::intrinsics::is_known as is_of_the_library;
pub use errors::Errors;
pub use handler::{Handler, Role, handler, is_instance};
pub use operators::{OPERATORS, Operator};
pub use path::INTRINSICS as RESERVED;
pub use signature::{Purpose, Source, doc_lines, file_of, function};
pub use step::{Part, check_context, step};
pub use witnesses::name_hash;

use crate::codes::Code;
use crate::model::{Block, Expr, ExprKind, FnModel, Span, TypeId};
use scope::Scope;
use witnesses::Witnesses;

/// A parsed function.
#[derive(Debug)]
pub struct Parsed {
    /// Its syntax.
    pub model: FnModel,
    /// The body of `fn tables() -> Tables`.
    pub tables: TokenStream,
}

/// An expression of the model, and of the shadow.
type Both = (Expr, TokenStream);

/// The walk over one body.
struct Parser<'a> {
    errors: &'a mut Errors,
    scope: Scope,
    witnesses: Witnesses,
    /// Shadow statements that witness the bindings of patterns just parsed; put where the bindings are in scope.
    pending: TokenStream,
}

/// Where something stands, 1-based.
fn span_of(span: TokenSpan) -> Span {
    let start = span.start();
    Span { line: start.line as u32, column: start.column as u32 + 1 }
}

impl Parser<'_> {
    /// Reports, and gives something to go on with.
    fn reject(&mut self, node: &(impl Spanned + quote::ToTokens), code: Code, what: impl std::fmt::Display) -> Both {
        self.errors.push(node, code, what);
        let span = node.span();
        (
            Expr { span: span_of(span), ty: None, kind: ExprKind::Tuple(Vec::new()) },
            quote::quote_spanned!(span=> ::core::unreachable!()),
        )
    }

    /// An expression whose type a witness sees.
    fn seen(&mut self, span: TokenSpan, kind: ExprKind, shadow: &TokenStream) -> Both {
        let (ty, witness) = self.witnesses.ty(span);
        Self::seen_as(span, (ty, &witness), kind, shadow)
    }

    /// The same for a witness that is there already.
    fn seen_as(span: TokenSpan, (ty, witness): (TypeId, &Ident), kind: ExprKind, shadow: &TokenStream) -> Both {
        // From the expression's first token to its last, as rustc sees the user's own: what it says of both is then the
        // same, and it says the same only once.
        let (first, last) = ends(shadow, span);
        let mut args = Group::new(Delimiter::Parenthesis, quote::quote!(&#witness, #shadow));
        args.set_span(last);
        (Expr { span: span_of(span), ty: Some(ty), kind }, quote::quote_spanned!(first=> __rk::witness::see #args))
    }

    /// An expression whose type follows from its parts.
    fn plain(span: TokenSpan, kind: ExprKind, shadow: TokenStream) -> Both {
        (Expr { span: span_of(span), ty: None, kind }, shadow)
    }

    /// What the patterns parsed since the last call bind.
    fn take_pending(&mut self) -> TokenStream {
        std::mem::take(&mut self.pending)
    }

    /// The description of a type as written.
    fn known(&mut self, ty: &syn::Type) -> TypeId {
        let erased = signature::erase_lifetimes(ty);
        self.witnesses.known(ty.span(), &quote::ToTokens::into_token_stream(erased))
    }
}

/// Where tokens begin and end.
fn ends(tokens: &TokenStream, otherwise: TokenSpan) -> (TokenSpan, TokenSpan) {
    let mut tokens = tokens.clone().into_iter();
    let first = tokens.next();
    let last = tokens.last().or_else(|| first.clone());
    let open = first.map_or(otherwise, |tree| match tree {
        TokenTree::Group(group) => group.span_open(),
        tree => tree.span(),
    });
    let close = last.map_or(otherwise, |tree| match tree {
        TokenTree::Group(group) => group.span_close(),
        tree => tree.span(),
    });
    (open, close)
}

/// A block without statements, for bodies that could not be parsed.
fn empty_block() -> Block {
    Block { stmts: Vec::new(), value: None, end: Span::default() }
}
