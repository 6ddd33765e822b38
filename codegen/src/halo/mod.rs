//! Which neighbours the operations of a grid read, found before anything runs.
//!
//! Comes in: a grid's description. Goes out: every operation over cells that its step comes to, with the fields it
//! writes and reads and the offsets at which it reads them; or the offsets that are no constants or too far, each at its
//! place. `walk` follows the step with what is known of its values; loops over constants are unrolled.

mod operation;
mod value;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use crate::desc::{ActorDesc, FnDesc, TypeDesc};
use crate::diagnostic::Diagnostic;
use crate::resolve;
use crate::ty;

const AXES: [&str; 3] = ["x", "y", "z"];

/// How far away a neighbour may be along each axis, in cells.
pub const MAX_OFFSET: u32 = 4;

/// The operations over cells of a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Halos {
    /// The user's name of the grid.
    pub name: &'static str,
    /// Its dimensions.
    pub dims: usize,
    /// In the order in which the step comes to them.
    pub operations: Vec<Operation>,
    /// Its fields and what is in their cells, in the order of members.
    pub fields: Vec<(String, String)>,
    /// Fields that `swap` exchanges.
    pub swaps: BTreeSet<(String, String)>,
}

/// One operation over cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `update`, `sum`, `min`, `max` or `reduce`.
    pub kind: String,
    /// The user's file.
    pub file: String,
    /// The line it begins in.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// The fields that it writes.
    pub writes: Vec<String>,
    /// The fields that it reads.
    pub sources: Vec<Source>,
}

/// A field that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub field: String,
    /// Every offset at which it is read, the cell itself among them, and the line of the first that reads there.
    pub offsets: BTreeMap<Vec<i32>, u32>,
}

impl Source {
    /// How far it is read along an axis: towards lower indices, and towards higher ones.
    #[must_use]
    pub fn reach(&self, axis: usize) -> (u32, u32) {
        let along = || self.offsets.keys().filter_map(|offset| offset.get(axis));
        let low = along().min().map_or(0, |cells| (*cells).min(0).unsigned_abs());
        let high = along().max().map_or(0, |cells| (*cells).max(0).unsigned_abs());
        (low, high)
    }

    /// Whether it is read along several axes at once, so that edges or corners of other tiles are needed.
    #[must_use]
    pub fn reads_corners(&self) -> bool {
        self.offsets.keys().any(|offset| offset.iter().filter(|cells| **cells != 0).count() > 1)
    }

    /// Whether other cells than the one that is computed are read.
    #[must_use]
    pub fn reads_neighbours(&self) -> bool {
        self.offsets.keys().any(|offset| offset.iter().any(|cells| *cells != 0))
    }
}

/// Finds the operations of a grid; `None` if the actor is none.
///
/// # Errors
/// Offsets that are no constants or too far, fields that are not named, and what `compile` says of functions.
pub fn halos(actor: &ActorDesc) -> Result<Option<Halos>, Vec<Diagnostic>> {
    let Some(grid) = actor.grid else { return Ok(None) };
    let step = FnDesc {
        name: grid.step.name,
        owner: Some(TypeDesc::Struct(actor.state)),
        path: grid.step.name,
        model: grid.step.model,
        tables: grid.step.tables,
    };
    let resolved = resolve::resolve_functions(&[step])?;
    let found = walk::walk(&resolved)?;
    let fields = actor.state.fields.iter().filter_map(|field| match field.ty {
        TypeDesc::Field(elem, _) => Some((field.name.to_owned(), ty::rust_name(*elem))),
        _ => None,
    });
    Ok(Some(Halos {
        name: actor.state.name,
        dims: grid.dims,
        operations: found.operations,
        fields: fields.collect(),
        swaps: found.swaps,
    }))
}

impl Halos {
    /// The field and those that `swap` exchanges it with, directly or over others.
    fn exchanged(&self, field: &str) -> BTreeSet<&str> {
        let mut group = BTreeSet::from([field]);
        loop {
            let before = group.len();
            for (a, b) in &self.swaps {
                if group.contains(a.as_str()) || group.contains(b.as_str()) {
                    group.extend([a.as_str(), b.as_str()]);
                }
            }
            if group.len() == before {
                return self.fields.iter().map(|(name, _)| name.as_str()).filter(|name| group.contains(name)).collect();
            }
        }
    }

    /// Which neighbours of a field are read, or of one that it is exchanged with, in words.
    #[must_use]
    pub fn reach_of(&self, field: &str) -> String {
        let group = self.exchanged(field);
        let is_it = |source: &&Source| source.field == field || group.contains(source.field.as_str());
        let sources: Vec<&Source> =
            self.operations.iter().flat_map(|operation| &operation.sources).filter(is_it).collect();
        let mut said = String::new();
        for (axis, name) in AXES.iter().enumerate().take(self.dims) {
            let reach = || sources.iter().map(|source| source.reach(axis));
            let (low, high) = reach().fold((0, 0), |most, reach| (most.0.max(reach.0), most.1.max(reach.1)));
            if low > 0 || high > 0 {
                let _ = write!(said, "{}{name} -{low} +{high}", if said.is_empty() { "" } else { ", " });
            }
        }
        if said.is_empty() {
            return "read by its own cell alone".to_owned();
        }
        let corners = sources.iter().any(|source| source.reads_corners());
        format!("neighbours are read: {said}{}", if corners { ", and corners" } else { "" })
    }

    /// What the cells of a field need on a device: neighbours of it, or of one that it is exchanged with, are read.
    fn is_shared(&self, field: &str) -> bool {
        let group = self.exchanged(field);
        let mut sources = self.operations.iter().flat_map(|operation| &operation.sources);
        sources
            .any(|source| source.reads_neighbours() && (group.contains(source.field.as_str()) || source.field == field))
    }
}

impl fmt::Display for Halos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: a grid of {} dimensions", self.name, self.dims)?;
        writeln!(f, "\nfields")?;
        for (name, elem) in &self.fields {
            let others: Vec<_> = self.exchanged(name).into_iter().filter(|other| other != name).collect();
            let with = if others.is_empty() { String::new() } else { format!(", swapped with {}", others.join(", ")) };
            let kept = if self.is_shared(name) { "neighbours are read" } else { "read by its own cell alone" };
            writeln!(f, "  {name}: {elem} a cell{with}; {kept}")?;
        }
        writeln!(f, "\noperations of a step")?;
        for operation in &self.operations {
            let writes =
                if operation.writes.is_empty() { String::new() } else { format!(" {}", operation.writes.join(", ")) };
            writeln!(f, "  {}:{}: {}{writes}", operation.file, operation.line, operation.kind)?;
            for source in &operation.sources {
                write!(f, "    reads {}", source.field)?;
                for (axis, name) in AXES.iter().enumerate().take(self.dims) {
                    let (low, high) = source.reach(axis);
                    if low > 0 || high > 0 {
                        write!(f, ", {name} -{low} +{high}")?;
                    }
                }
                let neighbours = source.offsets.keys().filter(|offset| offset.iter().any(|cells| *cells != 0)).count();
                match (neighbours, source.reads_corners()) {
                    (0, _) => writeln!(f, " at the cell itself")?,
                    (count, false) => writeln!(f, ": {count} neighbours, no corners")?,
                    (count, true) => writeln!(f, ": {count} neighbours, corners too")?,
                }
            }
        }
        Ok(())
    }
}
