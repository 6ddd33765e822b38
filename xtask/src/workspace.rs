//! Where things are: the root and the target directory, as cargo sees them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process;

/// The workspace.
pub(crate) struct Workspace {
    /// The folder of the top `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// What can be built.
    pub(crate) targets: Vec<Target>,
}

/// Something that cargo builds.
pub(crate) struct Target {
    /// Of the package that it belongs to.
    pub(crate) package: String,
    /// `test`, `example`, `bin`, `bench`, `lib`, ..
    pub(crate) kind: String,
    /// Its own.
    pub(crate) name: String,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the workspace")?.to_owned();
        let output = process::cargo(&root)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cannot run cargo metadata")?;
        ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata gave no JSON")?;
        let target = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
        let mut targets = Vec::new();
        for package in metadata["packages"].as_array().into_iter().flatten() {
            for found in package["targets"].as_array().into_iter().flatten() {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let (package, kind, name) = (text(&package["name"]), text(&found["kind"][0]), text(&found["name"]));
                targets.push(Target { package, kind, name });
            }
        }
        Ok(Self { root, target: target.into(), targets })
    }

    /// `git` in the root.
    pub(crate) fn git(&self, args: &[&str]) -> Option<String> {
        let output = Command::new("git").args(args).current_dir(&self.root).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }
}
