//! What a run of `cargo xtask test` amounts to: its steps, its tests, what was skipped and why.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// Counts of tests, read from the lines of test runners.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Also those that skipped themselves.
    pub(crate) passed: u64,
    /// Failed or hung.
    pub(crate) failed: u64,
    /// Ignored by attribute.
    pub(crate) ignored: u64,
}

impl Counts {
    /// Adds what a closing line says; other lines say nothing.
    pub(crate) fn read(&mut self, line: &str) {
        let of_nextest = line.trim_start().starts_with("Summary [") && line.contains(" run: ");
        if !of_nextest && !line.starts_with("test result: ") {
            return;
        }
        // Counts stand before their words: "3 tests run: 2 passed (1 slow), 1 failed, 0 skipped".
        let tail = line.split_once("run: ").map_or(line, |(_, tail)| tail);
        let words: Vec<&str> = tail.split([' ', ',', ';', '(', ')', '.']).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            let Ok(n) = pair[0].parse::<u64>() else { continue };
            match pair[1] {
                "passed" => self.passed += n,
                "failed" | "timed" | "exec" => self.failed += n,
                "ignored" => self.ignored += n,
                // Of nextest: ignored by attribute; cargo's "filtered out" is not a test of this run.
                "skipped" if of_nextest => self.ignored += n,
                _ => {}
            }
        }
    }
}

/// One step of a run.
struct Step {
    name: &'static str,
    time: Duration,
    failure: Option<String>,
}

/// A run.
#[derive(Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
    /// Of all test runners.
    pub(crate) counts: Counts,
}

impl Report {
    /// Notes how a step ended.
    pub(crate) fn step(&mut self, name: &'static str, time: Duration, failure: Option<String>) {
        self.steps.push(Step { name, time, failure });
    }

    /// Whether everything went well.
    pub(crate) fn ok(&self) -> bool {
        self.counts.failed == 0 && self.steps.iter().all(|step| step.failure.is_none())
    }

    /// The closing text. `skips` are the lines of the skip log: `test: reason`.
    pub(crate) fn text(&self, skips: &str) -> String {
        let mut text = String::new();
        let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (test, reason) in skips.lines().filter_map(|line| line.split_once(": ")) {
            by_reason.entry(reason).or_default().push(test);
        }
        let skipped: u64 = by_reason.values().map(|tests| tests.len() as u64).sum();
        if skipped > 0 {
            let _ = writeln!(text, "\nskipped:");
        }
        for (reason, tests) in &by_reason {
            let _ = writeln!(text, "  {reason}");
            for test in tests {
                let _ = writeln!(text, "    {test}");
            }
        }
        let _ = writeln!(text, "\nsteps:");
        for Step { name, time, failure } in &self.steps {
            let outcome = failure.as_deref().map_or_else(|| "ok".to_owned(), |why| format!("FAILED: {why}"));
            let _ = writeln!(text, "  {name:<28} {:>6.1} s  {outcome}", time.as_secs_f64());
        }
        // A step that failed without a failing test (format, lints) is a failure all the same.
        let steps =
            if self.counts.failed == 0 { self.steps.iter().filter(|s| s.failure.is_some()).count() as u64 } else { 0 };
        let Counts { passed, failed, ignored } = self.counts;
        let _ = write!(
            text,
            "\n{} passed, {} failed, {} skipped",
            passed.saturating_sub(skipped),
            failed + steps,
            skipped + ignored
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(lines: &[&str]) -> Counts {
        let mut counts = Counts::default();
        for line in lines {
            counts.read(line);
        }
        counts
    }

    #[test]
    fn reads_nextests_closing_line() {
        let line = "     Summary [   0.877s] 33 tests run: 31 passed (1 slow), 1 failed, 1 timed out, 4 skipped";
        assert_eq!(counts(&[line]), Counts { passed: 31, failed: 2, ignored: 4 });
        let line = "     Summary [   0.877s] 3/33 tests run: 2 passed, 1 failed, 0 skipped";
        assert_eq!(counts(&[line]), Counts { passed: 2, failed: 1, ignored: 0 });
    }

    #[test]
    fn reads_cargos_closing_lines() {
        let line = "test result: ok. 8 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.84s";
        assert_eq!(counts(&[line, "anything else: 5 passed", line]), Counts { passed: 16, failed: 0, ignored: 2 });
    }

    #[test]
    fn a_skipped_test_has_not_passed() {
        let report =
            Report { counts: counts(&["test result: ok. 8 passed; 0 failed; 0 ignored"]), ..Report::default() };
        let text = report.text("gpu_a::x: no CUDA device\ngpu_b::y: no CUDA device\n");
        assert!(text.contains("  no CUDA device\n    gpu_a::x\n    gpu_b::y\n"), "{text}");
        assert!(text.ends_with("\n6 passed, 0 failed, 2 skipped"), "{text}");
    }

    #[test]
    fn a_failed_step_counts() {
        let mut report = Report::default();
        report.step("format", Duration::ZERO, Some("see above".to_owned()));
        assert!(!report.ok());
        assert!(report.text("").ends_with("0 passed, 1 failed, 0 skipped"));
    }
}
