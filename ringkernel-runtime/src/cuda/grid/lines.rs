//! The two lines through which the host and a grid's control speak, as the host sees them.

use std::mem::offset_of;
use std::sync::atomic::{AtomicU32, Ordering};

use ringkernel_codegen::abi::{GridDeviceLine, GridHostLine};

use super::super::host::{Half, Word, Words};
use super::super::mapped::Mapped;
use super::super::residence::Reins;

/// Both lines, each at the beginning of its memory.
#[derive(Debug)]
pub(super) struct GridLines {
    to_device: Mapped,
    from_device: Mapped,
    /// How often the host has written in the grid's memory.
    written: AtomicU32,
}

/// Why and where a tile failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct FailedTile {
    pub(super) tile: u32,
    pub(super) site: u32,
    pub(super) value: u64,
    pub(super) steps: u64,
    pub(super) cell: Option<[u32; 3]>,
}

const fn half(offset: usize) -> Half {
    if offset.is_multiple_of(16) { Half::Low } else { Half::High }
}

impl GridLines {
    /// Both as before the first launch.
    pub(super) fn new(to_device: Mapped, from_device: Mapped) -> Self {
        let held = offset_of!(GridDeviceLine, held);
        from_device.store_half(held / 16, half(held), u64::MAX, Ordering::Relaxed);
        Self { to_device, from_device, written: AtomicU32::new(0) }
    }

    fn set(&self, offset: usize, value: u32) {
        self.to_device.store_counter(offset / 16, offset % 16 / 4, value);
    }

    fn get(&self, offset: usize) -> u32 {
        self.from_device.load_counter(offset / 16, offset % 16 / 4)
    }

    fn get_wide(&self, offset: usize) -> u64 {
        self.from_device.load_half(offset / 16, half(offset), Ordering::Acquire)
    }

    /// Says where to hold, once so many messages were given to tiles.
    pub(super) fn command(&self, number: u32, target: u64, after: u32) {
        self.to_device.store(0, Word { seq: number, a: target as u32, b: (target >> 32) as u32, c: after });
    }

    /// The last command that was seen.
    pub(super) fn seen(&self) -> u32 {
        self.get(offset_of!(GridDeviceLine, command))
    }

    /// How often the host has written in the grid's memory.
    pub(super) fn written(&self) -> u32 {
        self.written.load(Ordering::Acquire)
    }

    /// Says that it has once more; one thread at a time.
    pub(super) fn write(&self) {
        let written = self.written().wrapping_add(1);
        self.written.store(written, Ordering::Release);
        self.set(offset_of!(GridHostLine, written), written);
    }

    /// How often it had, as tiles know that go on from now on.
    pub(super) fn written_seen(&self) -> u32 {
        self.get(offset_of!(GridDeviceLine, written))
    }

    /// Steps that all tiles have done.
    pub(super) fn completed(&self) -> u64 {
        self.get_wide(offset_of!(GridDeviceLine, completed))
    }

    /// Where they hold as things are.
    pub(super) fn end(&self) -> u64 {
        self.get_wide(offset_of!(GridDeviceLine, end))
    }

    /// Where a step asked to hold; all ones if none did.
    pub(super) fn held(&self) -> u64 {
        self.get_wide(offset_of!(GridDeviceLine, held))
    }

    /// Messages that were given to tiles.
    pub(super) fn taken(&self) -> u32 {
        self.get(offset_of!(GridDeviceLine, taken))
    }

    /// Messages that tiles have handled.
    pub(super) fn heard(&self) -> u32 {
        self.get(offset_of!(GridDeviceLine, heard))
    }

    /// Messages that tiles have sent to the host, as new as [`completed`](Self::completed).
    pub(super) fn told(&self) -> u32 {
        self.get(offset_of!(GridDeviceLine, told))
    }

    /// Says how many of them were taken.
    pub(super) fn set_taken(&self, taken: u32) {
        self.set(offset_of!(GridHostLine, taken), taken);
    }

    /// The first failure.
    pub(super) fn failed(&self) -> Option<FailedTile> {
        if self.get(offset_of!(GridDeviceLine, failed)) == 0 {
            return None;
        }
        let cell = offset_of!(GridDeviceLine, cell);
        let has_cell = self.get(offset_of!(GridDeviceLine, has_cell)) != 0;
        Some(FailedTile {
            tile: self.get(offset_of!(GridDeviceLine, tile)),
            site: self.get(offset_of!(GridDeviceLine, site)),
            value: self.get_wide(offset_of!(GridDeviceLine, value)),
            steps: self.get_wide(offset_of!(GridDeviceLine, step)),
            cell: has_cell.then(|| std::array::from_fn(|axis| self.get(cell + 4 * axis))),
        })
    }

    fn set_device(&self, offset: usize, value: u32) {
        self.from_device.store_counter(offset / 16, offset % 16 / 4, value);
    }
}

// A command is the first word.
const _: () = assert!(offset_of!(GridHostLine, command) == 0 && offset_of!(GridHostLine, after) == 12);
const _: () = assert!(offset_of!(GridDeviceLine, value) % 8 == 0 && offset_of!(GridDeviceLine, step) % 8 == 0);

/// In `leave`: when they hold, or wherever they wait for others.
const LEAVE: u32 = 1;
const ABANDON: u32 = 2;

impl Reins for GridLines {
    fn leave(&self) {
        self.set(offset_of!(GridHostLine, leave), LEAVE);
    }

    fn abandon(&self) {
        self.set(offset_of!(GridHostLine, leave), ABANDON);
    }

    fn forget_life(&self) {
        self.set(offset_of!(GridHostLine, leave), 0);
        // No kernel runs, so nobody else writes this line now.
        self.set_device(offset_of!(GridDeviceLine, alive), 0);
        self.set_device(offset_of!(GridDeviceLine, ended), 0);
    }

    fn started(&self, of: u32) -> u32 {
        // Launched all at once or not at all.
        if self.get(offset_of!(GridDeviceLine, alive)) == 0 { 0 } else { of }
    }
}
