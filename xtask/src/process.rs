//! Running programs: each with its command line printed, its output passed on as it comes.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};

/// The cargo that runs us, in `root`.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What `cargo run` sets for this program alone is not for those that it starts.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_PRIMARY_PACKAGE" {
            command.env_remove(&name);
        }
    }
    command.current_dir(root);
    command
}

/// Whether a program can be run at all.
pub(crate) fn answers(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs it to its end and passes its output on; `seen` gets every line of it, without colours.
pub(crate) fn run(command: &mut Command, seen: impl FnMut(&str) + Send) -> Result<bool> {
    println!("$ {}", show(command));
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {program}"))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let seen = std::sync::Mutex::new(seen);
    let take = |line: &str| {
        if let Ok(mut seen) = seen.lock() {
            (*seen)(&plain(line));
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| pass_on(out, std::io::stdout(), take));
        scope.spawn(|| pass_on(err, std::io::stderr(), take));
    });
    Ok(child.wait().with_context(|| format!("lost sight of {program}"))?.success())
}

/// Runs it to its end and gives the lines of its output; what it says on the error stream is passed on.
pub(crate) fn output(command: &mut Command) -> Result<Vec<String>> {
    println!("$ {}", show(command));
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    ensure!(output.status.success(), "{program} failed: {}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
}

fn pass_on(from: Option<impl Read>, mut to: impl Write, take: impl Fn(&str)) {
    let Some(from) = from else { return };
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
        // A closed terminal is no reason to end the program.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        take(&String::from_utf8_lossy(&line));
        line.clear();
    }
}

/// The command line, without our environment.
fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut text = program.to_string_lossy().into_owned();
    for arg in command.get_args() {
        text.push(' ');
        text.push_str(&arg.to_string_lossy());
    }
    text
}

/// A line without its colours and its end.
fn plain(line: &str) -> String {
    let (mut text, mut chars) = (String::new(), line.trim_end().chars());
    while let Some(c) = chars.next() {
        if c == '\x1b' {
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(plain("\x1b[32;1m     Summary\x1b[0m [1s] 3 tests\n"), "     Summary [1s] 3 tests");
    }
}
