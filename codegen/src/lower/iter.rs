//! The head of a `for`: chains of `iter`, `enumerate`, `rev`, `zip` and their like, by index.
//!
//! Everything that can stand there can be indexed, so a chain is its length and the item at an index. No iterator
//! exists on the device.

use super::{Lower, Stmts};
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::ir::{Expr, Kind};
use crate::model::{Expr as Syntax, ExprKind};
use crate::ty::{self, USIZE};

/// The methods that chains in the head of a `for` are made of.
#[cfg(feature = "parse")]
pub(crate) const ADAPTERS: [&str; 12] = [
    "by_ref",
    "cloned",
    "copied",
    "enumerate",
    "into_iter",
    "iter",
    "iter_mut",
    "rev",
    "skip",
    "step_by",
    "take",
    "zip",
];

/// What an iterator gives.
pub(super) enum Item {
    Value(Expr),
    Pair(Box<Item>, Box<Item>),
}

type At = Box<dyn Fn(&mut Lower<'_>, Expr, &mut Stmts) -> Item>;

/// A chain.
pub(super) struct Chain {
    /// How many items; pure and stable.
    pub(super) len: Expr,
    /// The item at an index below that.
    pub(super) item: At,
}

impl Lower<'_> {
    /// The chain that an expression denotes.
    pub(super) fn iteration(&mut self, expr: &Syntax, out: &mut Stmts) -> Option<Chain> {
        match &expr.kind {
            ExprKind::Method { receiver, name, args, .. } => self.adaptor(receiver, name, args, expr, out),
            ExprKind::Range { from: Some(from), to: Some(to), inclusive } => {
                let (from, to) = self.pair(from, to, out);
                Some(self.range(from.deref_all(), to.deref_all(), *inclusive, out))
            }
            ExprKind::Ref { mutable, expr } => {
                let place = self.place(expr, out);
                self.over(place, Some(*mutable), out)
            }
            _ => {
                let place = self.place(expr, out);
                // `for x in &a` and `for x in reference` give references; `for x in a` gives values.
                match place.ty {
                    T::Ref { mutable, .. } => self.over(place.deref_all(), Some(mutable), out),
                    _ => self.over(place, None, out),
                }
            }
        }
    }

    fn adaptor(
        &mut self,
        receiver: &Syntax,
        name: &str,
        args: &[Syntax],
        whole: &Syntax,
        out: &mut Stmts,
    ) -> Option<Chain> {
        match (name, args) {
            ("iter" | "iter_mut", []) => {
                let place = self.place(receiver, out).deref_all();
                self.over(place, Some(name == "iter_mut"), out)
            }
            ("into_iter" | "by_ref", []) => self.iteration(receiver, out),
            ("copied" | "cloned", []) => {
                let Chain { len, item } = self.iteration(receiver, out)?;
                let item: At = Box::new(move |lower, at, out| match item(lower, at, out) {
                    Item::Value(value) => Item::Value(value.deref_all()),
                    pair @ Item::Pair(..) => pair,
                });
                Some(Chain { len, item })
            }
            ("enumerate", []) => {
                let Chain { len, item } = self.iteration(receiver, out)?;
                let item: At = Box::new(move |lower, at, out| {
                    let inner = item(lower, at.clone(), out);
                    Item::Pair(Box::new(Item::Value(at)), Box::new(inner))
                });
                Some(Chain { len, item })
            }
            ("rev", []) => {
                let Chain { len, item } = self.iteration(receiver, out)?;
                let total = len.clone();
                let item: At = Box::new(move |lower, at, out| {
                    let last = minus_one(&total);
                    item(lower, Expr::binary("-", USIZE, last, at), out)
                });
                Some(Chain { len, item })
            }
            ("step_by", [step]) => {
                let Chain { len, item } = self.iteration(receiver, out)?;
                let step = self.value(step, out).deref_all();
                let step = self.once(step, out);
                let cond = Expr::compare("!=", step.clone(), Expr::int(USIZE, 0));
                if !matches!(step.kind, Kind::Int { value, .. } if value != 0) {
                    let message = "assertion failed: step != 0";
                    self.check(cond, super::arith::zero(), crate::site::FailureKind::Argument, message, out);
                }
                let len = match (&len.kind, &step.kind) {
                    (Kind::Int { value: len, .. }, Kind::Int { value: step, .. }) if *step != 0 => {
                        Expr::int(USIZE, len.div_ceil(*step))
                    }
                    _ => Expr::call("rk::div_ceil", USIZE, vec![len, step.clone()]),
                };
                let len = self.count(len, out);
                let item: At =
                    Box::new(move |lower, at, out| item(lower, Expr::binary("*", USIZE, at, step.clone()), out));
                Some(Chain { len, item })
            }
            ("take", [count]) => {
                let Chain { len, item } = self.iteration(receiver, out)?;
                let count = self.value(count, out).deref_all();
                let len = self.smaller(len, count, out);
                Some(Chain { len, item })
            }
            ("skip", [count]) => {
                let Chain { len, item } = self.iteration(receiver, out)?;
                let count = self.value(count, out).deref_all();
                let count = self.once(count, out);
                let skipped = match (&len.kind, &count.kind) {
                    (Kind::Int { value: len, .. }, Kind::Int { value: skip, .. }) => {
                        Expr::int(USIZE, len.saturating_sub(*skip))
                    }
                    _ => Expr::call("rk::saturating_sub", USIZE, vec![len, count.clone()]),
                };
                let len = self.count(skipped, out);
                let item: At =
                    Box::new(move |lower, at, out| item(lower, Expr::binary("+", USIZE, at, count.clone()), out));
                Some(Chain { len, item })
            }
            ("zip", [other]) => {
                let Chain { len, item } = self.iteration(receiver, out)?;
                let Chain { len: other_len, item: other_item } = self.iteration(other, out)?;
                let len = self.smaller(len, other_len, out);
                let item: At = Box::new(move |lower, at, out| {
                    let left = item(lower, at.clone(), out);
                    let right = other_item(lower, at, out);
                    Item::Pair(Box::new(left), Box::new(right))
                });
                Some(Chain { len, item })
            }
            _ => {
                // A user's method, or an intrinsic, that gives an array or a reference.
                let ty = expr_type(whole).map(|id| self.ty(id));
                if matches!(ty.map(ty::peel), Some(T::Array(..) | T::Slice(_))) {
                    let place = self.place(whole, out);
                    let by_reference = match place.ty {
                        T::Ref { mutable, .. } => Some(mutable),
                        _ => None,
                    };
                    return self.over(place.deref_all(), by_reference, out);
                }
                self.report(
                    Code::UnknownFunction,
                    whole.span,
                    format!("`{name}` is no iterator of device code"),
                    "use `iter`, `iter_mut`, `enumerate`, `rev`, `step_by`, `zip`, `take`, `skip`, `copied`, or an index",
                );
                None
            }
        }
    }

    /// The elements of an array, slice or shared slice; by reference or by value.
    fn over(&mut self, place: Expr, by_reference: Option<bool>, out: &mut Stmts) -> Option<Chain> {
        let (T::Array(elem, _) | T::Slice(elem) | T::SharedSlice(elem)) = place.ty else {
            if place.ty != T::Never {
                self.report(
                    Code::UnsupportedForm,
                    crate::model::Span { line: self.line, column: 1 },
                    format!("`{}` cannot be iterated over in device code", ty::rust_name(place.ty)),
                    "iterate over a range, an array, a slice or a `SharedSlice`",
                );
            }
            return None;
        };
        let elem = *elem;
        let place = if by_reference.is_none() && (!super::place::is_place(&place) || self.loop_writes(&place)) {
            // The loop goes over a copy, which its body cannot change.
            self.keep(place, out)
        } else if self.is_stable(&place) || matches!(place.ty, T::SharedSlice(_)) || rooted(&place) {
            place
        } else {
            // What leads to it may change while the loop runs.
            let reference = ty::ref_to(place.ty, by_reference == Some(true));
            let pointer = self.address(place, reference, out);
            self.keep(pointer, out).deref()
        };
        let len = self.len(&place)?;
        let len = self.once(len, out);
        let item: At = Box::new(move |lower, at, out| {
            if ty::is_zero_sized(elem) {
                return Item::Value(lower.zero_sized(elem));
            }
            let element = match place.ty {
                T::SharedSlice(_) => lower.shared_element(place.clone(), elem, elem, at),
                _ => Expr::new(elem, Kind::Index(Box::new(place.clone()), Box::new(at))),
            };
            Item::Value(match by_reference {
                Some(mutable) => {
                    let reference = ty::ref_to(elem, mutable);
                    lower.address(element, reference, out)
                }
                None => lower.read(element),
            })
        });
        Some(Chain { len, item })
    }

    /// Whether the body of the loop may change this place.
    fn loop_writes(&self, place: &Expr) -> bool {
        match &place.kind {
            Kind::Var(name) => {
                self.written_in_loop.iter().any(|local| self.locals.get(local).is_some_and(|known| known.name == *name))
            }
            Kind::Field(base, _) | Kind::Index(base, _) | Kind::Deref(base) => self.loop_writes(base),
            Kind::Table(_) => false,
            _ => true,
        }
    }

    /// A range as a chain.
    fn range(&mut self, from: Expr, to: Expr, inclusive: bool, out: &mut Stmts) -> Chain {
        let ty = from.ty;
        let from = self.once(from, out);
        let len = match (&from.kind, &to.kind) {
            (Kind::Int { value: a, negative: false }, Kind::Int { value: b, negative: false }) => {
                Expr::int(USIZE, b.saturating_add(u128::from(inclusive)).saturating_sub(*a))
            }
            _ => {
                let name = if inclusive { "rk::range_len_inclusive" } else { "rk::range_len" };
                let len = Expr::call(name, USIZE, vec![from.clone(), to]);
                self.count(len, out)
            }
        };
        let item: At = Box::new(move |_, at, _| {
            let at = if ty == USIZE { at } else { Expr::new(ty, Kind::Cast(Box::new(at))) };
            Item::Value(match from.kind {
                Kind::Int { value: 0, .. } => at,
                _ => match ty {
                    T::Int(int) if int.signed() => Expr::call("rk::wrapping_add", ty, vec![from.clone(), at]),
                    _ => Expr::binary("+", ty, from.clone(), at),
                },
            })
        });
        Chain { len, item }
    }

    /// A value that is evaluated now, once.
    fn once(&mut self, value: Expr, out: &mut Stmts) -> Expr {
        if self.is_stable(&value) { value } else { self.keep(value, out) }
    }

    /// A number of items that is evaluated now, once.
    fn count(&mut self, len: Expr, out: &mut Stmts) -> Expr {
        if self.is_stable(&len) { len } else { self.keep_as("len", len, out) }
    }

    fn smaller(&mut self, a: Expr, b: Expr, out: &mut Stmts) -> Expr {
        let len = match (&a.kind, &b.kind) {
            (Kind::Int { value: left, .. }, Kind::Int { value: right, .. }) => Expr::int(USIZE, *left.min(right)),
            _ => Expr::call("rk::min", USIZE, vec![a, b]),
        };
        self.count(len, out)
    }

    /// An item as one value.
    pub(super) fn whole(&mut self, item: Item) -> Expr {
        match item {
            Item::Value(value) => value,
            Item::Pair(left, right) => {
                let parts = vec![self.whole(*left), self.whole(*right)];
                let ty: TypeDesc = ty::tuple_of(parts.iter().map(|part| part.ty).collect());
                self.construct(ty, parts)
            }
        }
    }
}

fn minus_one(len: &Expr) -> Expr {
    match len.kind {
        Kind::Int { value, .. } => Expr::int(USIZE, value.saturating_sub(1)),
        _ => Expr::binary("-", USIZE, len.clone(), Expr::int(USIZE, 1)),
    }
}

/// Fields of variables: nothing on the way to them can change.
fn rooted(place: &Expr) -> bool {
    match &place.kind {
        Kind::Var(_) | Kind::Table(_) => true,
        Kind::Field(base, _) => rooted(base),
        _ => false,
    }
}

fn expr_type(expr: &Syntax) -> Option<crate::model::TypeId> {
    expr.ty
}
