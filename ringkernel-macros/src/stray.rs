//! Attributes that only mean something to another attribute around them.

use proc_macro2::{Span, TokenStream};
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::Errors;

/// The item unchanged, and where the attribute belongs.
pub(crate) fn expand(name: &str, place: &str, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let here = syn::Ident::new(name, Span::call_site());
    errors.push(here, codes::STRAY_ATTRIBUTE, format_args!("`#[{name}]` belongs on {place}"));
    let mut tokens = item;
    tokens.extend(errors.into_tokens());
    tokens
}
