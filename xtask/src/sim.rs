//! `cargo xtask sim`: runs the simulator's own program, built with optimisation.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Runs it.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let workspace = Workspace::load()?;
    let status = process::cargo(&workspace.root)
        .args(["run", "--release", "--quiet", "--package", "ringkernel-sim", "--"])
        .args(args)
        .status()
        .context("cannot run cargo")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
