//! Numbering of witnesses, and the function that runs them.
//!
//! Each kind of table has its own counter, so that an index in the model is an index in
//! [`Tables`](crate::desc::Tables). Names are given the span of what they witness, since rustc reports a missing bound
//! there; a name is declared and used with the same span, so it resolves also in what a user's macro made.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use super::operators::{Operator, comparing};
use super::scope::Scope;
use crate::intrinsics::is_known;
use crate::model::{ConstId, FnId, MethodId, TypeId};

/// The hash by which a method's name is found: FNV-1a, 64 bits.
#[must_use]
pub fn name_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// The witnesses of a call of the user's: they tell the parameters of a generic method.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) args: Vec<Ident>,
    pub(super) result: Ident,
}

impl ToTokens for Signature {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { args, result } = self;
        let args = args.iter().map(|arg| quote_spanned!(arg.span()=> __rk::probe::part(#arg),));
        tokens.extend(quote_spanned!(result.span()=>
            || { #[allow(unreachable_code)] { ((#(#args)*), __rk::probe::part(#result)) } }));
    }
}

/// The witnesses of one body.
#[derive(Debug, Default)]
pub(super) struct Witnesses {
    declarations: TokenStream,
    types: Vec<TokenStream>,
    consts: Vec<TokenStream>,
    fns: Vec<TokenStream>,
    methods: Vec<TokenStream>,
    natives: Vec<TokenStream>,
}

impl Witnesses {
    fn declare(&mut self, prefix: &str, index: usize, span: Span, kind: &str) -> Ident {
        let name = Ident::new(&format!("__{prefix}{index}"), span);
        let kind = Ident::new(kind, span);
        self.declarations.extend(quote_spanned!(span=> let #name = __rk::witness::#kind::new();));
        name
    }

    /// A witness of a type to be inferred.
    pub(super) fn ty(&mut self, span: Span) -> (TypeId, Ident) {
        let index = self.types.len();
        let name = self.declare("w", index, span, "Witness");
        self.types.push(quote_spanned!(span=> __rk::witness::desc(#name)));
        (TypeId(index as u32), name)
    }

    /// The same for a binding. What it holds is a type of device code, or was reported where it comes from.
    pub(super) fn binding(&mut self, span: Span) -> (TypeId, Ident) {
        let index = self.types.len();
        let name = self.declare("w", index, span, "Witness");
        self.types.push(quote_spanned!(span=> (&__rk::probe::Described::of(&#name)).desc()));
        (TypeId(index as u32), name)
    }

    /// The same for a type that the traits of an actor check: itself, and the messages it handles.
    pub(super) fn checked(&mut self, span: Span, ty: &TokenStream) -> TypeId {
        let index = self.types.len();
        let witness = quote_spanned!(span=> __rk::witness::Witness::<#ty>::new());
        self.types.push(quote_spanned!(span=> (&__rk::probe::Described::of(&#witness)).desc()));
        TypeId(index as u32)
    }

    /// The description of a type that is written down.
    pub(super) fn known(&mut self, span: Span, ty: &TokenStream) -> TypeId {
        let index = self.types.len();
        self.types.push(quote_spanned!(span=> __rk::witness::desc(__rk::witness::Witness::<#ty>::new())));
        TypeId(index as u32)
    }

    /// The value of a constant expression, whose type is inferred from the body.
    pub(super) fn konst(&mut self, span: Span, value: &TokenStream, scope: &Scope) -> (ConstId, Ident) {
        let index = self.consts.len();
        let name = self.declare("k", index, span, "Witness");
        let items = scope.items();
        self.consts.push(quote_spanned!(span=> { #(#items)* __rk::witness::konst(#name, #value) }));
        (ConstId(index as u32), name)
    }

    /// The value of a constant expression of a known type.
    pub(super) fn konst_of(&mut self, span: Span, ty: &TokenStream, value: &TokenStream, scope: &Scope) -> ConstId {
        let index = self.consts.len();
        let items = scope.items();
        self.consts.push(quote_spanned!(span=>
            { #(#items)* __rk::witness::konst(__rk::witness::Witness::<#ty>::new(), #value) }));
        ConstId(index as u32)
    }

    /// A free `#[ring_fn]`.
    pub(super) fn function(&mut self, span: Span) -> (FnId, Ident) {
        let index = self.fns.len();
        let name = self.declare("f", index, span, "FnWitness");
        self.fns.push(quote_spanned!(span=> __rk::witness::fn_desc(#name)));
        (FnId(index as u32), name)
    }

    /// The user's method of this name, if it is not one that the library's types have too.
    pub(super) fn method(&mut self, span: Span, method: &str, of: &Signature) -> (MethodId, Ident) {
        let index = self.methods.len();
        let name = self.declare("m", index, span, "Witness");
        let hash = name_hash(method);
        self.methods.push(if is_known(method) {
            quote_spanned!(span=> (&__rk::probe::Probe::<_, #hash>::of(&#name)).method())
        } else {
            quote_spanned!(span=> __rk::probe::required::<_, #hash, _, _>(&#name, #of))
        });
        self.native(span, MethodId(index as u32), comparing(method), &name, &name);
        (MethodId(index as u32), name)
    }

    /// The same for an associated function of a type that is written down.
    pub(super) fn assoc(&mut self, span: Span, ty: &TokenStream, method: &str, of: &Signature) -> MethodId {
        let index = self.methods.len();
        let hash = name_hash(method);
        let witness = quote_spanned!(span=> __rk::witness::Witness::<#ty>::new());
        self.methods.push(if is_known(method) {
            quote_spanned!(span=> (&__rk::probe::Probe::<_, #hash>::of(&#witness)).method())
        } else {
            quote_spanned!(span=> __rk::probe::required::<_, #hash, _, _>(&#witness, #of))
        });
        MethodId(index as u32)
    }

    /// The same where the type's arguments are inferred: from the body, the call, or its first argument.
    pub(super) fn assoc_inferred(
        &mut self,
        (whole, span): (Span, Span),
        ty: &TokenStream,
        method: &str,
        of: &Signature,
    ) -> (MethodId, TypeId) {
        let index = self.methods.len();
        let hash = name_hash(method);
        let name = Ident::new(&format!("__a{index}"), span);
        self.declarations.extend(quote_spanned!(span=> let #name = #ty::__ringkernel_type();));
        let linked = std::iter::once(&of.result).chain(of.args.first());
        self.methods.push(quote_spanned!(span=> {
            #((&__rk::probe::Link::of(&#name, &#linked)).link();)*
            __rk::probe::required::<_, #hash, _, _>(&#name, #of)
        }));
        let id = TypeId(self.types.len() as u32);
        self.types.push(quote_spanned!(whole=> (&__rk::probe::Described::of(&#name)).desc()));
        (MethodId(index as u32), id)
    }

    /// Whether an operator between these two, or on one of them, is a user's function.
    pub(super) fn operator(&mut self, span: Span, operator: Operator) -> (MethodId, Ident, Ident) {
        let index = self.methods.len();
        let left = self.declare("l", index, span, "Witness");
        let right = self.declare("r", index, span, "Witness");
        let hash = name_hash(operator.function);
        let id = MethodId(index as u32);
        let ask = if operator.native.is_some() { quote!(Comparison) } else { quote!(Operator) };
        self.methods.push(quote_spanned!(span=>
            (&__rk::operator::#ask::<_, _, #hash>::of(&#left, &#right)).function()));
        self.native(span, id, operator.native, &left, &right);
        (id, left, right)
    }

    /// How Rust compares, in the words of the probe.
    fn native(&mut self, span: Span, id: MethodId, comparison: Option<&str>, left: &Ident, right: &Ident) {
        if let Some(comparison) = comparison {
            let (ask, index) = (Ident::new(comparison, span), id.0);
            self.natives.push(quote_spanned!(span=>
                (__rk::desc::MethodId(#index), (&__rk::operator::Compare::of(&#left, &#right)).#ask())));
        }
    }

    /// The body of `fn tables() -> Tables` around the shadow, a closure that never runs.
    pub(super) fn into_tables(self, shadow: &TokenStream) -> TokenStream {
        let Self { declarations, types, consts, fns, methods, natives } = self;
        quote! {
            use ::ringkernel::__private as __rk;
            use __rk::probe::{
                AnotherType as _, Describable as _, Found as _, Named as _, NotDescribable as _, NotFound as _,
                SameType as _,
            };
            use __rk::operator::{
                Equality as _, EqualityBehind as _, EqualityOfElements as _, EqualityOfOptions as _,
                EqualityOfSlices as _, FoundBehind as _, FoundOperator as _, NoEquality as _, NoOperator as _,
                NoOrder as _, NoPartialOrder as _, Order as _, OrderBehind as _, OrderOfElements as _,
                OrderOfSlices as _, PartialOrder as _, PartialOrderBehind as _, PartialOrderOfElements as _,
                PartialOrderOfSlices as _,
            };
            #declarations
            let _ = #shadow;
            __rk::desc::Tables {
                types: ::std::vec![#(#types),*],
                consts: ::std::vec![#(#consts),*],
                fns: ::std::vec![#(#fns),*],
                methods: ::std::vec![#(#methods),*],
                natives: ::std::vec![#(#natives),*],
            }
        }
    }
}
