//! Values that must be dropped: those that hold a `Reply`.
//!
//! A variable of such a type is followed by a guard, whose destructor drops what is left in it however the scope is
//! left, in reverse order of declaration as in Rust. A move out of a place ([`Kind::Take`](crate::ir::Kind::Take))
//! leaves zeros behind, and dropping zeros does nothing; so no flags are needed.

use super::{Lower, Stmts};
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::ir::{Do, Expr};
use crate::ty;

impl Lower<'_> {
    /// Drops a variable at the end of its scope if its type needs it.
    pub(super) fn guard(&mut self, name: &str, ty: TypeDesc, out: &mut Stmts) {
        if ty::needs_drop(ty) {
            self.push(out, Do::Guard { name: name.to_owned(), ty });
        }
    }

    /// Drops a value at once.
    pub(super) fn discard(&mut self, value: Expr, out: &mut Stmts) {
        let call = Expr::call("rk::discard", T::Unit, vec![Expr::context(), value]);
        self.push(out, Do::Eval(call));
    }
}
