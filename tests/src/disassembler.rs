//! Looking at machine code.

use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

/// The variable in which `cargo xtask test` lists the directories of its disassemblers, as in `PATH`.
pub const VARIABLE: &str = "RINGKERNEL_TEST_DISASSEMBLERS";

/// The text of nvdisasm for a cubin, or why there is none: a reason to [`skip!`](crate::skip!).
///
/// # Errors
/// If there is no nvdisasm, or it does not read the cubin.
pub fn machine_code(cubin: &[u8]) -> Result<String, String> {
    let given = std::env::var_os(VARIABLE).unwrap_or_default();
    let program = std::env::split_paths(&given)
        .map(|directory| directory.join("nvdisasm"))
        .find(|path| path.is_file())
        .unwrap_or_else(|| PathBuf::from("nvdisasm"));
    let mut file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    file.write_all(cubin).map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .arg("--print-code")
        .arg(file.path())
        .output()
        .map_err(|error| format!("no nvdisasm ({error})"))?;
    if !output.status.success() {
        return Err(format!("nvdisasm failed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The instructions of one function in that text, operands and all, in order.
#[must_use]
pub fn instructions<'a>(text: &'a str, function: &str) -> Vec<&'a str> {
    let start = format!(".text.{function}:");
    let lines = text.lines().skip_while(|line| !line.trim_start().starts_with(&start)).skip(1);
    lines
        .take_while(|line| !line.trim_start().starts_with(".text."))
        .filter_map(|line| line.split_once("*/")?.1.trim().split(';').next())
        .map(str::trim)
        .filter(|instruction| !instruction.is_empty())
        .collect()
}
