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

/// Nothing at all.
pub(crate) fn none(args: TokenStream, errors: &mut Errors) {
    for meta in parse(args, errors) {
        errors.push(&meta, codes::STRAY_ATTRIBUTE, "this attribute has no options");
    }
}
