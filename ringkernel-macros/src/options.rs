//! What stands in the parentheses of an attribute.

use proc_macro2::TokenStream;
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::Errors;
use syn::parse::Parser as _;
use syn::punctuated::Punctuated;

/// Options of functions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FnOptions {
    /// `fma`
    pub(crate) fma: bool,
}

fn parse(args: TokenStream, errors: &mut Errors) -> Vec<syn::Meta> {
    match Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated.parse2(args) {
        Ok(metas) => metas.into_iter().collect(),
        Err(error) => {
            errors.push_syntax(error);
            Vec::new()
        }
    }
}

/// `fma` or nothing.
pub(crate) fn function(args: TokenStream, errors: &mut Errors) -> FnOptions {
    let mut options = FnOptions::default();
    for meta in parse(args, errors) {
        if meta.path().is_ident("fma") && matches!(meta, syn::Meta::Path(_)) {
            options.fma = true;
        } else {
            errors.push(&meta, codes::STRAY_ATTRIBUTE, "the only option here is `fma`");
        }
    }
    options
}

/// Options of `#[ring_actor]` on a struct.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ActorOptions {
    /// `grid = 3`
    pub(crate) grid: Option<usize>,
}

/// `grid = 1`, `2` or `3`, or nothing.
pub(crate) fn actor(args: TokenStream, errors: &mut Errors) -> ActorOptions {
    let mut options = ActorOptions::default();
    for meta in parse(args, errors) {
        match &meta {
            syn::Meta::NameValue(pair) if pair.path.is_ident("grid") => match dims(&pair.value) {
                Some(dims) => options.grid = Some(dims),
                None => errors.push(&pair.value, codes::GRID, "a grid has 1, 2 or 3 dimensions"),
            },
            _ => errors.push(&meta, codes::STRAY_ATTRIBUTE, "the only option here is `grid`, as in `grid = 3`"),
        }
    }
    options
}

fn dims(value: &syn::Expr) -> Option<usize> {
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(dims), .. }) = value else { return None };
    dims.base10_parse().ok().filter(|dims| (1..=3).contains(dims))
}

/// Nothing at all.
pub(crate) fn none(args: TokenStream, errors: &mut Errors) {
    for meta in parse(args, errors) {
        errors.push(&meta, codes::STRAY_ATTRIBUTE, "this attribute has no options");
    }
}
