//! `RINGKERNEL_DUMP=DIRECTORY`: the text that the compiler makes of a system, for reading.
//!
//! Written at every start, whatever backend then runs, since no GPU is needed to look. What goes wrong is said in the log
//! and stops nothing.

use std::path::Path;
use std::{env, fs, io};

use ringkernel_codegen::desc::ActorDesc;
use ringkernel_codegen::{Diagnostic, Options, Program, compile, compile_grid, templates};

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
    let compiled = compile(&program).map(|compiled| (compiled.text, compiled.dump));
    finish(Path::new(&directory), &names.join("-"), compiled);
}

/// The same of a grid, without the constants that a device and a domain put in front of it.
pub(crate) fn dump_grid(name: &str, actor: &ActorDesc) {
    let Some(directory) = env::var_os(VARIABLE).filter(|directory| !directory.is_empty()) else { return };
    let compiled = compile_grid(actor, cfg!(debug_assertions), Options::default());
    finish(Path::new(&directory), name, compiled.map(|compiled| (compiled.text, None)));
}

/// Writes what `autotune` found for a grid, if the variable is set.
pub(crate) fn dump_choice(name: &str, report: &str) {
    let Some(directory) = env::var_os(VARIABLE).filter(|directory| !directory.is_empty()) else { return };
    let directory = Path::new(&directory);
    let file = directory.join(format!("{name}.autotune.txt"));
    if let Err(error) = fs::create_dir_all(directory).and_then(|()| fs::write(&file, report)) {
        tracing::warn!(target: "ringkernel", %error, file = %file.display(), "{VARIABLE}: it could not be written");
    }
}

/// Writes what was compiled, or says why there is nothing.
fn finish(directory: &Path, name: &str, compiled: Result<(String, Option<String>), Vec<Diagnostic>>) {
    match compiled.map(|(text, ir)| write(directory, name, &text, ir.as_deref())) {
        Err(errors) => {
            for error in errors {
                tracing::warn!(target: "ringkernel", "{VARIABLE}: {error}");
            }
        }
        Ok(Ok(())) => {
            tracing::info!(target: "ringkernel", directory = %directory.display(), "{VARIABLE}: the emitted text is written");
        }
        Ok(Err(error)) => {
            tracing::warn!(target: "ringkernel", %error, directory = %directory.display(), "{VARIABLE}: nothing could be written");
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
