//! `cargo xtask test`: everything that needs no GPU.
//!
//! All steps run, also after one that failed, so that one run tells everything. The tree must be the same after it.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::report::Report;
use crate::wheels::{self, Installed};
use crate::workspace::Workspace;

/// Runs it.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    if let Some(arg) = args.first() {
        bail!("cargo xtask test takes no arguments, but was given {arg}");
    }
    let workspace = Workspace::load()?;
    let mut test = Test::start(&workspace)?;
    let tree = workspace.git(&["status", "--porcelain"]);

    let nextest = process::answers(process::cargo(&workspace.root).args(["nextest", "--version"]));
    test.step("format", &["fmt", "--all", "--check"], &[]);
    test.step("lints", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[]);
    if nextest {
        test.step("tests", &["nextest", "run", "--workspace", "--no-fail-fast"], &[]);
    } else {
        println!("cargo-nextest is not installed; a test that hangs will not be ended");
        test.step("tests", &["test", "--workspace", "--all-targets", "--no-fail-fast"], &[]);
    }
    if process::answers(Command::new("g++").arg("--version")) {
        // Beside those that the tests run; each kernel and mode is named with its seeds.
        let args = ["run", "--package", "ringkernel-sim", "--", "--mode", "all", "--seeds", "16..32"];
        test.step("the device code, simulated", &args, &[]);
    } else {
        test.skip("the device code, simulated: no g++")?;
    }
    test.emulated()?;
    // Another configuration of all crates, so another folder: the two would undo each other's builds.
    let loom =
        [("RUSTFLAGS", "--cfg loom".into()), ("CARGO_TARGET_DIR", workspace.target.join("loom").into_os_string())];
    test.step("models of the host queues", &["test", "--package", "ringkernel-runtime", "--lib", "loom_"], &loom);
    test.step("documentation tests", &["test", "--workspace", "--doc", "--no-fail-fast"], &[]);
    test.step("documentation", &["doc", "--workspace", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings".into())]);

    let after = workspace.git(&["status", "--porcelain"]);
    if tree != after {
        println!("the tree before:\n{}\nand after:\n{}", tree.unwrap_or_default(), after.unwrap_or_default());
        test.report.step(
            "clean tree",
            std::time::Duration::ZERO,
            Some("a step changed files of the repository".to_owned()),
        );
    }
    for reason in &test.installed.missing {
        println!("not installed: {reason}");
    }
    println!("{}", test.report.text(&fs::read_to_string(&test.skip_log).unwrap_or_default()));
    Ok(if test.report.ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Test<'a> {
    workspace: &'a Workspace,
    installed: Installed,
    skip_log: PathBuf,
    environment: Vec<(&'static str, OsString)>,
    report: Report,
}

impl<'a> Test<'a> {
    fn start(workspace: &'a Workspace) -> Result<Self> {
        let started = Instant::now();
        let installed = wheels::install(&workspace.target);
        let skip_log = workspace.target.join("skipped.log");
        fs::write(&skip_log, "").with_context(|| format!("cannot write {}", skip_log.display()))?;
        let mut environment = vec![
            // No test may write into the tree.
            ("INSTA_UPDATE", "no".into()),
            ("CI", "true".into()),
            ("RINGKERNEL_SKIP_LOG", skip_log.clone().into_os_string()),
            // Neither read nor fill the user's own.
            ("RINGKERNEL_CACHE_DIR", workspace.target.join("test-cache").into_os_string()),
            ("RINGKERNEL_TEST_NVRTC", env::join_paths(&installed.nvrtc)?),
            ("RINGKERNEL_TEST_DISASSEMBLERS", env::join_paths(&installed.disassemblers)?),
        ];
        if let Some(newest) = installed.nvrtc.last() {
            environment.push(("RINGKERNEL_NVRTC", newest.clone().into_os_string()));
        }
        let mut report = Report::default();
        report.step("wheels", started.elapsed(), None);
        Ok(Self { workspace, installed, skip_log, environment, report })
    }

    /// The promises of `docs/semantics.md` and of grids once more, on the CUDA backend with an emulated device: all of the host's side and
    /// the kernel's own text. Those left out send so much that emulation takes minutes.
    fn emulated(&mut self) -> Result<()> {
        const LONG: [&str; 4] = [
            "delivery::messages_of_the_host",
            "delivery::several_host_threads",
            "pressure::all_actors_can_send_to_one",
            "pressure::a_ring_of_full_mailboxes_turns",
        ];
        if !process::answers(Command::new("g++").arg("--version")) {
            return self.skip("the CUDA backend on an emulated device: no g++");
        }
        let mut args = vec!["test", "--package", "ringkernel-tests", "--test", "semantics", "--", "--test-threads=2"];
        for name in LONG {
            args.extend(["--skip", name]);
        }
        let emulated = [("RINGKERNEL_TEST_BACKEND", OsString::from("emulated"))];
        self.step("the CUDA backend on an emulated device", &args, &emulated);
        // With fields on the chip where they fit, and the control of steps once more with all of them in device memory.
        let mut args = vec!["test", "--package", "ringkernel-tests", "--test", "grids", "--", "--test-threads=2"];
        self.step("grids on an emulated device", &args, &emulated);
        args.extend(["control::", "handlers::", "failing::"]);
        let in_memory = [emulated[0].clone(), ("RINGKERNEL_FIELDS", "memory".into())];
        self.step("grids on an emulated device, fields in memory", &args, &in_memory);
        Ok(())
    }

    fn skip(&self, reason: &str) -> Result<()> {
        let mut log = fs::OpenOptions::new().append(true).open(&self.skip_log)?;
        Ok(writeln!(log, "{reason}")?)
    }

    fn step(&mut self, name: &'static str, args: &[&str], environment: &[(&str, OsString)]) {
        println!("\n== {name}");
        let started = Instant::now();
        let mut command: Command = process::cargo(&self.workspace.root);
        command
            .args(args)
            .envs(self.environment.iter().map(|(k, v)| (k, v)))
            .envs(environment.iter().map(|(k, v)| (k, v)));
        if env::var_os("CARGO_TERM_COLOR").is_none() && std::io::IsTerminal::is_terminal(&std::io::stdout()) {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let counts = &mut self.report.counts;
        let failure = match process::run(&mut command, |line| counts.read(line)) {
            Ok(true) => None,
            Ok(false) => Some("see above".to_owned()),
            Err(error) => Some(format!("{error:#}")),
        };
        self.report.step(name, started.elapsed(), failure);
    }
}
