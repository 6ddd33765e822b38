//! Counters of a system. Every message is accounted for: what was sent is handled, dead, waiting, or was dropped by a
//! stop.

use std::fmt;

/// Counted since the start. Exact when nothing is in flight; otherwise each counter is a recent value of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages and questions that the host sent.
    pub sent_by_host: u64,
    /// Messages that actors sent to actors.
    pub sent_by_actors: u64,
    /// Messages that actors sent to the host.
    pub sent_to_host: u64,
    /// Messages whose handler ran, those that failed their actor included.
    pub handled: u64,
    /// Messages that found nobody.
    pub dead_letters: u64,
    /// Messages that met a full mailbox and took a spare cell.
    pub spilled: u64,
    /// Actors that failed.
    pub failures: u64,
}

impl Stats {
    /// Messages to actors that are still under way, or were when the system stopped.
    #[must_use]
    pub const fn in_flight(&self) -> u64 {
        (self.sent_by_host + self.sent_by_actors).saturating_sub(self.handled + self.dead_letters)
    }

    /// Hands the counters to the recorder of the `metrics` facade, as `ringkernel_messages_handled` and so on, with the
    /// label `system`. Call it as often as they are to be fresh.
    pub fn publish(&self, system: &str) {
        let counters = [
            ("ringkernel_messages_sent_by_host", self.sent_by_host),
            ("ringkernel_messages_sent_by_actors", self.sent_by_actors),
            ("ringkernel_messages_sent_to_host", self.sent_to_host),
            ("ringkernel_messages_handled", self.handled),
            ("ringkernel_messages_spilled", self.spilled),
            ("ringkernel_dead_letters", self.dead_letters),
            ("ringkernel_actor_failures", self.failures),
        ];
        for (name, value) in counters {
            metrics::counter!(name, "system" => system.to_owned()).absolute(value);
        }
        metrics::gauge!("ringkernel_messages_in_flight", "system" => system.to_owned()).set(self.in_flight() as f64);
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} messages from the host and {} from actors: {} handled, {} dead letters, {} in flight; {} to the host, \
             {} spilled, {} failed actors",
            self.sent_by_host,
            self.sent_by_actors,
            self.handled,
            self.dead_letters,
            self.in_flight(),
            self.sent_to_host,
            self.spilled,
            self.failures
        )
    }
}
