//! What a grid's step reads beside what its boundaries have there; and, on demand, a report of it.

use std::path::Path;
use std::{env, fs};

use ringkernel_codegen::halo::{Halos, halos};

use crate::dump::VARIABLE;
use crate::error::StartError;
use crate::lang::boundary::Sides;
use crate::lang::{Boundary, Grid};

/// Finds which neighbours the steps of a grid read, and refuses to read where there is nothing.
///
/// # Errors
/// What the compiler reports of offsets and fields, and a side that is read where its boundary is open.
pub(super) fn check_reach<A: Grid>(sides: &[Sides]) -> Result<(), StartError> {
    let listed = |errors: Vec<ringkernel_codegen::Diagnostic>| {
        StartError::Compile(errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    };
    let Some(halos) = halos(&A::desc()).map_err(listed)? else { return Ok(()) };
    dump(&halos);
    match read_of_nothing(&halos, sides) {
        Some(what) => Err(StartError::Grid { actor: A::NAME, what }),
        None => Ok(()),
    }
}

/// The first read beyond an open side, in words.
fn read_of_nothing(halos: &Halos, sides: &[Sides]) -> Option<String> {
    for operation in &halos.operations {
        for source in &operation.sources {
            for (offset, line) in &source.offsets {
                for (axis, (cells, (low, high))) in offset.iter().zip(sides).enumerate() {
                    let (side, rule) = if *cells < 0 { ("low", low) } else { ("high", high) };
                    if *cells != 0 && *rule == Boundary::Open {
                        return Some(format!(
                            "its step reads `{}` at {offset:?} ({}:{line}), and on the {side} side of axis {axis} the \
                             boundary is `Open`: give it `Fixed`, `Reflect` or `Periodic`",
                            source.field, operation.file
                        ));
                    }
                }
            }
        }
    }
    None
}

/// Writes the report, if the variable is set.
fn dump(halos: &Halos) {
    let Some(directory) = env::var_os(VARIABLE).filter(|directory| !directory.is_empty()) else { return };
    let path = Path::new(&directory).join(format!("{}.halo.txt", halos.name));
    match fs::create_dir_all(&directory).and_then(|()| fs::write(&path, halos.to_string())) {
        Ok(()) => {
            tracing::info!(target: "ringkernel", path = %path.display(), "{VARIABLE}: what the grid reads is written")
        }
        Err(error) => {
            tracing::warn!(target: "ringkernel", %error, path = %path.display(), "{VARIABLE}: nothing could be written");
        }
    }
}
