//! The sink that collects errors of one macro call, so that all are reported at once.

use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::codes::Code;

/// Errors found so far.
#[derive(Debug, Default)]
pub struct Errors {
    found: Vec<syn::Error>,
}

impl Errors {
    /// Reports `what` about all of `at`, with the code and its help.
    pub fn push(&mut self, at: impl ToTokens, code: Code, what: impl std::fmt::Display) {
        let text = format!("{what} [{}]\nhelp: {}", code.code, code.help);
        self.found.push(syn::Error::new_spanned(at, text));
    }

    /// Takes over an error of syn itself, a syntax error.
    pub fn push_syntax(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// Whether nothing was reported.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// As `compile_error!` calls.
    #[must_use]
    pub fn into_tokens(self) -> TokenStream {
        self.found.into_iter().map(syn::Error::into_compile_error).collect()
    }

    /// The texts, for tests.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.found.iter().map(ToString::to_string).collect()
    }
}
