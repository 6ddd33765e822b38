//! Attributes inside bodies.
//!
//! A `#[cfg]` inside a body is not resolved yet when our macro runs, so the model would hold what rustc leaves out.

use syn::Expr as Syn;

use super::Parser;
use crate::codes;

impl Parser<'_> {
    /// Refuses attributes that change what a body means.
    pub(super) fn inner_attributes(&mut self, attrs: &[syn::Attribute]) {
        const LINTS: [&str; 6] = ["allow", "expect", "warn", "deny", "forbid", "doc"];
        for attr in attrs {
            if !LINTS.iter().any(|lint| attr.path().is_ident(lint)) && attr.path().segments.len() == 1 {
                let name = attr.path().segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
                self.errors.push(
                    attr,
                    codes::INNER_ATTRIBUTE,
                    format_args!("`#[{name}]` cannot stand inside a body of device code"),
                );
            }
        }
    }

    /// The attributes of an expression.
    pub(super) fn expr_attributes(&mut self, expr: &Syn) {
        macro_rules! attributes {
            ($($kind:ident)*) => {
                match expr {
                    $(Syn::$kind(inner) => self.inner_attributes(&inner.attrs),)*
                    _ => {}
                }
            };
        }
        attributes!(
            Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field
            ForLoop Group If Index Infer Let Lit Loop Macro Match MethodCall Paren Path
            Range RawAddr Reference Repeat Return Struct Try TryBlock Tuple Unary Unsafe While Yield
        );
    }
}
