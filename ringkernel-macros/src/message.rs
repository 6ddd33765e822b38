//! `#[ring_message]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::Errors;

use crate::{data, options};

/// The type with its layout, derived so that `#[cfg]` on fields is resolved first, and that it is a message.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    options::none(args, &mut errors);
    let input: syn::DeriveInput = match syn::parse2(item.clone()) {
        Ok(input) => input,
        Err(_) => {
            errors.push(&item, codes::WRONG_ITEM, "`#[ring_message]` goes on a struct or an enum");
            let errors = errors.into_tokens();
            return quote!(#item #errors);
        }
    };
    let generics = data::bounded(&input.generics);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, arguments, _) = input.generics.split_for_impl();
    let name = &input.ident;
    // The size of a generic message is known where an actor handles an instance of it.
    let fits = input.generics.params.is_empty().then(|| {
        quote_spanned!(name.span()=>
            const _: () = ::ringkernel::__private::assert_fits::<#name>();)
    });
    let errors = errors.into_tokens();
    quote! {
        #[derive(::ringkernel::DeviceType)]
        #item
        #[automatically_derived]
        impl #impl_generics ::ringkernel::__private::Message for #name #arguments #where_clause {}
        #fits
        #errors
    }
}
