//! A function's description: what actors' methods, methods of device types and free functions have in common.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::{self, Errors, Parsed, Purpose, Source};
use syn::spanned::Spanned;
use syn::visit::Visit;

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
    let (ident, name) = (&sig.ident, sig.ident.to_string());
    let source = Source { attrs: &item.attrs, sig, block: &item.block, fma, file: "", purpose };
    let Some(own) = own_parameters(sig, purpose, errors) else { return TokenStream::new() };
    let turbofish = (!own.is_empty()).then(|| quote!(::<#(#own),*>));
    let Embedded { model, tables, path } = Embedded::new(source, &quote!(Self::#ident #turbofish), errors);
    let hash = parse::name_hash(&name);
    let described = match purpose {
        Purpose::Handler | Purpose::Helper => quote!(::ringkernel::__private::probe::Described::<Self>),
        Purpose::Call => quote_spanned!(owner.span()=> <Self as ::ringkernel::__private::DeviceType>),
    };
    let (generics, signature) = if own.is_empty() {
        let mut generics = crate::data::callable(generics);
        generics.params.push(syn::parse_quote!(__Signature));
        (generics, quote!(__Signature))
    } else {
        (crate::data::callable(&together(generics, &sig.generics)), signature(sig))
    };
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let conditions = conditions(&item.attrs);
    let has = quote!(::ringkernel::__private::HasMethod<#hash, #signature>);
    quote! {
        #(#conditions)*
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        #[doc(hidden)]
        impl #impl_generics #has for #owner #where_clause {
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
                    model: <Self as #has>::MODEL,
                    tables: <Self as #has>::tables,
                }
            }
        }
    }
}

/// The types and constants that a method is generic over by itself; all must be told by what it is given and what it gives.
/// `None` was reported.
fn own_parameters<'s>(sig: &'s syn::Signature, purpose: Purpose, errors: &mut Errors) -> Option<Vec<&'s syn::Ident>> {
    let own: Vec<_> = sig
        .generics
        .params
        .iter()
        .filter_map(|param| match param {
            syn::GenericParam::Type(param) => Some(&param.ident),
            syn::GenericParam::Const(param) => Some(&param.ident),
            syn::GenericParam::Lifetime(_) => None,
        })
        .collect();
    if !own.is_empty() && purpose == Purpose::Handler {
        return None;
    }
    let mut sound = true;
    if !own.is_empty() && parse::is_of_the_library(&sig.ident.to_string()) {
        let what = format_args!("the generic method `{}` has the name of one of the library's", sig.ident);
        errors.push(&sig.ident, codes::METHOD_GENERICS, what);
        sound = false;
    }
    for ident in &own {
        let mut told = Names(ident, false);
        sig.inputs.iter().for_each(|input| told.visit_fn_arg(input));
        told.visit_return_type(&sig.output);
        if !told.1 {
            let what = format_args!("neither the parameters of `{}` nor what it returns tell `{ident}`", sig.ident);
            errors.push(ident, codes::METHOD_GENERICS, what);
            sound = false;
        }
    }
    sound.then_some(own)
}

/// Whether a name stands somewhere in types.
struct Names<'a>(&'a syn::Ident, bool);

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_ident(&mut self, ident: &'ast syn::Ident) {
        self.1 |= ident == self.0;
    }
}

/// The parameters of a block and of a method in it, lifetimes first.
fn together(block: &syn::Generics, method: &syn::Generics) -> syn::Generics {
    let mut all = block.clone();
    let (lifetimes, others): (Vec<_>, Vec<_>) = block
        .params
        .iter()
        .chain(&method.params)
        .cloned()
        .partition(|param| matches!(param, syn::GenericParam::Lifetime(_)));
    all.params = lifetimes.into_iter().chain(others).collect();
    if let Some(clause) = &method.where_clause {
        all.make_where_clause().predicates.extend(clause.predicates.iter().cloned());
    }
    all
}

/// What a call site sees of a method: the types of its arguments after `self`, and of its result.
fn signature(sig: &syn::Signature) -> TokenStream {
    let args = sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(param) => Some(&param.ty),
        syn::FnArg::Receiver(_) => None,
    });
    let result = match &sig.output {
        syn::ReturnType::Default => quote!(()),
        syn::ReturnType::Type(_, ty) => quote!(#ty),
    };
    quote!(((#(#args,)*), #result))
}

/// The `#[cfg(..)]`s of an item: rustc has not resolved them yet inside of an impl block.
pub(crate) fn conditions(attrs: &[syn::Attribute]) -> Vec<syn::Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("cfg")).cloned().collect()
}
