//! `cargo xtask bench`.

use std::process::ExitCode;

use anyhow::{Result, bail};

pub(crate) fn run(_args: &[String]) -> Result<ExitCode> {
    bail!("not there yet")
}
