//! Whether a GPU could run the actors of a system that starts on the CPU.
//!
//! Asked in builds with debug assertions, so that a program gets the same answer on machines with and without a GPU. Only
//! the front half of the compiler runs, once for each set of actor types; release builds start at once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ringkernel_codegen::desc::ActorDesc;
use ringkernel_codegen::{Diagnostic, Options, Program, check, compile_grid, reach};

use crate::backend::Plan;

/// Everything that a start on a GPU would report, or nothing.
///
/// # Errors
/// The reports, one after the other.
pub(crate) fn device_check(plan: &Plan) -> Result<(), String> {
    static KNOWN: Mutex<BTreeMap<Vec<&'static str>, Result<(), String>>> = Mutex::new(BTreeMap::new());
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    let actors: Vec<_> = plan.groups.iter().map(|group| group.desc()).collect();
    let paths: Vec<_> = actors.iter().map(|actor| (actor.state.path)()).collect();
    if let Some(known) = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&paths) {
        return known.clone();
    }
    let compile = |actors| check(&Program { actors, overflow_checks: true, options: Options::default() });
    let found = reach(actors).and_then(compile).map_err(listed);
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(paths, found.clone());
    found
}

/// The same of a grid.
///
/// # Errors
/// The reports.
pub(crate) fn grid_check(grid: &ActorDesc) -> Result<(), String> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    compile_grid(grid, true, Options::default()).map(drop).map_err(listed)
}

fn listed(errors: Vec<Diagnostic>) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
