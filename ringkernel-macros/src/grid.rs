//! The state of a grid actor: its description, and how each tile gets its part.
//!
//! A derive, so that `#[cfg]` on fields is resolved first. As for device values, a member's type is named once, at the
//! user's span, in `member::<T, D>()`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::{Errors, doc_lines};
use syn::spanned::Spanned;

use crate::data;

/// `#[derive(__GridState)] #[ring_grid(3)]`.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    match syn::parse2::<syn::DeriveInput>(item) {
        Ok(input) => {
            let tokens = implement(&input, &mut errors);
            let errors = errors.into_tokens();
            quote!(#tokens #errors)
        }
        Err(error) => error.into_compile_error(),
    }
}

/// What `#[ring_actor]` wrote into the helper attribute.
fn dims(input: &syn::DeriveInput) -> Option<syn::LitInt> {
    let attr = input.attrs.iter().find(|attr| attr.path().is_ident(data::GRID))?;
    attr.parse_args().ok()
}

fn implement(input: &syn::DeriveInput, errors: &mut Errors) -> TokenStream {
    data::check_attributes(input, errors);
    if let Some(lifetime) = input.generics.lifetimes().next() {
        errors.push(lifetime, codes::DATA_SHAPE, "the state of a grid cannot borrow");
        return TokenStream::new();
    }
    let (Some(dims), syn::Data::Struct(state)) = (dims(input), &input.data) else {
        errors.push(&input.ident, codes::WRONG_ITEM, "a grid is a struct with `#[ring_actor(grid = 3)]`");
        return TokenStream::new();
    };
    let member = |ty: &syn::Type| quote_spanned!(ty.span()=> ::ringkernel::__private::member::<#ty, #dims>());
    let fields = data::fields(&state.fields, member);
    let (name, doc, shape) = (input.ident.to_string(), doc_lines(&input.attrs), data::shape(&state.fields));
    let descriptions = data::descriptions(&fields);
    let members: Vec<_> = fields.iter().map(|field| &field.member).collect();
    let slots: Vec<_> = fields.iter().map(|field| &field.slot).collect();
    let generics = data::bounded(&input.generics);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, arguments, _) = input.generics.split_for_impl();
    let ident = &input.ident;
    quote! {
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics ::ringkernel::__private::ActorState for #ident #arguments #where_clause {
            type RunsAs = ::ringkernel::__private::Tiled;
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics ::ringkernel::__private::DeviceType for #ident #arguments #where_clause {
            const DESC: ::ringkernel::__private::desc::TypeDesc =
                ::ringkernel::__private::desc::TypeDesc::Struct(&::ringkernel::__private::desc::StructDesc {
                    name: #name, path: ::core::any::type_name::<Self>, doc: &[#(#doc),*], shape: #shape,
                    fields: #descriptions,
                });
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        #[allow(clippy::all, clippy::pedantic)]
        impl #impl_generics ::ringkernel::__private::GridOf<#dims> for #ident #arguments #where_clause {}
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        #[allow(clippy::all, clippy::pedantic)]
        impl #impl_generics ::ringkernel::__private::GridState for #ident #arguments #where_clause {
            const DIMS: usize = #dims;
            type Cell = [::core::primitive::u32; #dims];
            fn place(
                &self,
                __placer: &mut ::ringkernel::__private::Placer<'_>,
            ) -> ::core::result::Result<Self, ::ringkernel::__private::PlaceError> {
                ::core::result::Result::Ok(Self { #(#members: #slots.place(&self.#members, __placer)?,)* })
            }
        }
    }
}
