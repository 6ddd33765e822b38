//! Patterns: the test whether a place matches, and the bindings if it does.
//!
//! A place is looked at where it lies, never copied. A binding whose type, as rustc says, is a reference to what it
//! stands on is by reference; every other one is by value.

use super::operator::Meaning;
use super::{Lower, Stmts};
use crate::desc::{TypeDesc, TypeDesc as T, VariantDesc};
use crate::diagnostic::Code;
use crate::ir::{Expr, Generic, Kind};
use crate::model::{BinOp, Expr as Syntax, ExprKind, Pat, PatKind, Span};
use crate::names;
use crate::ty::{self, U32, USIZE};

impl Lower<'_> {
    /// What a `match` or `let` looks at: a place, behind no reference that the pattern would not see.
    pub(super) fn scrutinee(&mut self, value: &Syntax, out: &mut Stmts) -> Expr {
        match &value.kind {
            ExprKind::Local(_) | ExprKind::Field(..) | ExprKind::Index(..) | ExprKind::Deref(_) => {
                self.place(value, out)
            }
            ExprKind::Tuple(elems) => {
                // A tuple made only to be taken apart is looked at part by part.
                let ty = self.type_of(value);
                let elems = self.operands(elems, out);
                let place = self.construct(ty, elems);
                if self.is_stable(&place) && !ty::needs_drop(ty) {
                    return place;
                }
                self.repeatable_place(place, out)
            }
            _ => {
                let value = self.value(value, out);
                if ty::is_zero_sized(value.ty) || matches!(value.kind, Kind::Addr(_)) {
                    return value;
                }
                self.repeatable_place(value, out)
            }
        }
    }

    /// Whether a place matches a pattern.
    pub(super) fn matches(&mut self, pat: &Pat, place: &Expr) -> Expr {
        if place.ty == T::Never {
            return Expr::bool(true);
        }
        match &pat.kind {
            PatKind::Wild => Expr::bool(true),
            PatKind::Bind { sub, .. } => match sub {
                Some(sub) => self.matches(sub, place),
                None => Expr::bool(true),
            },
            PatKind::Lit(lit) => {
                let place = place.clone().deref_all();
                let literal = self.literal_of(lit, place.ty, pat.span);
                match literal.kind {
                    Kind::Bool(true) => place,
                    Kind::Bool(false) => place.not(),
                    _ => self.compare(BinOp::Eq, Meaning::Pattern, place, literal, pat.span),
                }
            }
            PatKind::Const(id) => {
                let constant = self.constant(*id, pat.span);
                let place = place.clone().deref_all();
                if let (T::Enum(_), Kind::Variant(name, parts)) = (place.ty, &constant.kind)
                    && parts.is_empty()
                {
                    return self.is_variant(&place, name, pat.span);
                }
                if matches!(place.ty, T::Option(_))
                    && matches!(&constant.kind, Kind::Construct(parts) if parts.is_empty())
                {
                    return self.is_variant(&place, "None", pat.span);
                }
                self.compare(BinOp::Eq, Meaning::Pattern, place, constant, pat.span)
            }
            PatKind::Range { from, to, inclusive } => {
                let place = place.clone().deref_all();
                let mut unused = Stmts::new();
                let mut test = Expr::bool(true);
                if let Some(from) = from {
                    let from = self.bound_of_range(from, place.ty, &mut unused);
                    // `0..` on an unsigned number holds always, and compilers warn of the comparison.
                    let always =
                        matches!((place.ty, &from.kind), (T::Int(int), Kind::Int { value: 0, .. }) if !int.signed());
                    if !always {
                        test = self.compare(BinOp::Ge, Meaning::Pattern, place.clone(), from, pat.span);
                    }
                }
                if let Some(to) = to {
                    let to = self.bound_of_range(to, place.ty, &mut unused);
                    let op = if *inclusive { BinOp::Le } else { BinOp::Lt };
                    test = test.and(self.compare(op, Meaning::Pattern, place, to, pat.span));
                }
                test
            }
            PatKind::Or(pats) => {
                let tests: Vec<Expr> = pats.iter().map(|pat| self.matches(pat, place)).collect();
                tests.into_iter().reduce(Expr::or).unwrap_or_else(|| Expr::bool(false))
            }
            PatKind::UnitVariant(name) => self.is_variant(&place.clone().deref_all(), name, pat.span),
            _ => {
                let (test, parts) = self.parts(pat, place);
                parts.into_iter().fold(test, |test, (pat, place)| {
                    let inner = self.matches(pat, &place);
                    test.and(inner)
                })
            }
        }
    }

    /// An end of a range pattern, a literal or constant of the type that is matched.
    fn bound_of_range(&mut self, end: &Syntax, ty: TypeDesc, out: &mut Stmts) -> Expr {
        match &end.kind {
            ExprKind::Lit(lit) => self.literal_of(lit, ty, end.span),
            _ => self.value(end, out),
        }
    }

    /// Makes the bindings of a pattern that matches.
    pub(super) fn bind(&mut self, pat: &Pat, place: &Expr, out: &mut Stmts) {
        if place.ty == T::Never {
            return;
        }
        match &pat.kind {
            PatKind::Bind { local, name, ty, by_ref, sub } => {
                let ty = self.ty(*ty);
                let value = self.bound(place, ty, *by_ref, out);
                self.declare(*local, name, ty, Some(value), out);
                if let Some(sub) = sub {
                    self.bind(sub, place, out);
                }
            }
            PatKind::Or(pats) => self.bind_alternatives(pats, place, out),
            PatKind::Wild | PatKind::Lit(..) | PatKind::Const(_) | PatKind::Range { .. } | PatKind::UnitVariant(_) => {}
            _ => {
                for (pat, place) in self.parts(pat, place).1 {
                    self.bind(pat, &place, out);
                }
            }
        }
    }

    /// The value that a binding of this type gets from a place.
    pub(super) fn bound(&mut self, place: &Expr, ty: TypeDesc, by_ref: bool, out: &mut Stmts) -> Expr {
        if place.ty == ty && !by_ref {
            return self.read(place.clone());
        }
        match ty {
            T::Ref { to, mutable } if *to == peel_to(place, *to).ty => {
                let mut place = peel_to(place, *to);
                // What is written through `ref mut` is a part of a tuple that has no variable of its own.
                if by_ref && mutable && self.is_stable(&place) {
                    place = self.temporary("value", place.ty, Some(place), out);
                }
                self.address(place, ty, out)
            }
            // `&[T; N]` where a slice is bound, and what rustc dereferences on the way.
            T::Ref { .. } => {
                let reference = ty::ref_to(place.ty, false);
                let value = self.address(place.clone(), reference, out);
                self.coerce(value, ty)
            }
            _ => self.read(place.clone().deref_all()),
        }
    }

    /// `A(x) | B(x)`: the binding is that of the first alternative that matches.
    fn bind_alternatives(&mut self, pats: &[Pat], place: &Expr, out: &mut Stmts) {
        let Some((first, rest)) = pats.split_first() else { return };
        let mut names = Vec::new();
        bindings(first, &mut names);
        for (local, name, ty) in names {
            let ty = self.ty(ty);
            let mut value: Option<Expr> = None;
            for pat in rest.iter().rev().chain([first]) {
                let Some((found, by_ref)) = self.find_binding(pat, place, local) else { continue };
                let this = self.bound(&found, ty, by_ref, out);
                value = Some(match value {
                    None => this,
                    Some(other) => {
                        let test = self.matches(pat, place);
                        Expr::new(ty, Kind::Cond(Box::new(test), Box::new(this), Box::new(other)))
                    }
                });
            }
            self.declare(local, &name, ty, value, out);
        }
    }

    /// The place that a binding inside of a pattern stands on.
    pub(super) fn find_binding(
        &mut self,
        pat: &Pat,
        place: &Expr,
        wanted: crate::model::LocalId,
    ) -> Option<(Expr, bool)> {
        match &pat.kind {
            PatKind::Bind { local, by_ref, .. } if *local == wanted => Some((place.clone(), *by_ref)),
            PatKind::Bind { sub: Some(sub), .. } => self.find_binding(sub, place, wanted),
            PatKind::Or(pats) => pats.iter().find_map(|pat| self.find_binding(pat, place, wanted)),
            PatKind::Tuple { .. }
            | PatKind::TupleStruct { .. }
            | PatKind::Struct { .. }
            | PatKind::Slice { .. }
            | PatKind::Ref(_) => {
                let parts = self.parts(pat, place).1;
                parts.into_iter().find_map(|(pat, place)| self.find_binding(pat, &place, wanted))
            }
            _ => None,
        }
    }

    /// The test of a pattern's outermost level, and its parts with the places they stand on.
    fn parts<'p>(&mut self, pat: &'p Pat, place: &Expr) -> (Expr, Vec<(&'p Pat, Expr)>) {
        if let PatKind::Ref(inner) = &pat.kind {
            return (Expr::bool(true), vec![(inner, place.clone().deref())]);
        }
        let place = place.clone().deref_all();
        match &pat.kind {
            PatKind::Tuple { elems, rest } => {
                let T::Tuple(types) = place.ty else { return (Expr::bool(true), Vec::new()) };
                let fields: Vec<_> = types.iter().enumerate().map(|(i, ty)| (i.to_string(), *ty)).collect();
                (Expr::bool(true), self.positional(elems, *rest, &fields, &place))
            }
            PatKind::TupleStruct { name, elems, rest } => match place.ty {
                T::Option(some) | T::TryTell(some) if name == "Some" || name == "Err" => {
                    let test = Expr::compare("!=", place.clone().field("tag", U32), Expr::int(U32, 0));
                    let inner =
                        if ty::is_zero_sized(*some) { self.zero_sized(*some) } else { place.field("value", *some) };
                    (test, elems.iter().map(|elem| (elem, inner.clone())).collect())
                }
                T::TryTell(_) => {
                    let test = Expr::compare("==", place.field("tag", U32), Expr::int(U32, 0));
                    (test, elems.iter().map(|elem| (elem, Expr::unit())).collect())
                }
                T::Struct(desc) if desc.name == name || name == "Self" => {
                    let fields: Vec<_> = desc.fields.iter().map(|field| (field.name.to_owned(), field.ty)).collect();
                    (Expr::bool(true), self.positional(elems, *rest, &fields, &place))
                }
                // `Err(Full(m))`: the message itself is what stands here, unless it has such a variant.
                T::Enum(desc) if desc.variants.iter().any(|variant| variant.name == name) => {
                    self.variant_parts(elems, *rest, name, &place, pat.span)
                }
                _ if name == "Full" => (Expr::bool(true), elems.iter().map(|elem| (elem, place.clone())).collect()),
                T::Struct(desc) => {
                    // Through an alias.
                    let fields: Vec<_> = desc.fields.iter().map(|field| (field.name.to_owned(), field.ty)).collect();
                    (Expr::bool(true), self.positional(elems, *rest, &fields, &place))
                }
                T::Enum(_) => self.variant_parts(elems, *rest, name, &place, pat.span),
                other => {
                    self.no_pattern(other, pat.span);
                    (Expr::bool(true), Vec::new())
                }
            },
            PatKind::Struct { name, fields } => {
                let (test, declared, data) = match place.ty {
                    T::Struct(desc) => (Expr::bool(true), desc.fields, place),
                    T::Enum(_) => {
                        let test = self.is_variant(&place, name, pat.span);
                        let Some(variant) = self.variant(&place, name, pat.span) else { return (test, Vec::new()) };
                        (test, variant.fields, in_variant(&place, variant))
                    }
                    other => {
                        self.no_pattern(other, pat.span);
                        return (Expr::bool(true), Vec::new());
                    }
                };
                let parts = fields.iter().filter_map(|(member, pat)| {
                    let name = member.name();
                    let field = declared.iter().find(|field| field.name == name)?;
                    Some((pat, self.part(&data, &name, field.ty)))
                });
                (test, parts.collect())
            }
            PatKind::Slice { elems, rest, rest_pat } => {
                self.slice_parts(elems, *rest, rest_pat.as_deref(), &place, pat.span)
            }
            _ => (Expr::bool(true), Vec::new()),
        }
    }

    /// The test of `Variant(a, b)`, and its parts.
    fn variant_parts<'p>(
        &mut self,
        elems: &'p [Pat],
        rest: Option<u32>,
        name: &str,
        place: &Expr,
        span: Span,
    ) -> (Expr, Vec<(&'p Pat, Expr)>) {
        let test = self.is_variant(place, name, span);
        let Some(variant) = self.variant(place, name, span) else { return (test, Vec::new()) };
        let data = in_variant(place, variant);
        let fields: Vec<_> = variant.fields.iter().map(|field| (field.name.to_owned(), field.ty)).collect();
        (test, self.positional(elems, rest, &fields, &data))
    }

    /// Elements by position, with `..` in between.
    fn positional<'p>(
        &mut self,
        elems: &'p [Pat],
        rest: Option<u32>,
        fields: &[(String, TypeDesc)],
        data: &Expr,
    ) -> Vec<(&'p Pat, Expr)> {
        let skipped = fields.len().saturating_sub(elems.len());
        let parts = elems.iter().enumerate().filter_map(|(index, elem)| {
            let at = if rest.is_some_and(|rest| index >= rest as usize) { index + skipped } else { index };
            let (name, ty) = fields.get(at)?;
            Some((elem, self.part(data, name, *ty)))
        });
        parts.collect()
    }

    fn slice_parts<'p>(
        &mut self,
        elems: &'p [Pat],
        rest: Option<u32>,
        rest_pat: Option<&'p Pat>,
        place: &Expr,
        span: Span,
    ) -> (Expr, Vec<(&'p Pat, Expr)>) {
        let (T::Array(elem, _) | T::Slice(elem)) = place.ty else {
            self.no_pattern(place.ty, span);
            return (Expr::bool(true), Vec::new());
        };
        let Some(len) = self.len(place) else { return (Expr::bool(true), Vec::new()) };
        let count = Expr::int(USIZE, elems.len() as u128);
        let test = match (place.ty, rest) {
            (T::Array(..), _) => Expr::bool(true),
            (_, Some(_)) => Expr::compare(">=", len.clone(), count),
            (_, None) => Expr::compare("==", len.clone(), count),
        };
        let from_end = |back: usize| match len.kind {
            _ if back == 0 => len.clone(),
            Kind::Int { value, .. } => Expr::int(USIZE, value - back as u128),
            _ => Expr::binary("-", USIZE, len.clone(), Expr::int(USIZE, back as u128)),
        };
        let mut parts = Vec::new();
        for (index, pat) in elems.iter().enumerate() {
            let at = match rest {
                Some(rest) if index >= rest as usize => from_end(elems.len() - index),
                _ => Expr::int(USIZE, index as u128),
            };
            let part = if ty::is_zero_sized(*elem) {
                self.zero_sized(*elem)
            } else {
                Expr::new(*elem, Kind::Index(Box::new(place.clone()), Box::new(at)))
            };
            parts.push((pat, part));
        }
        if let (Some(rest), Some(pat)) = (rest, rest_pat) {
            let from = Expr::int(USIZE, u128::from(rest));
            if let T::Array(elem, len) = place.ty {
                // The rest of an array is an array, seen where it lies.
                let part = T::Array(elem, len.saturating_sub(elems.len()));
                let of = vec![Generic::Type(part)];
                let part = Expr::call_with("rk::subarray", of, ty::ref_to(part, true), vec![place.clone(), from]);
                parts.push((pat, part.deref()));
                return (test, parts);
            }
            let to = from_end(elems.len() - rest as usize);
            let reference = ty::ref_to(T::Slice(elem), true);
            let slice = Expr::call("rk::subslice", reference, vec![place.clone(), from, to]);
            parts.push((pat, slice.deref()));
        }
        (test, parts)
    }

    fn part(&mut self, data: &Expr, name: &str, ty: TypeDesc) -> Expr {
        if ty::is_zero_sized(ty) { self.zero_sized(ty) } else { data.clone().field(names::member(name), ty) }
    }

    /// Whether a place holds this variant.
    fn is_variant(&mut self, place: &Expr, name: &str, span: Span) -> Expr {
        let tag = || place.clone().field("tag", U32);
        match place.ty {
            T::Option(_) => {
                let op = if name == "None" { "==" } else { "!=" };
                Expr::compare(op, tag(), Expr::int(U32, 0))
            }
            T::Struct(_) => Expr::bool(true),
            T::Enum(desc) => match self.variant(place, name, span) {
                Some(_) if desc.variants.len() == 1 => Expr::bool(true),
                Some(variant) => Expr::compare("==", tag(), Expr::new(U32, Kind::Tag(place.ty, variant.name))),
                None => Expr::bool(true),
            },
            other => {
                self.no_pattern(other, span);
                Expr::bool(true)
            }
        }
    }

    fn variant(&mut self, place: &Expr, name: &str, span: Span) -> Option<&'static VariantDesc> {
        let T::Enum(desc) = place.ty else { return None };
        let found = desc.variants.iter().find(|variant| variant.name == name);
        if found.is_none() {
            self.internal(span, &format!("`{}` has no variant `{name}`", desc.name));
        }
        found
    }

    fn no_pattern(&mut self, ty: TypeDesc, span: Span) {
        let message = format!("this pattern on `{}` has no meaning in device code", ty::rust_name(ty));
        self.report(Code::UnsupportedForm, span, message, None);
    }
}

