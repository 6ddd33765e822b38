//! Places: what can be read, written and referred to.

use super::{Lower, Stmts};
use crate::desc::{TypeDesc, TypeDesc as T};
use crate::diagnostic::Code;
use crate::ir::{Expr, Generic, Kind};
use crate::model::{Expr as Syntax, ExprKind, Member, Span};
use crate::names;
use crate::site::FailureKind;
use crate::ty::{self, USIZE};

impl Lower<'_> {
    /// The place that an expression denotes; a value gets a temporary of its own.
    pub(super) fn place(&mut self, expr: &Syntax, out: &mut Stmts) -> Expr {
        match &expr.kind {
            ExprKind::Local(local) => self.local(*local, expr.span),
            ExprKind::Deref(inner) => self.value(inner, out).deref(),
            ExprKind::Field(base, member) => {
                let base = self.place(base, out).deref_all();
                self.member(base, member, expr.span)
            }
            ExprKind::Index(base, index) => {
                let base = self.place(base, out).deref_all();
                self.index(base, index, expr.span, out)
            }
            ExprKind::Const(id) => self.constant_place(*id, expr.span),
            _ => {
                let value = self.value(expr, out);
                if is_place(&value) {
                    return value;
                }
                let kept = self.keep(value, out);
                match kept.kind {
                    Kind::Take(place) => *place,
                    _ => kept,
                }
            }
        }
    }

    /// Reads a place.
    pub(super) fn read(&self, place: Expr) -> Expr {
        if ty::needs_drop(place.ty) && is_place(&place) {
            return Expr::new(place.ty, Kind::Take(Box::new(place)));
        }
        place
    }

    /// `base.member`
    pub(super) fn member(&mut self, base: Expr, member: &Member, span: Span) -> Expr {
        let name = member.name();
        let found = match base.ty {
            T::Struct(desc) => desc.fields.iter().find(|field| field.name == name).map(|field| field.ty),
            T::Tuple(elems) => name.parse::<usize>().ok().and_then(|index| elems.get(index)).copied(),
            T::Never => return base,
            _ => None,
        };
        let Some(field) = found else {
            self.internal(span, &format!("`{}` has no field `{name}`", ty::rust_name(base.ty)));
            return Expr::never();
        };
        if ty::is_zero_sized(field) {
            return self.zero_sized(field);
        }
        base.field(names::member(&name), field)
    }

    /// `base[index]`, checked.
    fn index(&mut self, base: Expr, index: &Syntax, span: Span, out: &mut Stmts) -> Expr {
        let mut bases = vec![base];
        if let ExprKind::Range { from, to, inclusive } = &index.kind {
            let base = bases.remove(0);
            return self.subslice(base, from.as_deref(), to.as_deref(), *inclusive, span, out);
        }
        let mut before = Stmts::new();
        let index = self.value(index, &mut before).deref_all();
        // The base is a place, not a value: only what leads to it (an index, a pointer) may not change.
        if self.leads_elsewhere(&bases[0]) {
            let place = bases.remove(0);
            let reference = ty::ref_to(place.ty, true);
            bases.push(place.addr(reference));
            self.sequence(&mut bases, before, out);
            let reference = bases.remove(0);
            bases.push(reference.deref());
        } else {
            out.extend(before);
        }
        let base = bases.remove(0);
        self.element(base, index, span, out)
    }

    /// An element of an array, slice or shared array, its index checked.
    pub(super) fn element(&mut self, base: Expr, index: Expr, span: Span, out: &mut Stmts) -> Expr {
        if base.ty == T::Never || index.ty == T::Never {
            return Expr::never();
        }
        let known = known_len(base.ty);
        let constant = match index.kind {
            Kind::Int { value, negative: false } => Some(value),
            _ => None,
        };
        let index = self.repeatable(index, out);
        if !matches!((known, constant), (Some(len), Some(index)) if index < len as u128)
            && let Some(len) = self.len(&base)
        {
            let cond = Expr::compare("<", index.clone(), len);
            self.check(cond, index.clone(), FailureKind::OutOfBounds, "index out of bounds", out);
        }
        match base.ty {
            T::Array(elem, _) | T::Slice(elem) => {
                if ty::is_zero_sized(*elem) {
                    return self.zero_sized(*elem);
                }
                Expr::new(*elem, Kind::Index(Box::new(base), Box::new(index)))
            }
            T::SharedSlice(elem) => self.shared_element(base, *elem, *elem, index),
            T::SharedAtomics(elem) => self.shared_element(base, *elem, T::Atomic(elem), index),
            other => self.no_operator("[]", other, span),
        }
    }

    pub(super) fn shared_element(&mut self, base: Expr, elem: TypeDesc, ty: TypeDesc, index: Expr) -> Expr {
        let id = base.field("id", ty::U32);
        let pointer = ty::ref_to(T::Slice(ty::intern(elem)), false);
        let base = Expr::call_with("rk::shared", vec![Generic::Type(elem)], pointer, vec![Expr::context(), id]);
        Expr::new(ty, Kind::Index(Box::new(base), Box::new(index)))
    }

    /// `base[from..to]`, checked: a place of slice type.
    fn subslice(
        &mut self,
        base: Expr,
        from: Option<&Syntax>,
        to: Option<&Syntax>,
        inclusive: bool,
        span: Span,
        out: &mut Stmts,
    ) -> Expr {
        let (T::Array(elem, _) | T::Slice(elem)) = base.ty else {
            return self.no_operator("[..]", base.ty, span);
        };
        let elem = *elem;
        let Some(len) = self.len(&base) else { return Expr::never() };
        let mut ends = Vec::new();
        let (from_given, to_given) = (from.is_some(), to.is_some());
        for end in [from, to].into_iter().flatten() {
            let mut before = Stmts::new();
            let value = self.value(end, &mut before).deref_all();
            self.sequence(&mut ends, before, out);
            ends.push(value);
        }
        let mut ends = ends.into_iter();
        let start = if from_given { ends.next() } else { None };
        let start = start.unwrap_or_else(|| Expr::int(USIZE, 0));
        let start = self.repeatable(start, out);
        let end = match ends.next() {
            None => len.clone(),
            Some(end) if inclusive => {
                let end = self.repeatable(end, out);
                let cond = Expr::compare("<", end.clone(), len.clone());
                self.check(cond, end.clone(), FailureKind::OutOfBounds, "range end index out of range for slice", out);
                match end.kind {
                    Kind::Int { value, negative: false } => Expr::int(USIZE, value + 1),
                    _ => Expr::binary("+", USIZE, end, Expr::int(USIZE, 1)),
                }
            }
            Some(end) => end,
        };
        let end = self.repeatable(end, out);
        self.check(
            Expr::compare("<=", end.clone(), len),
            end.clone(),
            FailureKind::OutOfBounds,
            "range end index out of range for slice",
            out,
        );
        self.check(
            Expr::compare("<=", start.clone(), end.clone()),
            start.clone(),
            FailureKind::OutOfBounds,
            if to_given { "slice index starts at" } else { "range start index out of range for slice" },
            out,
        );
        let slice = T::Slice(ty::intern(elem));
        let reference = ty::ref_to(slice, true);
        Expr::call("rk::subslice", reference, vec![base, start, end]).deref()
    }

    /// How many elements a place has.
    pub(super) fn len(&mut self, base: &Expr) -> Option<Expr> {
        match base.ty {
            T::Array(_, len) => Some(Expr::int(USIZE, len as u128)),
            T::Slice(_) | T::SharedSlice(_) | T::SharedAtomics(_) => Some(base.clone().field("len", USIZE)),
            _ => None,
        }
    }

    /// `&place`, `&mut place`
    pub(super) fn reference(&mut self, mutable: bool, inner: &Syntax, whole: &Syntax, out: &mut Stmts) -> Expr {
        let place = self.place(inner, out);
        if place.ty == T::Never || super::function::is_ambient(place.ty) {
            return place;
        }
        if matches!(place.ty, T::Range(_) | T::Iter(_)) {
            return self.error(
                Code::UnsupportedForm,
                whole.span,
                "an iterator cannot be borrowed in device code",
                None,
            );
        }
        let ty = ty::ref_to(place.ty, mutable);
        self.address(place, ty, out)
    }

    /// The address of a place or, if it is a value, of a temporary that holds it.
    pub(super) fn address(&mut self, place: Expr, ty: TypeDesc, out: &mut Stmts) -> Expr {
        if is_place(&place) {
            return place.addr(ty);
        }
        let held = self.temporary("value", place.ty, Some(place), out);
        held.addr(ty)
    }

    /// Whether a place is reached through something that later statements could change.
    fn leads_elsewhere(&self, place: &Expr) -> bool {
        match &place.kind {
            Kind::Var(_) | Kind::Table(_) => false,
            Kind::Field(base, _) => self.leads_elsewhere(base),
            Kind::Index(base, index) => self.leads_elsewhere(base) || !self.is_stable(index),
            Kind::Deref(pointer) => !self.is_stable(pointer),
            _ => false,
        }
    }
}

/// Whether it has an address in C++.
pub(super) fn is_place(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Var(_) | Kind::Table(_) | Kind::Deref(_) => true,
        Kind::Field(base, _) => is_place(base),
        Kind::Index(base, _) => is_place(base) || matches!(base.ty, T::Ref { .. }),
        _ => false,
    }
}

fn known_len(ty: TypeDesc) -> Option<usize> {
    match ty {
        T::Array(_, len) => Some(len),
        _ => None,
    }
}
