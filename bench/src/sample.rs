//! Samples and what is said of them.

use std::time::{Duration, Instant};

use crate::report::Report;

/// Durations of one kind of event.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<Duration>);

impl Samples {
    /// Times `event` `count` times, after a tenth as many that are not counted.
    pub(crate) fn of(count: usize, mut event: impl FnMut()) -> Self {
        (0..count / 10).for_each(|_| event());
        let mut time = || {
            let start = Instant::now();
            event();
            start.elapsed()
        };
        Self((0..count).map(|_| time()).collect())
    }

    /// Adds one.
    pub(crate) fn add(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// The smallest sample that at least `percent` of all do not exceed, in microseconds; 0 if there are none.
    pub(crate) fn percentile_us(&self, percent: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).map_or(0.0, |d| d.as_secs_f64() * 1e6)
    }
}

/// What reading the clock twice costs: the floor of every latency below.
pub(crate) fn clock(report: &mut Report) -> Result<(), Box<dyn std::error::Error>> {
    let samples = Samples::of(100_000, || {});
    report.row("clock_p50_us", samples.percentile_us(50.0), "us");
    report.row("clock_p99_us", samples.percentile_us(99.0), "us");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples() {
        let samples = Samples((1..=100).rev().map(Duration::from_micros).collect());
        let shown = [0.0, 50.0, 99.0, 99.5, 100.0].map(|p| samples.percentile_us(p).round());
        assert_eq!(shown, [1.0, 50.0, 99.0, 100.0, 100.0]);
        assert_eq!(Samples::default().percentile_us(50.0), 0.0);
    }
}
