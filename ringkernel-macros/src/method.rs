//! A function's description: what actors' methods, methods of device types and free functions have in common.

use proc_macro2::{Literal, TokenStream};
use quote::quote;
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::{self, Errors, Parsed, Purpose, Source};

/// A function turned into what the expansion embeds.
pub(crate) struct Embedded {
    /// The serialised model.
    pub(crate) model: Literal,
    /// The body of `fn tables() -> Tables`.
    pub(crate) tables: TokenStream,
    /// The full name of the instance.
    pub(crate) path: TokenStream,
}

impl Embedded {
    /// Parses; if anything was reported, what is embedded is empty, so that one mistake does not cause others.
    pub(crate) fn new(source: Source<'_>, item: &TokenStream, errors: &mut Errors) -> Self {
        let sig = source.sig;
        let file = parse::file_of(
            sig.ident.span(),
            std::env::var("CARGO_MANIFEST_DIR").ok().as_deref(),
            &std::env::var("CARGO_PKG_NAME").unwrap_or_default(),
        );
        let Parsed { model, tables } = parse::function(Source { file: &file, ..source }, errors);
        let bytes = match model.to_bytes() {
            Ok(bytes) => bytes,
            Err(error) => {
                errors.push_syntax(syn::Error::new(sig.ident.span(), error));
                Vec::new()
            }
        };
        let model = Literal::byte_string(&bytes);
        if errors.is_empty() {
            Self { model, tables, path: quote!(::ringkernel::__private::witness::path_of(#item)) }
        } else {
            Self { model, tables: quote!(::core::default::Default::default()), path: quote!("") }
        }
    }
}

/// `impl HasMethod<..> for Type`, from which call sites find the method.
pub(crate) fn has_method(
    item: &syn::ImplItemFn,
    purpose: Purpose,
    generics: &syn::Generics,
    owner: &syn::Type,
    fma: bool,
    errors: &mut Errors,
) -> TokenStream {
    let sig = &item.sig;
    if let Some(param) = sig.generics.params.iter().find(|param| !matches!(param, syn::GenericParam::Lifetime(_))) {
        let what = format_args!("the method `{}` has generic parameters of its own", sig.ident);
        errors.push(param, codes::METHOD_GENERICS, what);
    }
    let (ident, name) = (&sig.ident, sig.ident.to_string());
    let source = Source { attrs: &item.attrs, sig, block: &item.block, fma, file: "", purpose };
    let Embedded { model, tables, path } = Embedded::new(source, &quote!(Self::#ident), errors);
    let hash = parse::name_hash(&name);
    let described = match purpose {
        Purpose::Handler | Purpose::Helper => quote!(::ringkernel::__private::probe::Described::<Self>),
        Purpose::Call => quote!(<Self as ::ringkernel::__private::DeviceType>),
    };
    let generics = crate::data::callable(generics);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let conditions = conditions(&item.attrs);
    quote! {
        #(#conditions)*
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        #[doc(hidden)]
        impl #impl_generics ::ringkernel::__private::HasMethod<#hash> for #owner #where_clause {
            const MODEL: &'static [u8] = #model;
            #[allow(warnings, clippy::all, clippy::pedantic, clippy::restriction)]
            fn tables() -> ::ringkernel::__private::desc::Tables { #tables }
            fn desc() -> ::ringkernel::__private::desc::FnDesc {
                #[allow(unused_imports)]
                use ::ringkernel::__private::probe::Undescribed as _;
                ::ringkernel::__private::desc::FnDesc {
                    name: #name,
                    owner: ::core::option::Option::Some(#described::DESC),
                    path: #path,
                    model: <Self as ::ringkernel::__private::HasMethod<#hash>>::MODEL,
                    tables: <Self as ::ringkernel::__private::HasMethod<#hash>>::tables,
                }
            }
        }
    }
}

/// The `#[cfg(..)]`s of an item: rustc has not resolved them yet inside of an impl block.
pub(crate) fn conditions(attrs: &[syn::Attribute]) -> Vec<syn::Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}
