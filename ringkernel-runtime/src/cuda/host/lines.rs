//! The two lines through which host and control warp speak.
//!
//! Owns the numbering of commands and the reading of reports. The host writes only [`HostLine`], the device only
//! [`DeviceLine`]; each lies alone in its memory.

use std::mem::offset_of;
use std::sync::{Mutex, PoisonError};

use ringkernel_codegen::abi::{DeviceLine, HostLine};

use super::words::Words;

/// What the control warp can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Come to the end of what runs, write everything back, exit.
    Leave = 1,
    /// The same, and handlers stop at their next safe point.
    Kill = 2,
}

/// What the control warp said last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub handled: u64,
    pub dead_letters: u64,
    pub spilled: u64,
    pub starved: u64,
    pub failed: u64,
    pub sent: u64,
    pub to_host: u64,
    pub starved_slot: u32,
    /// The counters are those of one moment at which no worker ran.
    pub quiet: bool,
    /// Nothing moves for want of spare cells.
    pub stalled: bool,
}

/// Both lines.
#[derive(Debug)]
pub struct Lines<W> {
    to_device: W,
    from_device: W,
    said: Mutex<Said>,
}

/// What the device was told.
#[derive(Debug)]
struct Said {
    /// The number of the last command.
    command: u32,
    /// Nobody takes messages to the host any more, whatever else is said of room.
    deaf: bool,
}

impl<W: Words> Lines<W> {
    /// Both lines, each at the beginning of its memory.
    pub const fn new(to_device: W, from_device: W) -> Self {
        Self { to_device, from_device, said: Mutex::new(Said { command: 0, deaf: false }) }
    }

    fn set(&self, offset: usize, value: u32) {
        self.to_device.store_counter(offset / 16, offset % 16 / 4, value);
    }

    fn get(&self, offset: usize) -> u32 {
        self.from_device.load_counter(offset / 16, offset % 16 / 4)
    }

    fn get_wide(&self, offset: usize) -> u64 {
        u64::from(self.get(offset + 4)) << 32 | u64::from(self.get(offset))
    }

    /// Gives a command its number and sends it.
    pub fn command(&self, command: Command) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.command = said.command.wrapping_add(1);
        self.set(offset_of!(HostLine, command), command as u32);
        self.set(offset_of!(HostLine, command_seq), said.command);
    }

    /// Says how many messages to the host were taken.
    pub fn set_taken(&self, taken: u32) {
        self.set(offset_of!(HostLine, host_taken), taken);
    }

    /// Says whether there is no room for the next message to the host, so that a kernel that leaves need not wait for any.
    pub fn set_full(&self, full: bool) {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        self.set(offset_of!(HostLine, host_full), (full || said.deaf).into());
    }

    /// Kills the kernel, which then waits for no room: that there is none stays said, even if a thread still takes messages.
    pub fn kill_for_good(&self) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).deaf = true;
        self.set_full(true);
        self.command(Command::Kill);
    }

    /// Blocks that have started.
    pub fn blocks_alive(&self) -> u32 {
        self.get(offset_of!(DeviceLine, blocks_alive))
    }

    /// Before a launch: nothing is alive yet.
    pub fn forget_life(&self) {
        // No kernel runs, so nobody else writes this line now.
        let offset = offset_of!(DeviceLine, blocks_alive);
        self.from_device.store_counter(offset / 16, offset % 16 / 4, 0);
    }

    /// The last whole report.
    pub fn report(&self) -> Report {
        let number = || self.get(offset_of!(DeviceLine, reports));
        // A writer that vanished in the middle must not hold the reader up: the last attempt counts as it is.
        let mut report = Report::default();
        for _ in 0..1000 {
            let before = number();
            report = Report {
                handled: self.get_wide(offset_of!(DeviceLine, handled)),
                dead_letters: self.get_wide(offset_of!(DeviceLine, dead_letters)),
                spilled: self.get_wide(offset_of!(DeviceLine, spilled)),
                starved: self.get_wide(offset_of!(DeviceLine, starved)),
                failed: self.get_wide(offset_of!(DeviceLine, failed)),
                sent: self.get_wide(offset_of!(DeviceLine, sent)),
                to_host: self.get_wide(offset_of!(DeviceLine, to_host)),
                starved_slot: self.get(offset_of!(DeviceLine, starved_slot)),
                quiet: self.get(offset_of!(DeviceLine, quiet)) != 0,
                stalled: self.get(offset_of!(DeviceLine, stalled)) != 0,
            };
            if before % 2 == 0 && number() == before {
                return report;
            }
            std::hint::spin_loop();
        }
        Report { quiet: false, ..report }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;

    use super::super::words::HeapWords;
    use super::*;

    #[test]
    fn a_kernel_that_is_killed_for_good_waits_for_no_room() {
        let words = Arc::new(HeapWords::new(8));
        let lines = Lines::new(Arc::clone(&words), Arc::new(HeapWords::new(8)));
        let full = || words.load_counter(0, offset_of!(HostLine, host_full) / 4);
        lines.set_full(true);
        lines.set_full(false);
        assert_eq!(full(), 0);
        lines.kill_for_good();
        // The thread beside the kernel has found room.
        lines.set_full(false);
        assert_eq!(full(), 1);
    }
}
