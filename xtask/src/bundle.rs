//! `cargo xtask gpu-bundle`: one folder that runs on a machine with a GPU and no Rust.
//!
//! Tests that want a device, examples and benches are built in release, stripped of symbols and laid beside a `run.sh`. NVRTC
//! (110 MB) is left out, since a machine with the CUDA toolkit has it; `--with-nvrtc` brings it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::process;
use crate::wheels;
use crate::workspace::{Target, Workspace};

/// The script that runs the programs of a bundle.
const RUN: &str = include_str!("bundle/run.sh");

/// What was asked for.
#[derive(Default)]
struct Wanted {
    nvrtc: bool,
    out: Option<PathBuf>,
    names: Vec<String>,
}

/// Runs it.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let wanted = Wanted::parse(args)?;
    let workspace = Workspace::load()?;
    let out = wanted.out.clone().unwrap_or_else(|| workspace.target.join("gpu-bundle"));
    for name in &wanted.names {
        ensure!(workspace.targets.iter().any(|t| t.name == *name && folder(t).is_some()), "there is no program {name}");
    }
    let programs = build(&workspace, &wanted)?;
    if out.exists() {
        ensure!(out.join("run.sh").is_file(), "{} is there and is no bundle", out.display());
        fs::remove_dir_all(&out).with_context(|| format!("cannot replace {}", out.display()))?;
    }
    for (place, executable) in &programs {
        copy(executable, &out.join(place))?;
        strip(&out.join(place));
    }
    if wanted.nvrtc {
        bring_nvrtc(&workspace, &out)?;
    }
    let script = out.join("run.sh");
    fs::write(&script, RUN)?;
    make_executable(&script)?;
    let commit = workspace.git(&["describe", "--always", "--dirty", "--abbrev=12"]).unwrap_or_default();
    fs::write(out.join("COMMIT"), commit + "\n")?;

    println!("{}: {} programs, {:.1} MB", out.display(), programs.len(), megabytes(&out)?);
    for place in programs.keys() {
        println!("  {place}");
    }
    println!("there: ./run.sh --list, ./run.sh, ./run.sh NAME [ARGUMENTS..]");
    Ok(ExitCode::SUCCESS)
}

impl Wanted {
    fn parse(args: &[String]) -> Result<Self> {
        let mut wanted = Self::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--with-nvrtc" => wanted.nvrtc = true,
                "--out" => wanted.out = Some(args.next().context("--out wants a directory")?.into()),
                flag if flag.starts_with('-') => bail!("unknown option {flag}; there are --with-nvrtc and --out DIR"),
                name => wanted.names.push(name.to_owned()),
            }
        }
        Ok(wanted)
    }
}

/// Where a target goes in the bundle, if it belongs there.
fn folder(target: &Target) -> Option<&'static str> {
    let device_test = || {
        ["gpu_", "conform", "grids", "soak", "nvrtc", "semantics"].iter().any(|start| target.name.starts_with(start))
    };
    match (target.kind.as_str(), target.package.as_str()) {
        ("test", "ringkernel-tests") if device_test() => Some("tests"),
        ("example", "ringkernel") => Some("examples"),
        ("bin", "ringkernel-bench") | ("bench", _) => Some("benches"),
        _ => None,
    }
}

/// Builds what is wanted; executables by their place in the bundle.
fn build(workspace: &Workspace, wanted: &Wanted) -> Result<BTreeMap<String, PathBuf>> {
    let wants =
        |target: &&Target| folder(target).is_some() && (wanted.names.is_empty() || wanted.names.contains(&target.name));
    let harnessed = |target: &Target| matches!(target.kind.as_str(), "test" | "bench");
    let (tests, programs): (Vec<&Target>, Vec<&Target>) =
        workspace.targets.iter().filter(wants).partition(|target| harnessed(target));
    let mut built = build_with(workspace, &["build"], &programs)?;
    built.append(&mut build_with(workspace, &["test", "--no-run"], &tests)?);
    ensure!(!built.is_empty(), "nothing was built");
    Ok(built)
}

fn build_with(workspace: &Workspace, how: &[&str], targets: &[&Target]) -> Result<BTreeMap<String, PathBuf>> {
    let mut built = BTreeMap::new();
    if targets.is_empty() {
        return Ok(built);
    }
    let mut command = process::cargo(&workspace.root);
    command.args(how).args(["--release", "--message-format=json-render-diagnostics"]);
    for target in targets {
        command.args(["--package", &target.package, &format!("--{}", target.kind), &target.name]);
    }
    for line in process::output(&mut command)? {
        let Ok(message) = serde_json::from_str::<Value>(&line) else { continue };
        let Some(executable) = message["executable"].as_str() else { continue };
        let (name, kind) = (message["target"]["name"].as_str(), message["target"]["kind"][0].as_str());
        let target = targets.iter().find(|t| Some(t.name.as_str()) == name && Some(t.kind.as_str()) == kind);
        if let Some(target) = target
            && let Some(folder) = folder(target)
        {
            built.insert(format!("{folder}/{}", target.name), executable.into());
        }
    }
    Ok(built)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(Path::new(".")))?;
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

/// Takes symbols and line tables off; a bundle with them is larger, not wrong.
fn strip(program: &Path) {
    let stripped = Command::new("strip").arg(program).status().is_ok_and(|status| status.success());
    if !stripped {
        println!("strip is not there or failed: {} keeps its symbols", program.display());
    }
}

fn bring_nvrtc(workspace: &Workspace, out: &Path) -> Result<()> {
    let installed = wheels::install(&workspace.target);
    let Some(newest) = installed.nvrtc.last() else { bail!("no NVRTC to bring: {}", installed.missing.join("; ")) };
    for entry in fs::read_dir(newest)?.filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().contains(".alt.") {
            continue;
        }
        copy(&entry.path(), &out.join("nvrtc").join(entry.file_name()))?;
    }
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o755))?)
}
#[cfg(not(unix))]
fn make_executable(_: &Path) -> Result<()> {
    Ok(())
}

fn megabytes(directory: &Path) -> Result<f64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() {
            (megabytes(&entry.path())? * 1e6) as u64
        } else {
            entry.metadata()?.len()
        };
    }
    Ok(bytes as f64 / 1e6)
}
