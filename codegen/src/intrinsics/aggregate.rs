//! `Option`, arrays and slices.

use super::Class::{Any, Option, Ordering, SharedAtomics, SharedSlice, Slice};
use super::{Class, How, Row};

const fn row(class: Class, name: &'static str, args: usize, how: How) -> Row {
    Row { class, name, args, how }
}

pub(super) const ROWS: &[Row] = &[
    row(Option, "is_some", 0, How::By(|lower, call, out| lower.option_is_some(call, out))),
    row(Option, "is_none", 0, How::By(|lower, call, out| lower.option_is_none(call, out))),
    row(Option, "unwrap", 0, How::By(|lower, call, out| lower.option_unwrap(call, out))),
    row(Option, "unwrap_or", 1, How::Pure("rk::unwrap_or")),
    row(Option, "unwrap_or_default", 0, How::Pure("rk::unwrap_or_default")),
    row(Option, "or", 1, How::Pure("rk::option_or")),
    row(Option, "take", 0, How::Change("rk::take")),
    row(Option, "replace", 1, How::By(|lower, call, out| lower.option_replace(call, out))),
    row(Option, "as_ref", 0, How::PureOf("rk::as_ref")),
    row(Option, "as_mut", 0, How::PureOf("rk::as_ref")),
    row(Option, "copied", 0, How::PureOf("rk::copied")),
    row(Option, "cloned", 0, How::PureOf("rk::copied")),
    row(Slice, "len", 0, How::By(|lower, call, out| lower.slice_len(call, out))),
    row(Slice, "is_empty", 0, How::By(|lower, call, out| lower.slice_is_empty(call, out))),
    row(Slice, "swap", 2, How::By(|lower, call, out| lower.slice_swap(call, out))),
    row(Slice, "copy_from_slice", 1, How::By(|lower, call, out| lower.slice_copy(call, out))),
    row(Slice, "fill", 1, How::Change("rk::fill")),
    row(Slice, "reverse", 0, How::Change("rk::reverse")),
    row(Slice, "contains", 1, How::By(|lower, call, out| lower.slice_contains(call, out))),
    row(Slice, "get", 1, How::Element(false)),
    row(Slice, "get_mut", 1, How::Element(true)),
    row(Slice, "first", 0, How::Element(false)),
    row(Slice, "first_mut", 0, How::Element(true)),
    row(Slice, "last", 0, How::Element(false)),
    row(Slice, "last_mut", 0, How::Element(true)),
    row(Slice, "as_slice", 0, How::PureOf("rk::slice_of")),
    row(Slice, "as_mut_slice", 0, How::PureOf("rk::slice_of")),
    row(SharedSlice, "len", 0, How::By(|lower, call, out| lower.slice_len(call, out))),
    row(SharedSlice, "is_empty", 0, How::By(|lower, call, out| lower.slice_is_empty(call, out))),
    row(SharedAtomics, "len", 0, How::By(|lower, call, out| lower.slice_len(call, out))),
    row(SharedAtomics, "is_empty", 0, How::By(|lower, call, out| lower.slice_is_empty(call, out))),
    row(Ordering, "is_lt", 0, How::Pure("rk::is_lt")),
    row(Ordering, "is_le", 0, How::Pure("rk::is_le")),
    row(Ordering, "is_gt", 0, How::Pure("rk::is_gt")),
    row(Ordering, "is_ge", 0, How::Pure("rk::is_ge")),
    row(Ordering, "is_eq", 0, How::Pure("rk::is_eq")),
    row(Ordering, "is_ne", 0, How::Pure("rk::is_ne")),
    row(Ordering, "reverse", 0, How::Pure("rk::opposite")),
    row(Ordering, "then", 1, How::Pure("rk::then")),
    row(Any, "cmp", 1, How::By(|lower, call, out| lower.compare_method(call, out))),
    row(Any, "partial_cmp", 1, How::By(|lower, call, out| lower.compare_method(call, out))),
    row(Any, "max", 1, How::By(|lower, call, out| lower.compare_method(call, out))),
    row(Any, "min", 1, How::By(|lower, call, out| lower.compare_method(call, out))),
    row(Any, "clamp", 2, How::By(|lower, call, out| lower.compare_method(call, out))),
    row(Any, "clone", 0, How::By(|lower, call, out| lower.same(call, out))),
];
