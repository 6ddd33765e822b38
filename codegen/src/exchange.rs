//! Which sources of a grid's operations are read beyond a tile, so that tiles send each other faces of them.

use std::collections::BTreeSet;

use crate::desc::TypeDesc;
use crate::halo::Halos;
use crate::ir::{Cells, Do, Function, Stmt};
use crate::layout;

/// A source whose neighbours are read. Its number, which the text has in `rk::around`, is its place among all of the program's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The user's file.
    pub file: String,
    /// The line of the operation.
    pub line: u32,
    /// The numbers of the fields that are read there, their places among those of the program: one, unless the step comes there
    /// with several.
    pub fields: BTreeSet<usize>,
    /// At which offsets neighbours are read; without the cell itself.
    pub offsets: BTreeSet<Vec<i32>>,
    /// Bytes of a cell.
    pub cell_bytes: usize,
    /// Its alignment.
    pub cell_align: usize,
}

/// Numbers the sources of all operations.
pub(crate) fn number(functions: &mut [Function], halos: &Halos) -> Vec<Exchange> {
    let mut all = Vec::new();
    for function in functions {
        block(&mut function.body, halos, &mut all);
    }
    all
}

fn block(statements: &mut [Stmt], halos: &Halos, all: &mut Vec<Exchange>) {
    for statement in statements {
        match &mut statement.kind {
            Do::If { then, or_else, .. } => {
                block(then, halos, all);
                block(or_else, halos, all);
            }
            Do::Block(body) => block(body, halos, all),
            Do::Loop(inner) => block(&mut inner.body, halos, all),
            Do::Cells(cells) => sources(cells, halos, all),
            _ => {}
        }
    }
}

fn sources(cells: &mut Cells, halos: &Halos, all: &mut Vec<Exchange>) {
    // The step may come to an operation more than once: with other constants, or from another place.
    let is_it = |operation: &&crate::halo::Operation| {
        (&operation.file, operation.line, operation.column) == (&cells.file, cells.span.line, cells.span.column)
            && operation.sources.len() == cells.reads.len()
    };
    let visits: Vec<_> = halos.operations.iter().filter(is_it).collect();
    let around = cells.reads.iter().enumerate().map(|(k, read)| {
        let offsets = visits.iter().flat_map(|visit| visit.sources[k].offsets.keys());
        let offsets: BTreeSet<Vec<i32>> =
            offsets.filter(|offset| offset.iter().any(|cells| *cells != 0)).cloned().collect();
        let TypeDesc::Field(elem, _) = read.ty else { return None };
        if offsets.is_empty() {
            return None;
        }
        let number = |name: &String| halos.fields.iter().position(|(field, _)| field == name);
        let fields = visits.iter().filter_map(|visit| number(&visit.sources[k].field)).collect();
        let (file, line) = (cells.file.clone(), cells.span.line);
        let cell = layout::of(*elem);
        all.push(Exchange { file, line, fields, offsets, cell_bytes: cell.size, cell_align: cell.align });
        Some(all.len() - 1)
    });
    cells.around = around.collect();
}