/// The fields of a variant.
fn in_variant(place: &Expr, variant: &VariantDesc) -> Expr {
    place.clone().field(format!("as_{}", names::cpp(variant.name)), place.ty)
}

/// A place behind as few references as give this type.
fn peel_to(place: &Expr, wanted: TypeDesc) -> Expr {
    let mut place = place.clone();
    while place.ty != wanted && matches!(place.ty, T::Ref { .. }) {
        place = place.deref();
    }
    place
}

/// All bindings of a pattern.
pub(super) fn bindings(pat: &Pat, found: &mut Vec<(crate::model::LocalId, String, crate::model::TypeId)>) {
    match &pat.kind {
        PatKind::Bind { local, name, ty, sub, .. } => {
            found.push((*local, name.clone(), *ty));
            if let Some(sub) = sub {
                bindings(sub, found);
            }
        }
        PatKind::Tuple { elems, .. } | PatKind::TupleStruct { elems, .. } => {
            elems.iter().for_each(|elem| bindings(elem, found));
        }
        // Every alternative has the same.
        PatKind::Or(pats) => pats.iter().take(1).for_each(|pat| bindings(pat, found)),
        PatKind::Struct { fields, .. } => fields.iter().for_each(|(_, field)| bindings(field, found)),
        PatKind::Slice { elems, rest_pat, .. } => {
            elems.iter().for_each(|elem| bindings(elem, found));
            if let Some(rest) = rest_pat {
                bindings(rest, found);
            }
        }
        PatKind::Ref(inner) => bindings(inner, found),
        _ => {}
    }
}
