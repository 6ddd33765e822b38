//! Signatures, and the entry to the parser.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;

use super::scope::{Name, Scope};
use super::witnesses::Witnesses;
use super::{Errors, Parsed, Parser, Role, empty_block, span_of};
use crate::codes;
use crate::model::{FnModel, LocalId, Param, SelfKind, TypeId};

/// A function as it stands in the user's code.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its attributes, for the doc comment.
    pub attrs: &'a [syn::Attribute],
    /// Its head.
    pub sig: &'a syn::Signature,
    /// Its body.
    pub block: &'a syn::Block,
    /// Whether contraction was asked for.
    pub fma: bool,
    /// The file it stands in.
    pub file: &'a str,
    /// What it is called for.
    pub purpose: Purpose,
}

/// What a function is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// By the runtime, for a message.
    Handler,
    /// By device code, as a method of an actor.
    Helper,
    /// By device code, as any other function.
    Call,
}

/// Parses a function: the model of its syntax, and the function that fills its tables.
pub fn function(source: Source<'_>, errors: &mut Errors) -> Parsed {
    let mut parser =
        Parser { errors, scope: Scope::default(), witnesses: Witnesses::default(), pending: TokenStream::new() };
    let Source { attrs, sig, block, fma, file, purpose } = source;
    parser.check_kind(sig);
    let mut inputs = TokenStream::new();
    let mut receiver = None;
    let mut params = Vec::new();
    for input in &sig.inputs {
        match input {
            syn::FnArg::Receiver(written) => receiver = parser.receiver(written, &mut inputs),
            syn::FnArg::Typed(written) => params.push(parser.param(written, purpose, &mut inputs)),
        }
    }
    let (ret, output) = parser.output(&sig.output);
    let binds = parser.take_pending();
    let (body, inner) = parser.statements(block, TokenStream::new());
    let locals = parser.scope.locals();
    let span = sig.ident.span();
    let shadow = quote_spanned!(span=> |#inputs| -> #output {
        ::core::unreachable!();
        #binds
        #inner
    });
    let tables = parser.witnesses.into_tables(&shadow);
    let model = FnModel {
        name: sig.ident.to_string(),
        doc: doc_lines(attrs),
        file: file.to_owned(),
        span: span_of(sig.ident.span()),
        receiver,
        params,
        ret,
        fma,
        body: if errors.is_empty() { body } else { empty_block() },
        locals,
    };
    Parsed { model, tables }
}

impl Parser<'_> {
    fn check_kind(&mut self, sig: &syn::Signature) {
        if let Some(token) = &sig.asyncness {
            self.errors.push(token, codes::FN_KIND, "a function of device code cannot be `async`");
        }
        if let syn::Safety::Unsafe(token) = &sig.safety {
            self.errors.push(token, codes::FN_KIND, "a function of device code cannot be `unsafe`");
        }
        if let Some(abi) = &sig.abi {
            self.errors.push(abi, codes::FN_KIND, "a function of device code cannot be `extern`");
        }
        if let Some(dots) = &sig.variadic {
            self.errors.push(dots, codes::FN_KIND, "a function of device code cannot be variadic");
        }
    }

    fn receiver(&mut self, written: &syn::Receiver, inputs: &mut TokenStream) -> Option<(SelfKind, LocalId, TypeId)> {
        let span = written.self_token.span();
        let (kind, ty) = match &written.kind {
            syn::ReceiverKind::Value => (SelfKind::Value, quote!(Self)),
            syn::ReceiverKind::Reference(_, _, None) => (SelfKind::Ref, quote!(&Self)),
            syn::ReceiverKind::Reference(_, _, Some(_)) => (SelfKind::RefMut, quote!(&mut Self)),
            _ => {
                self.errors.push(written, codes::RECEIVER, "device code cannot take `self` with a type of its own");
                return None;
            }
        };
        let this = syn::Ident::new("__this", span);
        let mutability = &written.mutability;
        inputs.extend(quote!(#mutability #this: #ty,));
        let local = self.scope.fresh();
        let name = syn::Ident::from(written.self_token);
        self.scope.declare(Name::new(&name), local);
        // What is none of device code is reported where the type is named.
        Some((kind, local, self.witnesses.checked(span, &ty)))
    }

    fn param(&mut self, written: &syn::PatType, purpose: Purpose, inputs: &mut TokenStream) -> Param {
        self.inner_attributes(&written.attrs);
        self.check_type(&written.ty);
        let ty = match (purpose, super::handler::role(&written.ty)) {
            (Purpose::Handler, Role::Message) => {
                self.witnesses.checked(written.ty.span(), &erase_lifetimes(&written.ty).into_token_stream())
            }
            _ => self.known(&written.ty),
        };
        let (pat, _) = self.pattern(&written.pat);
        // As written: a binding with `@ _` would be a second thing for rustc to complain about here.
        let shadow = &written.pat;
        let erased = erase_lifetimes(&written.ty);
        inputs.extend(quote!(#shadow: #erased,));
        Param { pat, ty }
    }

    fn output(&mut self, output: &syn::ReturnType) -> (TypeId, TokenStream) {
        match output {
            syn::ReturnType::Default => (self.witnesses.known(proc_macro2::Span::call_site(), &quote!(())), quote!(())),
            syn::ReturnType::Type(_, ty) => {
                self.check_type(ty);
                (self.known(ty), erase_lifetimes(ty).into_token_stream())
            }
        }
    }

    fn check_type(&mut self, ty: &syn::Type) {
        let what = match ty {
            syn::Type::ImplTrait(_) => "`impl Trait` in a signature of device code",
            syn::Type::Never(_) => "a function of device code that never returns",
            syn::Type::FnPtr(_) => "a function pointer in a signature of device code",
            syn::Type::TraitObject(_) => "a trait object in a signature of device code",
            syn::Type::Ptr(_) => "a raw pointer in a signature of device code",
            syn::Type::Reference(reference) => return self.check_type(&reference.elem),
            _ => return,
        };
        self.errors.push(ty, codes::SIGNATURE_TYPE, what);
    }
}

/// The type without named lifetimes: the shadow has none to refer to.
pub(super) fn erase_lifetimes(ty: &syn::Type) -> syn::Type {
    struct Erase;
    impl VisitMut for Erase {
        fn visit_lifetime_mut(&mut self, lifetime: &mut syn::Lifetime) {
            if lifetime.ident != "static" {
                lifetime.ident = syn::Ident::new("_", lifetime.ident.span());
            }
        }
    }
    let mut ty = ty.clone();
    Erase.visit_type_mut(&mut ty);
    ty
}

/// The lines of a doc comment, without the space after the slashes.
pub fn doc_lines(attrs: &[syn::Attribute]) -> Vec<String> {
    let mut lines = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        if let syn::Meta::NameValue(syn::MetaNameValue {
            value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
            ..
        }) = &attr.meta
        {
            lines.extend(text.value().lines().map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()));
        }
    }
    lines
}

/// The file that a span is in, as it can be shown to anybody: relative, or without its directories.
#[must_use]
pub fn file_of(span: proc_macro2::Span, manifest_dir: Option<&str>, package: &str) -> String {
    let file = span.file();
    let path = std::path::Path::new(&file);
    if path.is_relative() {
        return file;
    }
    match manifest_dir.and_then(|dir| path.strip_prefix(dir).ok()) {
        Some(rest) => format!("{package}/{}", rest.display()),
        None => path.file_name().map_or(file.clone(), |name| name.to_string_lossy().into_owned()),
    }
}
