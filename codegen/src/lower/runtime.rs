//! What a body asks of the system: messages, answers, failures, traces, atomics.

use super::method::MethodCall;
use super::operator::Meaning;
use super::{Dest, Lower, Stmts};
use crate::desc::{ActorLink, TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::ir::{Do, Expr, Form, Generic, Kind};
use crate::layout;
use crate::model::{BinOp, Expr as Syntax, ExprKind, Span};
use crate::site::{FailureKind, HostMessage, TraceSite};
use crate::ty::{self, U32, U64};

/// What the largest slot carries: fifteen words of twelve bytes.
const MOST_MESSAGE_BYTES: usize = 180;

/// What a tile fails with.
const INBOX_FULL: &str = "the host's inbox is full: receive while the grid runs, or raise `.inbox_depth(..)`";

/// The function of the headers for an atomic operation.
macro_rules! named {
    ($prefix:literal) => {
        |name: &str| match name {
            "load" => concat!($prefix, "load"),
            "store" => concat!($prefix, "store"),
            "swap" => concat!($prefix, "swap"),
            "compare_exchange" => concat!($prefix, "compare_exchange"),
            "fetch_add" => concat!($prefix, "fetch_add"),
            "fetch_sub" => concat!($prefix, "fetch_sub"),
            "fetch_min" => concat!($prefix, "fetch_min"),
            "fetch_max" => concat!($prefix, "fetch_max"),
            "fetch_and" => concat!($prefix, "fetch_and"),
            "fetch_or" => concat!($prefix, "fetch_or"),
            _ => concat!($prefix, "fetch_xor"),
        }
    };
}

impl Lower<'_> {
    // ---- messages ---------------------------------------------------------------------------------------------

    /// The number of an actor type in the system.
    fn actor_type(&mut self, link: ActorLink, span: Span) -> Option<usize> {
        let found = self.program.actors.iter().position(|actor| (actor.state.path)() == (link.path)());
        if found.is_none() {
            let message = format!("actor type `{}` is not part of this system", link.name);
            self.report(
                Code::UnknownActor,
                span,
                message,
                "add it to the builder with `.actors(..)`, `0` of them if need be",
            );
        }
        found
    }

    /// The receiver's type and the tag of a message to it, as arguments.
    pub(super) fn route(&mut self, to: TypeDesc, message: TypeDesc, span: Span) -> Option<(Expr, Expr)> {
        let T::Addr(link) = to else {
            self.internal(span, &format!("`{}` is no address", ty::rust_name(to)));
            return None;
        };
        let actor = self.actor_type(link, span)?;
        let tag = self.program.actors[actor].handlers.iter().position(|handler| handler.message == message);
        let Some(tag) = tag else {
            self.internal(span, &format!("`{}` has no handler for `{}`", link.name, ty::rust_name(message)));
            return None;
        };
        let handler = self.program.actors[actor].handlers[tag].name;
        Some((number(actor, link.name), number(tag, handler)))
    }

    /// The receiver's address and the message, evaluated in order.
    fn addressed(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Option<(Expr, Expr, Expr, Expr)> {
        let (to, message) = self.pair(&call.args[0], &call.args[1], out);
        let to = to.deref_all();
        if to.ty == T::Never || message.ty == T::Never {
            return None;
        }
        let (actor, tag) = self.route(to.ty, message.ty, call.span)?;
        Some((to, actor, tag, message))
    }

    /// `ctx.tell(to, message)`
    pub(crate) fn tell(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let Some((to, actor, tag, message)) = self.addressed(call, out) else { return Expr::unit() };
        let send = Expr::call("rk::tell", U32, vec![Expr::context(), to, actor, tag, message]);
        self.push(out, Do::Send(send));
        Expr::unit()
    }

    /// `ctx.try_tell(to, message)`: the message stays here in case it comes back.
    pub(crate) fn try_tell(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let Some((to, actor, tag, message)) = self.addressed(call, out) else { return Expr::never() };
        let ty = T::TryTell(ty::intern(message.ty));
        let args = vec![Expr::context(), to, actor, tag, message];
        self.keep(Expr::call("rk::try_tell_back", ty, args), out)
    }

    /// Whether this is the text of a grid, whose tiles have many threads.
    pub(super) fn in_grid(&self) -> bool {
        self.program.actors.iter().any(|actor| actor.grid.is_some())
    }

    /// `ctx.host().tell(message)`
    pub(crate) fn host_tell(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let message = self.value(&call.args[0], out);
        let Some(path) = type_path(message.ty) else {
            self.internal(call.span, "a message to the host has no name");
            return Expr::unit();
        };
        let known = self.lowered.host_messages.iter().position(|known| known.path == path);
        let tag = known.unwrap_or_else(|| {
            self.lowered.host_messages.push(HostMessage { path, ty: message.ty });
            self.lowered.host_messages.len() - 1
        });
        let mut args = vec![Expr::context()];
        // Actors wait while an inbox is full; a tile that waited would let all others wait.
        if self.in_grid() {
            args.push(Expr::int(U32, self.site(FailureKind::InboxFull, INBOX_FULL) as u128));
        }
        args.extend([number(tag, &ty::rust_name(message.ty)), message]);
        let send = Expr::call("rk::host_tell", U32, args);
        self.push(out, Do::Send(send));
        Expr::unit()
    }

    /// `ctx.host()`: only its methods mean something.
    pub(crate) fn host(&mut self, _: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        Expr::new(T::Host, Kind::Var("ctx".into()))
    }

    /// `ctx.me()`
    pub(crate) fn me(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        Expr::context().field("me", call.ty)
    }

    /// `addr.any()`, `addr.raw()`: the same 64 bits under another type.
    pub(crate) fn address_bits(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        Expr::new(call.ty, self.read(call.receiver.clone()).kind)
    }

    /// `addr.is_host()`: the host's address is zero.
    pub(crate) fn is_host(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        Expr::compare("==", self.read(call.receiver.clone()), Expr::int(U64, 0))
    }

    /// `ctx.sender()`
    pub(crate) fn sender(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        Expr::context().field("sender", call.ty)
    }

    /// `ctx.actor::<B>(i)`: out of range fails the actor.
    pub(crate) fn nth_actor(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let T::Addr(link) = call.ty else { return Expr::never() };
        let index = self.value(&call.args[0], out).deref_all();
        let Some(actor) = self.actor_type(link, call.span) else { return Expr::never() };
        let index = self.repeatable(index, out);
        let args = vec![Expr::context(), Expr::int(U32, actor as u128), index.clone()];
        let exists = Expr::call("rk::nth_exists", T::Bool, args.clone());
        self.check(exists, index, FailureKind::NoSuchActor, "there are fewer actors of this type", out);
        Expr::call("rk::nth_actor", call.ty, args)
    }

    /// `reply.send(value)`
    pub(crate) fn reply_send(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let mut values = vec![self.read(call.receiver.clone())];
        self.more_operands(&mut values, call.args, out);
        let (Some(value), Some(reply)) = (values.pop(), values.pop()) else { return Expr::unit() };
        if value.ty == T::Never {
            return value;
        }
        let T::Reply(answer) = reply.ty else { return Expr::unit() };
        let value = self.coerce(value, *answer);
        let id = reply.field("id", U64);
        let answer = if ty::is_zero_sized(*answer) {
            Expr::call("rk::answer_unit", T::Unit, vec![Expr::context(), id])
        } else {
            Expr::call_with("rk::answer", vec![Generic::Type(*answer)], T::Unit, vec![Expr::context(), id, value])
        };
        self.push(out, Do::Eval(answer));
        Expr::unit()
    }

    // ---- failing ----------------------------------------------------------------------------------------------

    /// Statements of the library that have no value: `assert!` and its like, `trace!`, leaving.
    pub(super) fn effect(&mut self, expr: &Syntax, out: &mut Stmts) -> Expr {
        match &expr.kind {
            ExprKind::Assert { cond, message, debug } => {
                if *debug && !self.program.overflow_checks {
                    return Expr::unit();
                }
                let cond = self.value(cond, out).deref_all();
                if cond.ty != T::Never {
                    self.check(cond, super::arith::zero(), FailureKind::Assertion, message, out);
                }
                Expr::unit()
            }
            ExprKind::AssertEq { left, right, negated, method, message, debug } => {
                if *debug && !self.program.overflow_checks {
                    return Expr::unit();
                }
                let mut values = vec![self.place_or_value(left, out)];
                let mut before = Stmts::new();
                let right = self.place_or_value(right, &mut before).deref_all();
                self.sequence(&mut values, before, out);
                let left = values.remove(0).deref_all();
                let op = if *negated { BinOp::Ne } else { BinOp::Eq };
                let (value, cond) = match self.users_operator(Some(*method)) {
                    Some(function) => (super::arith::zero(), self.users_comparison(op, function, left, right, out)),
                    None => {
                        let left = self.repeatable(left, out);
                        (
                            failure_value(&left),
                            self.compare(op, Meaning::Operator(Some(*method)), left, right, expr.span),
                        )
                    }
                };
                if cond.ty != T::Never {
                    self.check(cond, value, FailureKind::Assertion, message, out);
                }
                Expr::unit()
            }
            ExprKind::Panic { message } => {
                let site = self.site(FailureKind::Panic, message.clone());
                self.push(out, Do::Fail { site });
                Expr::never()
            }
            ExprKind::Trace { pieces, args, .. } => {
                self.trace(pieces, args, expr.span, out);
                Expr::unit()
            }
            ExprKind::Return(value) => {
                match value {
                    Some(value) => {
                        let unit = self.returned() == T::Unit;
                        let dest = if unit { Dest::Discard } else { Dest::Return };
                        self.into(value, &dest, out);
                        if unit && !super::diverged(out) {
                            self.push(out, Do::Return(None));
                        }
                    }
                    None => self.push(out, Do::Return(None)),
                }
                Expr::never()
            }
            ExprKind::Break(label, value) => {
                self.break_out(*label, value.as_deref(), expr.span, out);
                Expr::never()
            }
            ExprKind::Continue(label) => {
                self.continue_with(*label, expr.span, out);
                Expr::never()
            }
            ExprKind::While(label, cond, body) => {
                self.while_loop(*label, cond, body, out);
                Expr::unit()
            }
            ExprKind::For { label, pat, iter, body } => {
                self.for_loop(*label, pat, iter, body, out);
                Expr::unit()
            }
            _ => Expr::unit(),
        }
    }

    /// `x?` on an `Option`: leaves the function with `None`.
    pub(super) fn question_mark(&mut self, inner: &Syntax, span: Span, out: &mut Stmts) -> Expr {
        let value = self.value(inner, out);
        let T::Option(some) = value.ty else {
            return if value.ty == T::Never { value } else { self.no_operator("?", value.ty, span) };
        };
        let option = self.repeatable_place(value, out);
        let cond = Expr::compare("==", option.clone().field("tag", U32), Expr::int(U32, 0));
        let none = Expr::new(self.returned(), Kind::Construct(Vec::new()));
        let mut then = Stmts::new();
        self.push(&mut then, Do::Return(Some(none)));
        self.push(out, Do::If { cond, then, or_else: Vec::new() });
        if ty::is_zero_sized(*some) {
            return self.zero_sized(*some);
        }
        let value = option.field("value", *some);
        self.read(value)
    }

    /// `trace!(ctx, "x = {}", x)`
    fn trace(&mut self, pieces: &[String], args: &[Syntax], span: Span, out: &mut Stmts) {
        let values: Vec<Expr> = self.operands(args, out).into_iter().map(Expr::deref_all).collect();
        if values.iter().any(|value| value.ty == T::Never) {
            return;
        }
        let types: Vec<TypeDesc> = values.iter().map(|value| value.ty).collect();
        // Its record is a number and the values.
        let (all, _) = layout::fields(types.iter().copied());
        let bytes = 4_usize.next_multiple_of(all.align) + all.size;
        if bytes > MOST_MESSAGE_BYTES {
            self.error(
                Code::MessageTooLarge,
                span,
                format!("this trace has {bytes} bytes; at most {MOST_MESSAGE_BYTES} fit a message to the host"),
                "trace fewer values, or in several lines",
            );
            return;
        }
        self.lowered.traces.push(TraceSite {
            file: self.body.model.file.clone(),
            line: self.line,
            pieces: pieces.to_vec(),
            args: types.clone(),
        });
        let id = Expr::int(U32, (self.lowered.traces.len() - 1) as u128);
        let record = self.construct(ty::tuple_of(types), values);
        let call = Expr::call("rk::trace", U32, vec![Expr::context(), id, record]);
        self.push(out, Do::Send(call));
    }

    // ---- Option -----------------------------------------------------------------------------------------------

    /// `option.replace(value)`
    pub(crate) fn option_replace(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let T::Option(some) = call.receiver.ty else { return Expr::never() };
        let value = self.value(&call.args[0], out);
        let value = self.coerce(value, *some);
        let value = super::constant::some_of(call.receiver.ty, value);
        let old = Expr::call("rk::replace", call.ty, vec![call.receiver.clone(), value]);
        self.keep(old, out)
    }

    /// `x.into()` between numbers, to what rustc found.
    pub(crate) fn number_into(&mut self, call: &MethodCall<'_>, _: &mut Stmts) -> Expr {
        self.cast(call.receiver.clone(), call.ty, call.span)
    }

    // ---- atomics ----------------------------------------------------------------------------------------------

    /// `a[i].fetch_add(1, Relaxed, Scope::Device)` and its like.
    pub(crate) fn atomic(&mut self, call: &MethodCall<'_>, out: &mut Stmts) -> Expr {
        let T::Atomic(elem) = call.receiver.ty else { return Expr::never() };
        let elem = *elem;
        let pointer = ty::ref_to(elem, true);
        let mut values = vec![Expr::new(elem, call.receiver.kind.clone()).addr(pointer)];
        self.more_operands(&mut values, call.args, out);
        let mut generics = Vec::new();
        let mut args = Vec::new();
        for value in values {
            match value.ty {
                T::Ordering => generics.push(Generic::Text(ordering(&value))),
                T::Scope => generics.push(Generic::Text(scope(&value))),
                T::Never => return value,
                T::Ref { to, .. } if !matches!(to, T::Int(_) | T::Float(_)) => args.push(value.deref_all()),
                _ => args.push(value),
            }
        }
        // Of a tile, whose threads do all side by side, one does it.
        let name = if self.in_grid() {
            args.insert(0, Expr::context());
            named!("rk::tile::atomic_")(call.name)
        } else {
            named!("rk::atomic_")(call.name)
        };
        let operation = Expr::call_with(name, generics, call.ty, args);
        if call.ty == T::Unit {
            self.push(out, Do::Eval(operation));
            return Expr::unit();
        }
        let name = self.names.fresh("old");
        self.constant.insert(name.clone());
        let init = Some(operation);
        self.push(out, Do::Declare { name: name.clone(), ty: call.ty, form: Form::Value, constant: true, init });
        Expr::var(name, call.ty)
    }

    /// `fence(Release, Scope::Device)`
    pub(super) fn fence(&mut self, args: &[Syntax], out: &mut Stmts) -> Expr {
        let values = self.operands(args, out);
        let generics = vec![Generic::Text(ordering(&values[0])), Generic::Text(scope(&values[1]))];
        let (name, args) = if self.in_grid() {
            ("rk::tile::atomic_fence", vec![Expr::context()])
        } else {
            ("rk::atomic_fence", Vec::new())
        };
        self.push(out, Do::Eval(Expr::call_with(name, generics, T::Unit, args)));
        Expr::unit()
    }
}

/// What a failed comparison carries: the left side, if it is an integer.
fn failure_value(left: &Expr) -> Expr {
    match left.ty {
        T::Int(int) if int.bits() <= 64 => left.clone(),
        _ => super::arith::zero(),
    }
}

fn ordering(value: &Expr) -> &'static str {
    match value.kind {
        Kind::Int { value: 0, .. } => "rk::Relaxed",
        Kind::Int { value: 1, .. } => "rk::Release",
        Kind::Int { value: 2, .. } => "rk::Acquire",
        Kind::Int { value: 3, .. } => "rk::AcqRel",
        _ => "rk::SeqCst",
    }
}

fn scope(value: &Expr) -> &'static str {
    match value.kind {
        Kind::Int { value: 0, .. } => "rk::Block",
        Kind::Int { value: 1, .. } => "rk::Device",
        _ => "rk::System",
    }
}

/// The full name of a user's type.
pub(crate) fn type_path(ty: TypeDesc) -> Option<&'static str> {
    match ty {
        T::Struct(desc) => Some((desc.path)()),
        T::Enum(desc) => Some((desc.path)()),
        _ => None,
    }
}

/// A number of an actor type, handler or message, and what it is called.
pub(super) fn number(value: usize, of: &str) -> Expr {
    Expr::new(U32, Kind::Number { value: value as u32, of: of.to_owned() })
}
