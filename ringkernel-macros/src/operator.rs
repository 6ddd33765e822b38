//! `#[ring_fn]` on the impl of an operator: `impl Add<f32> for Vec3`.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::{self, Errors, OPERATORS, Operator, Purpose, Source};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};

use crate::method::{Embedded, conditions, has_method};

/// The descriptions beside the impl block.
pub(crate) fn of_impl(block: &syn::ItemImpl, of: &syn::Path, fma: bool, errors: &mut Errors) -> TokenStream {
    let name = of.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    let Some(operator) = OPERATORS.iter().find(|operator| operator.of == name) else {
        errors.push(of, codes::TRAIT_IMPL, format_args!("`#[ring_fn]` cannot be put on an impl of `{name}`"));
        return TokenStream::new();
    };
    let mut found = TokenStream::new();
    for item in &block.items {
        let syn::ImplItem::Fn(function) = item else { continue };
        if function.sig.ident == operator.function {
            found.extend(has_operator(function, block, of, operator, fma, errors));
        } else {
            let what = format_args!("`{}` of `{name}` is never called by device code", function.sig.ident);
            errors.push(&function.sig.ident, codes::TRAIT_IMPL, what);
        }
    }
    found
}

fn has_operator(
    function: &syn::ImplItemFn,
    block: &syn::ItemImpl,
    of: &syn::Path,
    operator: &Operator,
    fma: bool,
    errors: &mut Errors,
) -> TokenStream {
    let owner = &block.self_ty;
    let mut function = function.clone();
    Output { owner, of }.visit_impl_item_fn_mut(&mut function);
    // Called by its name: `Vec3::default()`, `a.cmp(&b)`.
    let right = right_of(of, operator);
    let by_name = matches!(operator.of, "Default" | "Ord") || (operator.of == "PartialOrd" && right.is_none());
    let named = if by_name {
        has_method(&function, Purpose::Call, &block.generics, owner, fma, errors)
    } else {
        TokenStream::new()
    };
    if operator.of == "Default" {
        return named;
    }
    let right = match (operator.unary, right) {
        (true, _) => quote!(()),
        (false, Some(right)) => quote!(#right),
        (false, None) => quote!(#owner),
    };
    let (ident, text) = (&function.sig.ident, operator.function);
    let source = Source {
        attrs: &function.attrs,
        sig: &function.sig,
        block: &function.block,
        fma,
        file: "",
        purpose: Purpose::Call,
    };
    let Embedded { model, tables, path } = Embedded::new(source, &quote!(<Self as #of>::#ident), errors);
    let hash = parse::name_hash(text);
    let described = quote_spanned!(owner.span()=> <Self as ::ringkernel::__private::DeviceType>);
    let has = format_ident!("{}", if operator.native.is_some() { "HasComparison" } else { "HasOperator" });
    let generics = crate::data::callable(&block.generics);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let conditions = conditions(&function.attrs);
    quote! {
        #named
        #(#conditions)*
        #[automatically_derived]
        #[doc(hidden)]
        impl #impl_generics ::ringkernel::__private::#has<#hash, #right> for #owner #where_clause {
            fn desc() -> ::core::option::Option<::ringkernel::__private::desc::FnDesc> {
                ::core::option::Option::Some(::ringkernel::__private::desc::FnDesc {
                    name: #text,
                    owner: ::core::option::Option::Some(#described::DESC),
                    path: #path,
                    model: #model,
                    #[allow(warnings, clippy::all, clippy::pedantic, clippy::restriction)]
                    tables: || { #tables },
                })
            }
        }
    }
}

/// `f32` of `Mul<f32>`; none if the trait is written without, which means the type itself.
pub(crate) fn right_of<'a>(of: &'a syn::Path, operator: &Operator) -> Option<&'a syn::Type> {
    let syn::PathArguments::AngleBracketed(arguments) = &of.segments.last()?.arguments else { return None };
    arguments.args.iter().filter(|_| !operator.unary).find_map(|argument| match argument {
        syn::GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Outside of the impl, `Self::Output` does not say of which trait.
struct Output<'a> {
    owner: &'a syn::Type,
    of: &'a syn::Path,
}

impl VisitMut for Output<'_> {
    fn visit_type_mut(&mut self, ty: &mut syn::Type) {
        if let syn::Type::Path(path) = ty
            && path.qself.is_none()
            && path.path.segments.len() == 2
            && path.path.segments[0].ident == "Self"
            && path.path.segments[1].ident == "Output"
        {
            let (owner, of) = (self.owner, self.of);
            *ty = syn::parse_quote!(<#owner as #of>::Output);
            return;
        }
        visit_mut::visit_type_mut(self, ty);
    }
}
