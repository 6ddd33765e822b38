//! The macros of device code: `trace!`, the assertions, `panic!`, `unreachable!` and `matches!`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr as Syn, Token};

use super::control::split_guard;
use super::format::{Hole, split};
use super::path::last_name;
use super::{Both, Parser};
use crate::codes;
use crate::model::{Expr, ExprKind};

type Args = Punctuated<Syn, Token![,]>;

impl Parser<'_> {
    /// A macro as an expression or a statement.
    pub(super) fn macro_call(&mut self, mac: &syn::Macro, whole: &(impl ToTokens + Spanned)) -> Both {
        let name = last_name(&mac.path);
        let debug = name.starts_with("debug_");
        match name.trim_start_matches("debug_") {
            "assert" => self.assert(mac, debug),
            "assert_eq" => self.assert_eq(mac, debug, false),
            "assert_ne" => self.assert_eq(mac, debug, true),
            "panic" if !debug => self.panic(mac, "explicit panic"),
            "unreachable" if !debug => self.panic(mac, "entered unreachable code"),
            "matches" if !debug => self.matches(mac),
            "trace" if !debug => self.trace(mac),
            _ => self.reject(whole, codes::MACRO, format_args!("`{name}!` does not exist in device code")),
        }
    }

    /// Arguments separated by commas; a syntax error is reported and gives none.
    fn macro_args(&mut self, mac: &syn::Macro) -> Args {
        match Args::parse_terminated.parse2(mac.tokens.clone()) {
            Ok(args) => args,
            Err(error) => {
                self.errors.push_syntax(error);
                Args::new()
            }
        }
    }

    /// The text after the first `skip` arguments, or `otherwise`. The values in it stay on the host.
    fn message(&mut self, args: &Args, skip: usize, otherwise: String) -> String {
        match args.iter().nth(skip) {
            None => otherwise,
            Some(Syn::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. })) => text.value(),
            Some(other) => {
                self.errors.push(other, codes::FORMAT, "the message is not a literal");
                otherwise
            }
        }
    }

    fn assert(&mut self, mac: &syn::Macro, debug: bool) -> Both {
        let args = self.macro_args(mac);
        let span = mac.span();
        let Some(cond) = args.first() else {
            return self.reject(mac, codes::MACRO, "`assert!` needs a condition");
        };
        let message = self.message(&args, 1, format!("assertion failed: {}", source(cond)));
        let (cond, shadow) = self.expr(cond);
        let kind = ExprKind::Assert { cond: Box::new(cond), message, debug };
        Self::plain(span, kind, quote_spanned!(span=> { let _: bool = #shadow; }))
    }

    fn assert_eq(&mut self, mac: &syn::Macro, debug: bool, negated: bool) -> Both {
        let args = self.macro_args(mac);
        let span = mac.span();
        let (Some(left), Some(right)) = (args.first(), args.iter().nth(1)) else {
            return self.reject(mac, codes::MACRO, "the assertion needs two values to compare");
        };
        let operator = if negated { "!=" } else { "==" };
        let message = format!("assertion failed: {} {operator} {}", source(left), source(right));
        let message = self.message(&args, 2, message);
        let (left, left_shadow) = self.expr(left);
        let (right, right_shadow) = self.expr(right);
        let (method, shadow) = self.equality(span, &left_shadow, &right_shadow);
        let kind = ExprKind::AssertEq { left: Box::new(left), right: Box::new(right), negated, method, message, debug };
        Self::plain(span, kind, quote_spanned!(span=> { let _: bool = #shadow; }))
    }

    fn panic(&mut self, mac: &syn::Macro, otherwise: &str) -> Both {
        let args = self.macro_args(mac);
        let message = self.message(&args, 0, otherwise.to_owned());
        let span = mac.span();
        Self::plain(span, ExprKind::Panic { message }, quote_spanned!(span=> ::core::unreachable!()))
    }

    fn matches(&mut self, mac: &syn::Macro) -> Both {
        let parse = |input: ParseStream<'_>| {
            let value: Syn = input.parse()?;
            input.parse::<Token![,]>()?;
            let pat = syn::Pat::parse_multi_with_leading_vert(input)?;
            let guard =
                if input.peek(Token![if]) { Some((input.parse::<Token![if]>()?, input.parse::<Syn>()?)) } else { None };
            input.parse::<Option<Token![,]>>()?;
            Ok((value, pat, guard))
        };
        let (value, pat, guard) = match parse.parse2(mac.tokens.clone()) {
            Ok(parsed) => parsed,
            Err(error) => {
                let span = mac.span();
                self.errors.push_syntax(error);
                return Self::plain(span, ExprKind::Tuple(Vec::new()), quote!(false));
            }
        };
        let (value, value_shadow) = self.expr(&value);
        let mark = self.scope.mark();
        let (written, inner_guard) = split_guard(&pat);
        let (model, pat_shadow) = self.pattern(written);
        let guard = guard.as_ref().map(|(token, guard)| (token, guard)).or(inner_guard);
        let (guard, guard_shadow) = match guard {
            Some((token, guard)) => {
                let (model, shadow) = self.expr(guard);
                (Some(Box::new(model)), quote!(#token #shadow))
            }
            None => (None, TokenStream::new()),
        };
        let binds = self.take_pending();
        self.scope.reset(mark);
        let kind = ExprKind::Matches { value: Box::new(value), pat: model, guard };
        let span = mac.span();
        let shadow = quote_spanned!(span=>
            (match #value_shadow { #pat_shadow #guard_shadow => { #binds true } _ => false }));
        Self::plain(span, kind, shadow)
    }

    fn trace(&mut self, mac: &syn::Macro) -> Both {
        let args = self.macro_args(mac);
        let span = mac.span();
        let (Some(ctx), Some(text)) = (args.first(), args.iter().nth(1)) else {
            return self.reject(
                mac,
                codes::FORMAT,
                "`trace!` needs the context and a text: `trace!(ctx, \"x = {}\", x)`",
            );
        };
        let Syn::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = text else {
            return self.reject(text, codes::FORMAT, "the text of `trace!` is not a literal");
        };
        let (pieces, holes) = match split(&text.value()) {
            Ok(parts) => parts,
            Err(what) => return self.reject(text, codes::FORMAT, what),
        };
        let (ctx, ctx_shadow) = self.expr(ctx);
        let written: Vec<&Syn> = args.iter().skip(2).collect();
        let (values, shadows): (Vec<Expr>, Vec<TokenStream>) = self.holes(&holes, &written, text).into_iter().unzip();
        let kind = ExprKind::Trace { ctx: Box::new(ctx), pieces, args: values };
        // The context is looked at, so that a wrong one is reported here.
        let shadow = quote_spanned!(span=> {
            __rk::witness::context(&*#ctx_shadow);
            #(__rk::witness::traced(&#shadows);)*
        });
        Self::plain(span, kind, shadow)
    }

    /// The values of a text, in the order of its holes.
    fn holes(&mut self, holes: &[Hole], written: &[&Syn], text: &syn::LitStr) -> Vec<Both> {
        let mut next = 0;
        let mut values = Vec::new();
        for hole in holes {
            let value = match hole {
                Hole::Next => {
                    next += 1;
                    written.get(next - 1).map(|expr| (*expr).clone())
                }
                Hole::Index(index) => written.get(*index).map(|expr| (*expr).clone()),
                Hole::Name(name) => {
                    let ident = syn::Ident::new(name, text.span());
                    Some(Syn::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: ident.into() }))
                }
            };
            // A missing value is rustc's own error in the user's body.
            if let Some(value) = value {
                values.push(self.expr(&value));
            }
        }
        values
    }
}

/// An expression as it is written, if the compiler still knows, on one line.
fn source(expr: &Syn) -> String {
    // A span of several tokens cannot be joined on stable, so its source text would be that of the first.
    let text = expr.to_token_stream().to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
