//! `RINGKERNEL_DUMP=DIRECTORY`: the text that the compiler makes of a system, for reading.
//!
//! Written at every start, whatever backend then runs, since no GPU is needed to look. What goes wrong is said in the log
//! and stops nothing.

use std::path::Path;
use std::{env, fs, io};

use ringkernel_codegen::{Options, Program, compile, templates};

use crate::backend::Plan;

/// The variable that names the directory.
pub(crate) const VARIABLE: &str = "RINGKERNEL_DUMP";

/// Writes the text, the intermediate form and the headers, if the variable is set.
pub(crate) fn dump(plan: &Plan) {
    let Some(directory) = env::var_os(VARIABLE).filter(|directory| !directory.is_empty()) else { return };
    let program = Program {
        actors: plan.groups.iter().map(|group| group.desc()).collect(),
        overflow_checks: cfg!(debug_assertions),
        options: Options { dump: true, ..Options::default() },
    };
    let names: Vec<_> = plan.groups.iter().map(|group| group.name()).collect();
    match compile(&program) {
        Err(errors) => {
            for error in errors {
                tracing::warn!(target: "ringkernel", "{VARIABLE}: {error}");
            }
        }
        Ok(compiled) => {
            let directory = Path::new(&directory);
            match write(directory, &names.join("-"), &compiled.text, compiled.dump.as_deref()) {
                Ok(()) => {
                    tracing::info!(target: "ringkernel", directory = %directory.display(), "{VARIABLE}: the emitted text is written")
                }
                Err(error) => {
                    tracing::warn!(target: "ringkernel", %error, directory = %directory.display(), "{VARIABLE}: nothing could be written");
                }
            }
        }
    }
}

fn write(directory: &Path, name: &str, text: &str, ir: Option<&str>) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    fs::write(directory.join(format!("{name}.cu")), text)?;
    if let Some(ir) = ir {
        fs::write(directory.join(format!("{name}.ir")), ir)?;
    }
    for (header, text) in templates::headers() {
        fs::write(directory.join(header), text)?;
    }
    Ok(())
}
