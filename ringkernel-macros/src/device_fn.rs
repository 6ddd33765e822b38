//! `#[ring_fn]`, on functions and on impl blocks.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::{Errors, Purpose, RESERVED, Source};

use crate::method::{Embedded, has_method};
use crate::{data, operator, options};

/// The item unchanged, and its descriptions.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let fma = options::function(args, &mut errors).fma;
    let beside = if let Ok(function) = syn::parse2::<syn::ItemFn>(item.clone()) {
        of_function(&function, fma, &mut errors)
    } else if let Ok(block) = syn::parse2::<syn::ItemImpl>(item.clone()) {
        of_impl(&block, fma, &mut errors)
    } else {
        errors.push(&item, codes::WRONG_ITEM, "`#[ring_fn]` goes on a function or an impl block");
        TokenStream::new()
    };
    let errors = errors.into_tokens();
    quote!(#item #beside #errors)
}

fn of_impl(block: &syn::ItemImpl, fma: bool, errors: &mut Errors) -> TokenStream {
    if let Some((path, _)) = &block.trait_ {
        return operator::of_impl(block, path, fma, errors);
    }
    let methods = block.items.iter().filter_map(|item| match item {
        syn::ImplItem::Fn(function) => {
            Some(has_method(function, Purpose::Call, &block.generics, &block.self_ty, fma, errors))
        }
        _ => None,
    });
    methods.collect()
}

/// The namesake of a function in the type namespace: `use other::lerp` imports both, and `lerp::__call` finds it.
fn of_function(function: &syn::ItemFn, fma: bool, errors: &mut Errors) -> TokenStream {
    let sig = &function.sig;
    let name = &sig.ident;
    if let Some(receiver) = sig.receiver() {
        let what = "`#[ring_fn]` on a method goes on its impl block";
        errors.push(receiver, codes::WRONG_ITEM, what);
        return TokenStream::new();
    }
    if RESERVED.contains(&name.to_string().as_str()) {
        errors.push(name, codes::RESERVED_NAME, format_args!("`{name}` is a function of the library"));
    }
    let text = name.to_string();
    let vis = &function.vis;

    // Lifetimes stay with the call; the rest belongs to the type.
    let mut owned = sig.generics.clone();
    owned.params = owned.params.into_iter().filter(|param| !matches!(param, syn::GenericParam::Lifetime(_))).collect();
    let bounded = data::callable(&owned);
    let (impl_generics, arguments, where_clause) = owned.split_for_impl();
    let (bounded_generics, _, bounded_where) = bounded.split_for_impl();
    let turbofish = arguments.as_turbofish();
    let source = Source { attrs: &function.attrs, sig, block: &function.block, fma, file: "", purpose: Purpose::Call };
    let Embedded { model, tables, path } = Embedded::new(source, &quote!(#name #turbofish), errors);
    let lifetimes: Vec<_> = sig.generics.lifetimes().collect();
    let lifetimes = if lifetimes.is_empty() { quote!() } else { quote!(<#(#lifetimes),*>) };
    let bare = owned.params.iter().map(|param| match param {
        syn::GenericParam::Const(param) => {
            let (ident, ty) = (&param.ident, &param.ty);
            quote!(const #ident: #ty)
        }
        syn::GenericParam::Type(param) => {
            let ident = &param.ident;
            quote!(#ident)
        }
        syn::GenericParam::Lifetime(_) => quote!(),
    });
    let bare = if owned.params.is_empty() { quote!() } else { quote!(<#(#bare),*>) };
    let held = owned.type_params().enumerate().map(|(index, param)| {
        let (field, ident) = (format_ident!("__{index}"), &param.ident);
        quote!(#field: ::core::marker::PhantomData<fn() -> #ident>)
    });
    let params = sig.inputs.iter().filter_map(|input| match input {
        syn::FnArg::Typed(param) => Some(&param.ty),
        syn::FnArg::Receiver(_) => None,
    });
    let output = &sig.output;
    let call = quote_spanned!(name.span()=> __call);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, unreachable_pub)]
        #vis struct #name #bare { #(#held),* }
        #[doc(hidden)]
        #[allow(dead_code, unused_lifetimes, clippy::all, clippy::pedantic)]
        impl #impl_generics #name #arguments #where_clause {
            #vis fn #call #lifetimes (_: ::ringkernel::__private::witness::FnWitness<Self>, #(_: #params),*) #output {
                ::core::unreachable!()
            }
        }
        #[automatically_derived]
        #[doc(hidden)]
        impl #bounded_generics ::ringkernel::__private::DeviceFn for #name #arguments #bounded_where {
            #[allow(warnings, clippy::all, clippy::pedantic, clippy::restriction)]
            fn tables() -> ::ringkernel::__private::desc::Tables { #tables }
            fn desc() -> ::ringkernel::__private::desc::FnDesc {
                ::ringkernel::__private::desc::FnDesc {
                    name: #text,
                    owner: ::core::option::Option::None,
                    path: #path,
                    model: #model,
                    tables: <Self as ::ringkernel::__private::DeviceFn>::tables,
                }
            }
        }
    }
}
