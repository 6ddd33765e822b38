//! `#[ring_actor]`, on the struct and on the impl block.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use ringkernel_codegen::codes;
use ringkernel_codegen::parse::{self, Errors, Handler, Part, Purpose, Role};
use syn::spanned::Spanned;

use crate::method::{conditions, has_method};
use crate::{data, options};

/// The item without the attributes that only we know, and its implementations.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let tokens = match syn::parse2::<syn::Item>(item.clone()) {
        Ok(syn::Item::Struct(state)) => match options::actor(args, &mut errors).grid {
            Some(dims) => quote!(#[derive(::ringkernel::__GridState)] #[ring_grid(#dims)] #state),
            None => {
                let known = format_ident!("{}", data::ACTOR);
                quote!(#[derive(::ringkernel::DeviceType)] #[#known] #state)
            }
        },
        Ok(syn::Item::Impl(block)) => {
            options::none(args, &mut errors);
            of_impl(block, &mut errors)
        }
        Ok(_) => {
            errors.push(&item, codes::WRONG_ITEM, "`#[ring_actor]` goes on a struct and on its impl block");
            item
        }
        Err(error) => {
            errors.push_syntax(error);
            item
        }
    };
    let errors = errors.into_tokens();
    quote!(#tokens #errors)
}

/// A method with `#[handler]`.
struct Handled {
    ident: syn::Ident,
    head: Handler,
    /// `#[cfg(..)]` of the method, which all that belongs to it repeats.
    conditions: Vec<syn::Attribute>,
}

/// The method with `#[step]`.
struct Stepped {
    ident: syn::Ident,
    with_context: bool,
    /// As for handlers.
    conditions: Vec<syn::Attribute>,
}

fn of_impl(mut block: syn::ItemImpl, errors: &mut Errors) -> TokenStream {
    if let Some((path, _)) = &block.trait_ {
        errors.push(
            path,
            codes::WRONG_ITEM,
            "`#[ring_actor]` goes on an impl block of the actor itself, not of a trait",
        );
        return block.into_token_stream();
    }
    let mut handlers = Vec::new();
    let (mut has_step, mut step) = (false, None);
    let mut methods = TokenStream::new();
    for item in &mut block.items {
        let syn::ImplItem::Fn(function) = item else { continue };
        let mut fma = false;
        let mut is_handler = false;
        for attr in function.attrs.extract_if(.., |attr| data::field_attribute(attr).is_some()) {
            data::misplaced(&attr, errors);
        }
        for attr in function.attrs.extract_if(.., |attr| attr.path().is_ident("handler")) {
            is_handler = true;
            if let syn::Meta::List(list) = &attr.meta {
                fma |= options::function(list.tokens.clone(), errors).fma;
            }
        }
        let mut is_step = false;
        for attr in function.attrs.extract_if(.., |attr| attr.path().is_ident("step")) {
            (is_step, has_step) = (true, true);
            if let syn::Meta::List(list) = &attr.meta {
                fma |= options::function(list.tokens.clone(), errors).fma;
            }
        }
        if is_step && let Some(with_context) = parse::step(&function.sig, errors) {
            if step.is_some() {
                errors.push(&function.sig.ident, codes::STEP, "a second `#[step]`");
            }
            let conditions = conditions(&function.attrs);
            step = Some(Stepped { ident: function.sig.ident.clone(), with_context, conditions });
        }
        if is_handler && let Some(head) = parse::handler(&function.sig, errors) {
            let conditions = conditions(&function.attrs);
            handlers.push(Handled { ident: function.sig.ident.clone(), head, conditions });
        }
        let purpose = if is_handler { Purpose::Handler } else { Purpose::Helper };
        methods.extend(has_method(function, purpose, &block.generics, &block.self_ty, fma, errors));
    }
    for item in &block.items {
        let syn::ImplItem::Fn(function) = item else { continue };
        let part = match handlers.iter().any(|handler| handler.ident == function.sig.ident) {
            _ if !has_step => Part::OfActor,
            true => Part::HandlerOfGrid,
            false => Part::OfGrid,
        };
        parse::check_context(function, part, errors);
    }
    let actor = actor(&block, &handlers, step.as_ref(), errors);
    quote!(#block #methods #actor)
}

/// `impl Actor`, `impl Handles<M>` for each handler, and `impl Grid` for the step.
fn actor(block: &syn::ItemImpl, handlers: &[Handled], step: Option<&Stepped>, errors: &mut Errors) -> TokenStream {
    let owner = &block.self_ty;
    let syn::Type::Path(path) = &**owner else {
        errors.push(owner, codes::WRONG_ITEM, "`#[ring_actor]` goes on an impl block of a struct");
        return TokenStream::new();
    };
    let name = path.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
    let generics = data::callable(&block.generics);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let mut descriptions = TokenStream::new();
    let mut arms = TokenStream::new();
    let mut handles = TokenStream::new();
    for Handled { ident, head, conditions } in handlers {
        let text = ident.to_string();
        let hash = parse::name_hash(&text);
        let message = &head.message;
        let reply = head.reply.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
        let span = message.span();
        descriptions.extend(quote! {
            #(#conditions)*
            ::ringkernel::__private::desc::HandlerDesc {
                name: #text,
                message: ::ringkernel::__private::probe::Described::<#message>::DESC,
                reply: ::ringkernel::__private::probe::Described::<#reply>::DESC,
                model: <Self as ::ringkernel::__private::HasMethod<#hash>>::MODEL,
                tables: <Self as ::ringkernel::__private::HasMethod<#hash>>::tables,
            },
        });
        arms.extend(arm(ident, head, conditions));
        let fits = (parse::is_instance(message) && block.generics.params.is_empty()).then(
            || quote_spanned!(span=> #(#conditions)* const _: () = ::ringkernel::__private::assert_fits::<#message>();),
        );
        // `Self` has no meaning outside of the impl.
        let plain = |ty: &TokenStream| !ty.clone().into_iter().any(|tree| tree.to_string().contains("Self"));
        let answer_fits = (block.generics.params.is_empty() && plain(&reply)).then(|| {
            let span = head.reply.as_ref().map_or(span, Spanned::span);
            quote_spanned!(span=> #(#conditions)* const _: () = {
                #[allow(unused_imports)]
                use ::ringkernel::__private::probe::Undescribed as _;
                ::ringkernel::__private::assert_answer_fits(::ringkernel::__private::probe::Described::<#reply>::SIZE)
            };)
        });
        handles.extend(quote_spanned! {span=>
            #(#conditions)*
            #[automatically_derived]
            impl #impl_generics ::ringkernel::__private::Handles<#message> for #owner #where_clause {
                type Reply = #reply;
                const TAG: u32 =
                    ::ringkernel::__private::tag_of(<Self as ::ringkernel::__private::Actor>::HANDLERS, #text);
            }
            #fits
            #answer_fits
        });
    }
    let grid = step.map(|Stepped { ident, with_context, conditions }| {
        let (text, hash) = (ident.to_string(), parse::name_hash(&ident.to_string()));
        let context = with_context.then(|| quote!(__ctx));
        let desc = quote! {
            #(#conditions)*
            const GRID: ::core::option::Option<::ringkernel::__private::desc::GridDesc> =
                ::core::option::Option::Some(::ringkernel::__private::desc::GridDesc {
                    dims: <Self as ::ringkernel::__private::GridState>::DIMS,
                    step: ::ringkernel::__private::desc::StepDesc {
                        name: #text,
                        model: <Self as ::ringkernel::__private::HasMethod<#hash>>::MODEL,
                        tables: <Self as ::ringkernel::__private::HasMethod<#hash>>::tables,
                    },
                });
        };
        let implementation = quote! {
            #(#conditions)*
            #[automatically_derived]
            impl #impl_generics ::ringkernel::__private::Grid for #owner #where_clause {
                fn step(&mut self, __ctx: &mut ::ringkernel::__private::Context<Self>) { Self::#ident(self, #context); }
            }
        };
        (desc, implementation)
    });
    let (grid, steps) = grid.unzip();
    quote! {
        #[automatically_derived]
        #[allow(clippy::all, clippy::pedantic)]
        impl #impl_generics ::ringkernel::__private::Actor for #owner #where_clause {
            type Kind = <Self as ::ringkernel::__private::ActorState>::RunsAs;
            const NAME: &'static str = #name;
            #grid
            const HANDLERS: &'static [::ringkernel::__private::desc::HandlerDesc] = {
                #[allow(unused_imports)]
                use ::ringkernel::__private::probe::Undescribed as _;
                &[#descriptions]
            };
            fn dispatch(
                &mut self,
                __tag: u32,
                __payload: &[u8],
                __ctx: &mut ::ringkernel::__private::Context<Self>,
            ) -> ::core::result::Result<(), ::ringkernel::__private::DecodeError> {
                #[allow(unused_imports)]
                use ::ringkernel::__private::probe::{NotReadable as _, Readable as _};
                match __tag {
                    #arms
                    __other => ::core::result::Result::Err(::ringkernel::__private::DecodeError::new(
                        "the tag of a message", ::core::primitive::u64::from(__other))),
                }
            }
        }
        #handles
        #steps
    }
}

/// One arm of `dispatch`: reads the message, calls the user's method, hands its answer over.
fn arm(ident: &syn::Ident, head: &Handler, conditions: &[syn::Attribute]) -> TokenStream {
    let (message, name) = (&head.message, ident.to_string());
    let args = head.params.iter().map(|role| match role {
        Role::Message => quote!(__message),
        Role::Context => quote!(__ctx),
        Role::Reply => quote!(__reply),
    });
    let read = quote!(let __message = (&::ringkernel::__private::probe::Reader::<#message>::new()).read(__payload)?;);
    let body = if head.params.contains(&Role::Reply) {
        quote! {
            let __reply = __ctx.__reply();
            Self::#ident(self, #(#args),*);
        }
    } else {
        // An answer that is none is reported where it is written.
        let at = head.reply.as_ref().map_or_else(Span::call_site, |reply| Span::call_site().located_at(reply.span()));
        let answer = quote_spanned!(at=> __ctx.__answer(__answer));
        quote! {
            let __answer = Self::#ident(self, #(#args),*);
            #answer;
        }
    };
    quote! {
        #(#conditions)*
        __tag if __tag == const {
            ::ringkernel::__private::tag_of(<Self as ::ringkernel::__private::Actor>::HANDLERS, #name)
        } => {
            #read
            #body
            ::core::result::Result::Ok(())
        }
    }
}
