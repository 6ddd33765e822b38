//! `cargo xtask bench`: runs the benchmarks, prints them as a table and keeps their JSON.
//!
//! The bench program says on its standard output, as one JSON document, what it measured and where; `--show FILE` prints
//! the table of a document that was measured elsewhere.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// Runs it.
pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    if let [flag, files @ ..] = args
        && flag == "--show"
    {
        ensure!(!files.is_empty(), "--show wants a file of bench/results/");
        for file in files {
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
            print!("{}", table(&serde_json::from_str(&text).with_context(|| format!("{file} is no JSON"))?));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let workspace = Workspace::load()?;
    let mut command = process::cargo(&workspace.root);
    command.args(["run", "--release", "--quiet", "--package", "ringkernel-bench", "--"]).args(args);
    if let Some(commit) = workspace.git(&["describe", "--always", "--dirty", "--abbrev=12"]) {
        command.env("RINGKERNEL_COMMIT", commit);
    }
    let text = process::output(&mut command)?.join("\n");
    let document: Value = serde_json::from_str(&text).context("the bench program printed no JSON document")?;
    print!("{}", table(&document));
    let name = args.first().filter(|arg| !arg.starts_with('-')).map_or("all", String::as_str);
    let file = Path::new("bench/results").join(format!("{name}.json"));
    let place = workspace.root.join(&file);
    fs::create_dir_all(workspace.root.join("bench/results"))?;
    fs::write(&place, text + "\n").with_context(|| format!("cannot write {}", place.display()))?;
    println!("written to {}", file.display());
    Ok(ExitCode::SUCCESS)
}

/// The table of one document.
fn table(document: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(String::new, str::to_owned);
    let mut rows = vec![["what", "value", "unit", "beside", "its value", "ratio"].map(str::to_owned)];
    for row in document["rows"].as_array().into_iter().flatten() {
        let (value, reference) = (row["value"].as_f64(), row["reference"]["value"].as_f64());
        let ratio =
            value.zip(reference).filter(|(_, r)| *r != 0.0).map_or_else(String::new, |(v, r)| format!("{:.2}", v / r));
        rows.push([
            text(&row["id"]),
            value.map_or_else(String::new, number),
            text(&row["unit"]),
            text(&row["reference"]["id"]),
            reference.map_or_else(String::new, number),
            ratio,
        ]);
    }
    let facts = ["device", "driver", "cuda", "commit"].map(|name| {
        let value = text(&document[name]);
        if value.is_empty() { value } else { format!("{name}: {value}") }
    });
    let mut out = facts.into_iter().filter(|fact| !fact.is_empty()).collect::<Vec<_>>().join(", ") + "\n\n";
    let widths: Vec<usize> = (0..6).map(|c| rows.iter().map(|row| row[c].chars().count()).max().unwrap_or(0)).collect();
    for row in &rows {
        let cell = |(c, text): (usize, &String)| {
            let w = widths[c];
            // Numbers to the right.
            if matches!(c, 1 | 4 | 5) { format!("{text:>w$}") } else { format!("{text:<w$}") }
        };
        out += row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end();
        out += "\n";
    }
    out
}

/// Four significant digits, with a comma at each thousand.
fn number(value: f64) -> String {
    let size = value.abs();
    if size < 1000.0 {
        let digits = if size == 0.0 { 0 } else { (3 - size.log10().floor() as i32).clamp(0, 6) };
        return format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
    }
    let whole = format!("{size:.0}");
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [0.0, 0.012345, 6.54321, 42.0, 999.9, 1234.5, 1_500_000_000.0, -12345.0].map(number);
        assert_eq!(shown, ["0", "0.01235", "6.543", "42.00", "999.9", "1,234", "1,500,000,000", "-12,345"]);
    }

    #[test]
    fn a_table_sets_a_value_beside_its_reference() {
        let document = serde_json::json!({
            "device": "NVIDIA H200", "commit": "abc",
            "rows": [
                { "id": "a_per_s", "value": 3e6, "unit": "1/s", "command": "x", "reference": { "id": "b", "value": 2e6 } },
                { "id": "c", "value": 1, "unit": "us", "command": "x" },
            ],
        });
        let table = table(&document);
        assert!(table.starts_with("device: NVIDIA H200, commit: abc\n\n"), "{table}");
        let row: Vec<&str> = table.lines().nth(3).unwrap().split_whitespace().collect();
        assert_eq!(row, ["a_per_s", "3,000,000", "1/s", "b", "2,000,000", "1.50"]);
    }
}
