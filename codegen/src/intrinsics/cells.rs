//! What a grid does with single cells, and what its context says. Operations over all cells take closures: `lower::cells`.

use super::Class::{Context, Field, View};
use super::{Class, How, Row};

const fn row(class: Class, name: &'static str, args: usize, how: How) -> Row {
    Row { class, name, args, how }
}

pub(super) const ROWS: &[Row] = &[
    row(View, "here", 0, How::By(|lower, call, out| lower.here(call, out))),
    row(View, "at", 1, How::By(|lower, call, out| lower.neighbour(call, out))),
    row(View, "cell", 0, How::By(|lower, call, out| lower.cell(call, out))),
    row(Field, "get", 1, How::By(|lower, call, out| lower.own_cell(call, out))),
    row(Field, "set", 2, How::By(|lower, call, out| lower.own_cell(call, out))),
    row(Field, "add", 2, How::By(|lower, call, out| lower.own_cell(call, out))),
    row(Context, "step", 0, How::By(|lower, call, out| lower.grid_step(call, out))),
    row(Context, "hold", 0, How::By(|lower, call, out| lower.grid_hold(call, out))),
    row(Context, "domain", 0, How::By(|lower, call, out| lower.grid_domain(call, out))),
];
