//! The table of what the library offers to device code: type of the receiver and method, and what becomes of it.
//!
//! rustc has already checked the call and knows its type; a row says how it is written in CUDA. What is not in the
//! table is an error at the user's line. The functions named here are those of `arith.cuh`, `math.cuh` and `types.cuh`.

mod aggregate;
mod cells;
mod float;
mod int;
mod runtime;

use crate::desc::TypeDesc;
use crate::ir::Expr;
use crate::ir::Stmt;
use crate::lower::{Lower, MethodCall};
use crate::site::FailureKind;

/// Types whose methods are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Int,
    Float,
    /// Floats of 16 bits.
    Half,
    Bool,
    Option,
    /// Arrays and slices.
    Slice,
    Context,
    Host,
    Reply,
    SharedSlice,
    SharedAtomics,
    Atomic,
    TryTell,
    Address,
    /// What a comparison says.
    Ordering,
    /// Fields of a grid.
    Field,
    /// What a closure over cells sees.
    View,
    /// Any type that is `Copy`.
    Any,
}

/// What becomes of a call.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// A pure function of the headers; its types follow from the arguments.
    Pure(&'static str),
    /// The same, with the result's type as its template argument.
    PureOf(&'static str),
    /// A function that changes its receiver.
    Change(&'static str),
    /// A pure function after a check that both kinds of build make.
    Always { can: &'static str, name: &'static str, kind: FailureKind, message: &'static str },
    /// A pure function, after a check if overflow is checked.
    Overflow { can: &'static str, name: &'static str, message: &'static str },
    /// A form of division: checked for zero and `MIN / -1`.
    Divide { name: &'static str, remainder: bool },
    /// `get`, `first` and their like.
    Element(bool),
    /// Lowered by a function of its own.
    By(for<'l, 'c, 's> fn(&mut Lower<'l>, &MethodCall<'c>, &mut Vec<Stmt>) -> Expr),
}

/// A row of the table.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) class: Class,
    pub(crate) name: &'static str,
    /// Arguments without the receiver.
    pub(crate) args: usize,
    pub(crate) how: How,
}

impl Row {
    /// Whether the receiver is looked at where it lies rather than copied.
    pub(crate) fn takes_place(&self) -> bool {
        matches!(self.how, How::Change(_) | How::Element(_)) || matches!(self.class, Class::Slice | Class::Option)
    }

    /// The function behind `get` and its like.
    pub(crate) fn spelling(&self) -> &'static str {
        match self.name {
            "first" | "first_mut" => "rk::first",
            "last" | "last_mut" => "rk::last",
            _ => "rk::get",
        }
    }
}

/// The class that a receiver of this type belongs to.
pub(crate) fn class(ty: TypeDesc) -> Class {
    match ty {
        TypeDesc::Int(_) => Class::Int,
        TypeDesc::Float(_) if crate::ty::is_half(ty) => Class::Half,
        TypeDesc::Float(_) => Class::Float,
        TypeDesc::Bool => Class::Bool,
        TypeDesc::Option(_) => Class::Option,
        TypeDesc::Array(..) | TypeDesc::Slice(_) => Class::Slice,
        TypeDesc::Context(_) => Class::Context,
        TypeDesc::Host => Class::Host,
        TypeDesc::Reply(_) => Class::Reply,
        TypeDesc::SharedSlice(_) => Class::SharedSlice,
        TypeDesc::SharedAtomics(_) => Class::SharedAtomics,
        TypeDesc::Atomic(_) => Class::Atomic,
        TypeDesc::TryTell(_) => Class::TryTell,
        TypeDesc::Field(..) => Class::Field,
        TypeDesc::Own(..) | TypeDesc::Near(..) => Class::View,
        TypeDesc::Addr(_) | TypeDesc::AnyAddr => Class::Address,
        TypeDesc::Enum(desc) if (desc.path)() == std::any::type_name::<std::cmp::Ordering>() => Class::Ordering,
        _ => Class::Any,
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    int::ROWS
        .iter()
        .chain(float::ROWS)
        .chain(float::HALF)
        .chain(aggregate::ROWS)
        .chain(runtime::ROWS)
        .chain(cells::ROWS)
}

/// The row of a method.
pub(crate) fn method(receiver: TypeDesc, name: &str, args: usize) -> Option<&'static Row> {
    let class = class(receiver);
    rows().find(|row| (row.class == class || row.class == Class::Any) && row.name == name && row.args == args)
}

/// The row of a function that takes no receiver, such as `f32::from_bits`.
pub(crate) fn associated(on: TypeDesc, name: &str, args: usize) -> Option<&'static Row> {
    let class = class(on);
    ASSOCIATED.iter().find(|row| row.class == class && row.name == name && row.args == args)
}

/// Whether some type of the library has a method or associated function of this name. The parser asks: any other must
/// be a user's, and rustc then reports one that is no `#[ring_fn]`.
#[cfg(feature = "parse")]
#[must_use]
pub fn is_known(name: &str) -> bool {
    matches!(name, "from" | "default")
        || FIELD_METHODS.contains(&name)
        // Which no handler can do; the context says so.
        || name == "ask"
        || crate::lower::ADAPTERS.contains(&name)
        || rows().chain(ASSOCIATED).any(|row| row.name == name)
}

/// Methods that take closures. They are no rows, since their arguments are no values.
#[cfg(feature = "parse")]
const FIELD_METHODS: &[&str] = &["update", "sum", "min", "max", "reduce"];

const ASSOCIATED: &[Row] = &[
    Row { class: Class::Float, name: "from_bits", args: 1, how: How::PureOf("rk::from_bits") },
    Row { class: Class::Half, name: "from_bits", args: 1, how: How::PureOf("rk::half_from_bits") },
    Row { class: Class::Half, name: "from_f32", args: 1, how: How::PureOf("rk::half_from_f32") },
];

/// Joins parts of the table.
const fn concat<const N: usize>(parts: [&[Row]; 4]) -> [Row; N] {
    let mut all = [Row { class: Class::Any, name: "", args: usize::MAX, how: How::Pure("") }; N];
    let (mut at, mut part) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            all[at] = parts[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    all
}
