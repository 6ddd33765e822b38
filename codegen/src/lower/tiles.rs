//! What a tile asks of others: messages to its neighbours, and barriers.

use super::method::MethodCall;
use super::{Lower, Neighbours, Stmts};
use crate::desc::{ActorLink, TypeDesc, TypeDesc as T};
use crate::ir::{Do, Expr, Generic, Kind};
use crate::layout;
use crate::model::Span;
use crate::site::FailureKind;
use crate::ty::U32;
use std::collections::BTreeSet;

const BARRIER_APART: &str = "a tile of the group is elsewhere: what decides whether tiles come to a barrier must be the same in all of the group";
const NO_MIDDLE: &str = "a neighbourhood has a tile in its middle: its extents are odd";
const NO_GROUP: &str = "there is no group of this number: the builder names it, `.group(number, |cells| ..)`";

impl Lower<'_> {
    /// The tag of a message to neighbours, which the program then has.
    fn told_nearby(&mut self, link: ActorLink, message: TypeDesc, span: Span) -> Option<Expr> {
        let (_, tag) = self.route(T::Addr(link), message, span)?;
        let mut all = match self.lowered.neighbours.take() {
            Some(known) => known,
            None => {
                Neighbours { tags: BTreeSet::new(), bytes: 0, site: self.site(FailureKind::Panic, super::cells::APART) }
            }
        };
        all.bytes = all.bytes.max(layout::size_of(message));
        if let Kind::Number { value, .. } = &tag.kind {
            all.tags.insert(*value as usize);
        }
        self.lowered.neighbours = Some(all);
        Some(tag)
    }

    /// `ctx.send(side, message)`: the message stays here in case it comes back.
    pub(crate) fn send_to_neighbour(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let (T::Context(link), T::TryTell(T::Enum(back))) = (call.receiver.ty, call.ty) else { return Expr::never() };
        let (side, message) = self.pair(&call.args[0], &call.args[1], out);
        let side = side.deref_all();
        if side.ty == T::Never || message.ty == T::Never {
            return Expr::never();
        }
        let Some(tag) = self.told_nearby(link, message.ty, call.span) else { return Expr::never() };
        let side = self.read(side).field("tag", U32);
        let args = vec![Expr::context(), side, tag, message];
        self.keep(Expr::call_with("rk::send", vec![Generic::Type(T::Enum(back))], call.ty, args), out)
    }

    /// `ctx.exchange(message)`
    pub(crate) fn exchange(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let T::Context(link) = call.receiver.ty else { return Expr::never() };
        let message = self.value(&call.args[0], out).deref_all();
        if message.ty == T::Never {
            return message;
        }
        let Some(tag) = self.told_nearby(link, message.ty, call.span) else { return Expr::never() };
        let actor = self.program.actors.iter().find(|actor| (actor.state.path)() == (link.path)());
        let dims = actor.and_then(|actor| actor.grid).map_or(0, |grid| grid.dims);
        let sides = Expr::int(U32, 2 * dims as u128);
        let args = vec![Expr::context(), sides, tag, message];
        self.keep(Expr::call_with("rk::send_to_all", vec![Generic::Type(call.ty)], call.ty, args), out)
    }

    /// `ctx.barrier(group)`
    pub(crate) fn barrier(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let group = self.value(&call.args[0], out).deref_all();
        if group.ty == T::Never {
            return group;
        }
        let mut args = vec![Expr::context()];
        for why in [BARRIER_APART, NO_MIDDLE, NO_GROUP] {
            args.push(Expr::int(U32, self.site(FailureKind::Panic, why) as u128));
        }
        args.push(group);
        self.push(out, Do::Send(Expr::call("rk::barrier", U32, args)));
        Expr::unit()
    }

    /// `ctx.is_in(group)`
    pub(crate) fn is_in(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let group = self.value(&call.args[0], out).deref_all();
        if group.ty == T::Never {
            return group;
        }
        Expr::call("rk::is_in", T::Bool, vec![Expr::context(), group])
    }
}
