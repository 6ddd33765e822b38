//! Structs and enums as device values: their description and canonical layout.
//!
//! A field's type is named only in `slot::<T>()`, at the user's span: rustc then reports a type that does not belong
//! there once, however often the expansion names it.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::{Errors, OPERATORS, doc_lines, name_hash};
use syn::parse_quote;
use syn::spanned::Spanned;

use crate::operator;

/// `#[derive(DeviceType)]`.
pub(crate) fn expand_derive(item: TokenStream) -> TokenStream {
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

/// The generics with the bound that all type parameters of device types have.
pub(crate) fn bounded(generics: &syn::Generics) -> syn::Generics {
    let mut generics = generics.clone();
    for param in generics.type_params_mut() {
        param.bounds.push(parse_quote!(::ringkernel::__private::DeviceValue));
    }
    generics
}

/// The same for what device code calls: where a bound names an operator, device code has it too.
pub(crate) fn callable(generics: &syn::Generics) -> syn::Generics {
    let mut generics = bounded(generics);
    for param in generics.type_params_mut() {
        let ident = &param.ident;
        param.bounds.extend(operators(&param.bounds, &parse_quote!(#ident)));
    }
    for predicate in generics.where_clause.iter_mut().flat_map(|clause| &mut clause.predicates) {
        if let syn::WherePredicate::Type(predicate) = predicate {
            predicate.bounds.extend(operators(&predicate.bounds, &predicate.bounded_ty));
        }
    }
    generics
}

type Bounds = syn::punctuated::Punctuated<syn::TypeParamBound, syn::Token![+]>;

/// For each operator among the bounds of `of`, the bound that device code has it.
fn operators(bounds: &Bounds, of: &syn::Type) -> Vec<syn::TypeParamBound> {
    let operator = |bound: &syn::TypeParamBound| {
        let syn::TypeParamBound::Trait(syn::TraitBound { lifetimes, path, .. }) = bound else { return None };
        let name = path.segments.last()?.ident.to_string();
        let operator = OPERATORS.iter().find(|operator| operator.of == name)?;
        if operator.native.is_some() || operator.of == "Default" {
            return None;
        }
        let (hash, right) = (name_hash(operator.function), operator::right_of(path, operator));
        let right = match right {
            Some(right) => right.to_token_stream(),
            None if operator.unary => quote!(()),
            None => of.to_token_stream(),
        };
        Some(parse_quote!(#lifetimes ::ringkernel::__private::HasOperator<#hash, #right>))
    };
    bounds.iter().filter_map(operator).collect()
}

/// One field: how it is named in patterns and literals, and its type.
pub(crate) struct Field {
    pub(crate) member: syn::Member,
    name: String,
    pub(crate) slot: TokenStream,
    doc: Vec<String>,
    checkpoint: bool,
    debuggable: bool,
}

pub(crate) fn fields(fields: &syn::Fields, slot: impl Fn(&syn::Type) -> TokenStream) -> Vec<Field> {
    fields
        .members()
        .zip(fields)
        .map(|(member, field)| {
            let ty = &field.ty;
            let name = match &member {
                syn::Member::Named(ident) => ident.to_string(),
                syn::Member::Unnamed(index) => index.index.to_string(),
            };
            Field {
                member,
                name,
                slot: slot(ty),
                doc: doc_lines(&field.attrs),
                checkpoint: field.attrs.iter().any(|attr| attr.path().is_ident("checkpoint")),
                debuggable: field.attrs.iter().any(|attr| attr.path().is_ident("debuggable")),
            }
        })
        .collect()
}

/// What the library knows of a field's type.
fn slot(ty: &syn::Type) -> TokenStream {
    quote_spanned!(ty.span()=> ::ringkernel::__private::layout::slot::<#ty>())
}

pub(crate) fn shape(fields: &syn::Fields) -> TokenStream {
    match fields {
        syn::Fields::Named(_) => quote!(::ringkernel::__private::desc::Shape::Named),
        syn::Fields::Unnamed(_) => quote!(::ringkernel::__private::desc::Shape::Tuple),
        syn::Fields::Unit => quote!(::ringkernel::__private::desc::Shape::Unit),
    }
}

pub(crate) fn descriptions(fields: &[Field]) -> TokenStream {
    let fields = fields.iter().map(|Field { name, slot, doc, checkpoint, debuggable, .. }| {
        quote! {
            ::ringkernel::__private::desc::FieldDesc {
                name: #name, ty: #slot.desc, doc: &[#(#doc),*], checkpoint: #checkpoint, debuggable: #debuggable,
            }
        }
    });
    quote!(&[#(#fields),*])
}

/// Sizes and alignments, as the layout functions take them.
fn sizes(fields: &[Field]) -> TokenStream {
    let slots = fields.iter().map(|field| &field.slot);
    quote!(&[#(#slots.field),*])
}

/// What `#[ring_actor]` puts on its struct, so that the derive knows it.
pub(crate) const ACTOR: &str = "__ring_actor_state";

/// And with `grid = 3`, and how many dimensions.
pub(crate) const GRID: &str = "ring_grid";

fn is_actor(input: &syn::DeriveInput) -> bool {
    input.attrs.iter().any(|attr| attr.path().is_ident(ACTOR) || attr.path().is_ident(GRID))
}

/// Attributes of an actor's fields, where they are and where they are not.
pub(crate) fn check_attributes(input: &syn::DeriveInput, errors: &mut Errors) {
    let is_actor = is_actor(input);
    for attr in &input.attrs {
        misplaced(attr, errors);
    }
    let fields: Vec<&syn::Field> = match &input.data {
        syn::Data::Struct(data) => data.fields.iter().collect(),
        syn::Data::Enum(data) => data.variants.iter().flat_map(|variant| &variant.fields).collect(),
        syn::Data::Union(_) => return,
    };
    if let syn::Data::Enum(data) = &input.data {
        data.variants.iter().flat_map(|variant| &variant.attrs).for_each(|attr| misplaced(attr, errors));
    }
    for field in fields {
        let mut seen = Vec::new();
        for attr in &field.attrs {
            let Some(name) = field_attribute(attr) else { continue };
            if !is_actor {
                misplaced(attr, errors);
            } else if !matches!(attr.meta, syn::Meta::Path(_)) {
                errors.push(attr, codes::STRAY_ATTRIBUTE, format_args!("`#[{name}]` has no options"));
            } else if seen.contains(&name) {
                errors.push(attr, codes::STRAY_ATTRIBUTE, format_args!("`#[{name}]` stands here twice"));
            }
            seen.push(name);
        }
    }
}

/// The name of an attribute that an actor's field can have.
pub(crate) fn field_attribute(attr: &syn::Attribute) -> Option<&'static str> {
    ["checkpoint", "debuggable"].into_iter().find(|name| attr.path().is_ident(name))
}

/// Reports such an attribute where it has no meaning.
pub(crate) fn misplaced(attr: &syn::Attribute, errors: &mut Errors) {
    if let Some(name) = field_attribute(attr) {
        let what = format_args!("`#[{name}]` belongs on a field of a `#[ring_actor]` struct");
        errors.push(attr, codes::STRAY_ATTRIBUTE, what);
    }
}

/// The impls, or nothing if the type was reported.
pub(crate) fn implement(input: &syn::DeriveInput, errors: &mut Errors) -> TokenStream {
    check_attributes(input, errors);
    if let Some(lifetime) = input.generics.lifetimes().next() {
        errors.push(lifetime, codes::DATA_SHAPE, "a type of device code cannot borrow");
        return TokenStream::new();
    }
    let parts = match &input.data {
        syn::Data::Struct(data) => of_struct(input, &data.fields),
        syn::Data::Enum(data) if !data.variants.is_empty() => of_enum(input, data),
        syn::Data::Enum(_) => {
            errors.push(&input.ident, codes::DATA_SHAPE, "an enum of device code needs a variant");
            return TokenStream::new();
        }
        syn::Data::Union(_) => {
            errors.push(&input.ident, codes::DATA_SHAPE, "device code has no unions");
            return TokenStream::new();
        }
    };
    let Parts { desc, size, align, encode, decode } = parts;
    let generics = bounded(&input.generics);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, arguments, _) = input.generics.split_for_impl();
    let name = &input.ident;
    let actor = is_actor(input).then(|| {
        quote! {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl #impl_generics ::ringkernel::__private::ActorState for #name #arguments #where_clause {
                type RunsAs = ::ringkernel::__private::Many;
            }
        }
    });
    quote! {
        #actor
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl #impl_generics ::ringkernel::__private::DeviceType for #name #arguments #where_clause {
            const DESC: ::ringkernel::__private::desc::TypeDesc = #desc;
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        #[allow(clippy::all, clippy::pedantic)]
        impl #impl_generics ::ringkernel::__private::DeviceValue for #name #arguments #where_clause {
            const SIZE: usize = #size;
            const ALIGN: usize = #align;
            fn encode(&self, __out: &mut [u8]) { #encode }
            fn decode(__bytes: &[u8]) -> ::core::result::Result<Self, ::ringkernel::__private::DecodeError> { #decode }
        }
    }
}

/// What differs between structs and enums.
struct Parts {
    desc: TokenStream,
    size: TokenStream,
    align: TokenStream,
    encode: TokenStream,
    decode: TokenStream,
}

fn of_struct(input: &syn::DeriveInput, written: &syn::Fields) -> Parts {
    let fields = fields(written, slot);
    let (name, doc, shape) = (input.ident.to_string(), doc_lines(&input.attrs), shape(written));
    let (descriptions, sizes) = (descriptions(&fields), sizes(&fields));
    let members: Vec<_> = fields.iter().map(|field| &field.member).collect();
    let slots: Vec<_> = fields.iter().map(|field| &field.slot).collect();
    let indices: Vec<_> = (0..fields.len()).collect();
    Parts {
        desc: quote! {
            ::ringkernel::__private::desc::TypeDesc::Struct(&::ringkernel::__private::desc::StructDesc {
                name: #name, path: ::core::any::type_name::<Self>, doc: &[#(#doc),*], shape: #shape, fields: #descriptions,
            })
        },
        size: quote!(::ringkernel::__private::layout::size_of(#sizes)),
        align: quote!(::ringkernel::__private::layout::align_of(#sizes)),
        encode: quote! {
            __out.fill(0);
            #(#slots.put(&self.#members, __out,
                const { ::ringkernel::__private::layout::offset_of(#sizes, #indices) });)*
        },
        decode: quote! {
            ::ringkernel::__private::layout::check_len(__bytes, <Self as ::ringkernel::__private::DeviceValue>::SIZE, #name)?;
            ::core::result::Result::Ok(Self { #(
                #members: #slots.get(__bytes,
                    const { ::ringkernel::__private::layout::offset_of(#sizes, #indices) })?,
            )* })
        },
    }
}

fn of_enum(input: &syn::DeriveInput, data: &syn::DataEnum) -> Parts {
    let (name, doc) = (input.ident.to_string(), doc_lines(&input.attrs));
    let plain = data.variants.iter().all(|variant| matches!(variant.fields, syn::Fields::Unit));
    let all: Vec<_> = data.variants.iter().map(|variant| fields(&variant.fields, slot)).collect();
    let sizes_of: Vec<_> = all.iter().map(|fields| sizes(fields)).collect();
    let variants = quote!(&[#(#sizes_of),*]);
    let descs = data.variants.iter().zip(&all).enumerate().map(|(index, (variant, fields))| {
        let (ident, name, shape) = (&variant.ident, variant.ident.to_string(), shape(&variant.fields));
        let descriptions = descriptions(fields);
        let index = index as i128;
        let discriminant = if plain { quote!(Self::#ident as i128) } else { quote!(#index) };
        quote! {
            ::ringkernel::__private::desc::VariantDesc {
                name: #name, shape: #shape, fields: #descriptions, discriminant: #discriminant,
            }
        }
    });
    let arms = data.variants.iter().zip(&all).zip(&sizes_of).enumerate().map(|(tag, ((variant, fields), sizes))| {
        let (ident, tag) = (&variant.ident, tag as u32);
        let members: Vec<_> = fields.iter().map(|field| &field.member).collect();
        let slots: Vec<_> = fields.iter().map(|field| &field.slot).collect();
        let names: Vec<_> = (0..fields.len()).map(|index| format_ident!("__field{index}")).collect();
        let at: Vec<_> = (0..fields.len())
            .map(|index| {
                quote!(const {
                    ::ringkernel::__private::layout::enum_offset(#variants)
                        + ::ringkernel::__private::layout::offset_of(#sizes, #index)
                })
            })
            .collect();
        let encode = quote! {
            Self::#ident { #(#members: #names),* } => {
                ::ringkernel::__private::layout::put_tag(__out, #tag);
                #(#slots.put(#names, __out, #at);)*
            }
        };
        let decode = quote! {
            #tag => ::core::result::Result::Ok(Self::#ident { #(#members: #slots.get(__bytes, #at)?,)* }),
        };
        (encode, decode)
    });
    let (encodes, decodes): (Vec<_>, Vec<_>) = arms.unzip();
    Parts {
        desc: quote! {
            ::ringkernel::__private::desc::TypeDesc::Enum(&::ringkernel::__private::desc::EnumDesc {
                name: #name, path: ::core::any::type_name::<Self>, doc: &[#(#doc),*], variants: &[#(#descs),*],
            })
        },
        size: quote!(::ringkernel::__private::layout::enum_size(#variants)),
        align: quote!(::ringkernel::__private::layout::enum_align(#variants)),
        encode: quote! {
            __out.fill(0);
            match self { #(#encodes)* }
        },
        decode: quote! {
            match ::ringkernel::__private::layout::tag(__bytes, <Self as ::ringkernel::__private::DeviceValue>::SIZE, #name)? {
                #(#decodes)*
                __other => ::core::result::Result::Err(
                    ::ringkernel::__private::DecodeError::new(#name, ::core::primitive::u64::from(__other))),
            }
        },
    }
}
