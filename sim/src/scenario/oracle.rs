//! What test actors report, checked as it happens: order, loss, duplication, overlap.

use std::collections::{BTreeMap, BTreeSet};

/// Events of `kernels/traffic.cu`.
const SENT: u32 = 1;
const UNSENT: u32 = 2;
const HANDLED: u32 = 3;
const ENTER: u32 = 4;
const LEFT: u32 = 5;
const TOLD_HOST: u32 = 6;
const REFUSED: u32 = 7;
const FAILING: u32 = 8;

/// What is known of a run.
#[derive(Default)]
pub struct Oracle {
    /// Messages on their way or arrived, by sender and receiver: sent and handled.
    pairs: BTreeMap<u64, (u64, u64)>,
    inside: BTreeMap<u64, bool>,
    dead: BTreeSet<u64>,
    /// Messages to actors, from actors and from the host.
    pub sent: u64,
    /// Handlers entered, by actor.
    pub entered: BTreeMap<u64, u64>,
    /// Messages that actors sent to the host, failures included.
    pub told: u64,
    /// Of those, what the host has heard.
    pub heard: u64,
    /// Questions without an answer so far.
    pub unanswered: Vec<u32>,
    /// Actors that failed.
    pub failed: u64,
    /// Sends that failed for want of a cell.
    pub unsent: u64,
}

impl Oracle {
    /// Handlers entered.
    #[must_use]
    pub fn handled(&self) -> u64 {
        self.entered.values().sum()
    }

    /// Takes note of an event.
    ///
    /// # Errors
    /// What it contradicts.
    pub fn event(&mut self, kind: u32, a: u64, b: u64) -> Result<(), String> {
        let (from, to) = (a >> 32, a & 0xffff_ffff);
        match kind {
            SENT => {
                let pair = self.pairs.entry(a).or_default();
                if pair.0 != b {
                    return Err(format!("actor {from} sends {b} to {to} after {}: its state went back", pair.0));
                }
                pair.0 += 1;
                self.sent += 1;
            }
            UNSENT | REFUSED => {
                self.pairs.entry(a).or_default().0 -= 1;
                self.sent -= 1;
                self.unsent += u64::from(kind == UNSENT);
            }
            HANDLED => {
                let pair = self.pairs.entry(a).or_default();
                let (sent, next) = *pair;
                if b > next && b < sent {
                    return Err(format!("message {b} of {from} overtakes message {next} on its way to {to}"));
                }
                if next != b || b >= sent {
                    return Err(format!("{to} handles message {b} of {from}; the next is {next}, sent are {sent}"));
                }
                pair.1 += 1;
            }
            ENTER => {
                if self.dead.contains(&a) {
                    return Err(format!("actor {a} handles a message after it failed"));
                }
                *self.entered.entry(a).or_default() += 1;
                if std::mem::replace(self.inside.entry(a).or_default(), true) {
                    return Err(format!("two handlers of actor {a} overlap"));
                }
            }
            LEFT => {
                self.inside.insert(a, false);
            }
            TOLD_HOST => self.told += 1,
            FAILING => {
                self.dead.insert(a);
                self.told += 1;
                self.failed += 1;
            }
            _ => return Err(format!("an unknown event {kind}")),
        }
        Ok(())
    }

    /// The host is about to send a test message with a sequence number of its own.
    pub fn host_sends(&mut self, from: u32, to: u32) -> u32 {
        let pair = self.pairs.entry(u64::from(from) << 32 | u64::from(to)).or_default();
        pair.0 += 1;
        self.sent += 1;
        (pair.0 - 1) as u32
    }

    /// What a thread of the host was about to send was never on its way.
    pub fn host_was_refused(&mut self, from: u32, to: u32) {
        self.pairs.entry(u64::from(from) << 32 | u64::from(to)).or_default().0 -= 1;
        self.sent -= 1;
    }

    /// The host sends something without a number.
    pub fn host_asks(&mut self) {
        self.sent += 1;
    }

    /// Pairs of which not all messages were handled, for reports.
    #[must_use]
    pub fn open(&self) -> String {
        let open = self.pairs.iter().filter(|(_, (sent, handled))| sent != handled);
        open.map(|(pair, (sent, handled))| format!("{}->{}: {handled} of {sent}", pair >> 32, pair & 0xffff_ffff))
            .collect::<Vec<_>>()
            .join(", ")
    }
}
