//! The document that a run prints: where it ran, and a row for each figure.

use std::fs;

use serde::Serialize;

/// A run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The GPU, or else the processor.
    pub(crate) device: String,
    /// The driver's version; empty without one.
    pub(crate) driver: String,
    /// The version of CUDA that the driver supports; empty without one.
    pub(crate) cuda: String,
    commit: String,
    rows: Vec<Row>,
    #[serde(skip)]
    command: String,
}

/// A figure.
#[derive(Debug, Serialize)]
struct Row {
    id: &'static str,
    value: f64,
    unit: &'static str,
    command: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
}

/// What the same run measured beside it.
#[derive(Debug, Serialize)]
struct Reference {
    id: String,
    value: f64,
}

impl Report {
    /// Without rows. A suite that uses a GPU puts it in place of the processor.
    pub(crate) fn of_this_machine(command: &str) -> Self {
        Self {
            device: processor(),
            driver: String::new(),
            cuda: String::new(),
            // Given by `cargo xtask bench`, and by the `run.sh` of a bundle.
            commit: std::env::var("RINGKERNEL_COMMIT").unwrap_or_default(),
            rows: Vec::new(),
            command: command.trim_end().to_owned(),
        }
    }

    /// Adds a figure.
    pub(crate) fn row(&mut self, id: &'static str, value: f64, unit: &'static str) {
        self.add(id, value, unit, None);
    }

    /// Adds a figure beside what the same run measured for comparison.
    #[allow(dead_code)] // of suites to come
    pub(crate) fn row_beside(&mut self, id: &'static str, value: f64, unit: &'static str, beside: (&str, f64)) {
        let (reference, of) = beside;
        self.add(id, value, unit, Some(Reference { id: reference.to_owned(), value: of }));
    }

    fn add(&mut self, id: &'static str, value: f64, unit: &'static str, reference: Option<Reference>) {
        let beside = reference.as_ref().map_or_else(String::new, |r| format!("   beside {} {:.4}", r.id, r.value));
        eprintln!("  {id:<32} {value:>16.4} {unit}{beside}");
        self.rows.push(Row { id, value, unit, command: self.command.clone(), reference });
    }

    /// The document.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))
    }
}

/// The processor's name and how many threads it runs.
fn processor() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    format!("{}, {threads} threads", name.unwrap_or(std::env::consts::ARCH))
}
