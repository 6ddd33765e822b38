//! What a path stands for, as far as its spelling tells.
//!
//! Rust's naming conventions are relied on where rustc alone knows: a last segment in capitals or camel case is a
//! constant, a variant or a constructor; in lower case it is a function.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use super::{Both, Parser};
use crate::codes;
use crate::model::{ExprKind, Member};

/// The free functions that device code has without being a `#[ring_fn]`: no `#[ring_fn]` may have their names.
pub const INTRINSICS: [&str; 6] = ["drop", "fence", "max", "min", "replace", "swap"];

/// Where the library's function of this name is, as seen by an expansion.
pub(super) fn intrinsic(name: &str, span: Span) -> TokenStream {
    match name {
        "drop" => quote_spanned!(span=> ::core::mem::drop),
        "max" => quote_spanned!(span=> ::core::cmp::max),
        "min" => quote_spanned!(span=> ::core::cmp::min),
        "replace" => quote_spanned!(span=> ::core::mem::replace),
        "take" => quote_spanned!(span=> ::core::mem::take),
        "swap" => quote_spanned!(span=> ::core::mem::swap),
        _ => quote_spanned!(span=> __rk::fence),
    }
}

/// Traits whose functions people call by the trait's name.
const TRAITS: [&str; 14] = [
    "Add",
    "AddAssign",
    "Clone",
    "Default",
    "Div",
    "From",
    "Into",
    "Iterator",
    "Mul",
    "Neg",
    "PartialEq",
    "PartialOrd",
    "Sub",
    "TryFrom",
];

const PRIMITIVES: [&str; 17] = [
    "bool", "f16", "bf16", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
    "usize",
];

/// What a called path is.
pub(super) enum Called {
    Function,
    Intrinsic(String),
    Constructor(String),
    Assoc { on: TokenStream, name: String },
    Trait(String),
    Host(String),
}

/// Whether a name is that of a type, variant or constant.
pub(super) fn is_capitalised(name: &str) -> bool {
    name.trim_start_matches('_').starts_with(char::is_uppercase)
}

/// The last segment's name.
pub(super) fn last_name(path: &syn::Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

fn is_type(segment: &syn::PathSegment) -> bool {
    let name = segment.ident.to_string();
    is_capitalised(&name) || PRIMITIVES.contains(&name.as_str())
}

/// The path without its last segment, as a type.
fn owner(path: &syn::Path) -> TokenStream {
    let leading = path.leading_colon;
    let segments: Vec<_> = path.segments.iter().take(path.segments.len().saturating_sub(1)).collect();
    quote!(#leading #(#segments)::*)
}

/// Tells functions, constructors and associated functions apart.
pub(super) fn called(func: &syn::ExprPath) -> Called {
    let name = last_name(&func.path);
    if let Some(qself) = &func.qself {
        return Called::Assoc { on: qself.ty.to_token_stream(), name };
    }
    if is_capitalised(&name) {
        return Called::Constructor(name);
    }
    let segments = &func.path.segments;
    let first = segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
    let before = segments.len().checked_sub(2).and_then(|index| segments.get(index));
    match before {
        Some(segment) if TRAITS.contains(&segment.ident.to_string().as_str()) => {
            Called::Trait(segment.ident.to_string())
        }
        Some(segment) if is_type(segment) => Called::Assoc { on: owner(&func.path), name },
        Some(_) if matches!(first.as_str(), "std" | "core" | "ringkernel" | "mem" | "cmp") => {
            if name == "take" || INTRINSICS.contains(&name.as_str()) {
                Called::Intrinsic(name)
            } else {
                Called::Host(name)
            }
        }
        None if INTRINSICS.contains(&name.as_str()) => Called::Intrinsic(name),
        _ => Called::Function,
    }
}

impl Parser<'_> {
    /// A path as a value: a binding, `None`, or a constant, unit struct or unit variant.
    pub(super) fn path(&mut self, whole: &syn::ExprPath) -> Both {
        let span = whole.span();
        if whole.qself.is_none()
            && let Some(ident) = whole.path.get_ident()
            && let Some(local) = self.scope.find(ident)
        {
            return Self::plain(span, ExprKind::Local(local), local_tokens(ident));
        }
        let shadow = whole.to_token_stream();
        if last_name(&whole.path) == "None" {
            return self.seen(span, ExprKind::None, &shadow);
        }
        let (id, witness) = self.witnesses.konst(span, &shadow, &self.scope);
        Self::plain(span, ExprKind::Const(id), quote_spanned!(span=> __rk::witness::see(&#witness, #shadow)))
    }

    /// A field by name or index.
    pub(super) fn member(member: &syn::Member) -> Member {
        match member {
            syn::Member::Named(ident) => Member::Named(ident.to_string()),
            syn::Member::Unnamed(index) => Member::Index(index.index),
        }
    }

    /// Reports a call that only a trait can resolve.
    pub(super) fn trait_call(&mut self, call: &syn::ExprCall, name: &str) -> Both {
        self.reject(call, codes::TRAIT_CALL, format_args!("a call through the trait `{name}` in device code"))
    }
}

/// A binding in the shadow: `self` is an ordinary name there.
pub(super) fn local_tokens(ident: &syn::Ident) -> TokenStream {
    if ident == "self" {
        let this = syn::Ident::new("__this", ident.span());
        quote!(#this)
    } else {
        quote!(#ident)
    }
}
