//! Waiting for what a device is about to say: at first in a loop, then more and more asleep.

use std::thread;
use std::time::Duration;

/// Looks without a system call: about as long as a few steps take.
const SPINS: u32 = 2000;
/// Looks before the thread sleeps.
const YIELDS: u32 = 2200;
/// The shortest and longest sleep.
const NAPS: (Duration, Duration) = (Duration::from_micros(20), Duration::from_micros(500));

/// One wait.
#[derive(Debug)]
pub(super) struct Pause {
    looks: u32,
    nap: Duration,
}

impl Pause {
    pub(super) const fn new() -> Self {
        Self { looks: 0, nap: NAPS.0 }
    }

    /// Waits until the next look.
    pub(super) fn wait(&mut self) {
        self.looks = self.looks.saturating_add(1);
        match self.looks {
            0..SPINS => std::hint::spin_loop(),
            SPINS..YIELDS => thread::yield_now(),
            _ => {
                thread::sleep(self.nap);
                self.nap = (self.nap * 2).min(NAPS.1);
            }
        }
    }
}
