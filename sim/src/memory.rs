//! The memory of a run: one arena of named regions, device and mapped, and what an access to it does.
//!
//! Device pointers are plain addresses in the arena. In mode `interleave` an access is carried out at once; `weak`
//! puts store buffers and stale loads in between, and `race` watches who may see whose writes.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};

use crate::access::{Access, Kind, Order, Scope};
use crate::live;
use crate::race::Race;
use crate::random::Random;
use crate::strategy::Strategy;
use crate::weak::Weak;

/// How faithfully memory behaves badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Every operation happens at once; only their interleaving varies.
    Interleave,
    /// Stores wait in buffers and drain out of order; loads may be stale.
    Weak,
    /// As `Interleave`, with scope-aware vector clocks over the regions that must be ordered.
    Race,
    /// On the process's own memory, beside real threads (`live.rs`).
    Live,
}

/// On which side of the bus a region lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// Device memory.
    Device,
    /// Host memory that the device sees too.
    Mapped,
}

/// How accesses to a region are kept in order, for mode `race`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// Each access stands for itself: counters, flags, words that carry their sequence number.
    Atomic,
    /// Two accesses of which one writes must be ordered by fences or barriers.
    Ordered,
    /// Of every 16 bytes only the upper half must be ordered (mailbox words); who reads all 16 at once takes a first look,
    /// which may be old.
    UpperHalf,
}

/// A named part of the arena.
#[derive(Clone, Debug)]
pub struct Region {
    /// What reports call it.
    pub name: String,
    /// First address.
    pub start: u64,
    /// Length in bytes.
    pub bytes: u64,
    /// Bytes of one element, for reports.
    pub stride: u64,
    /// Where it lies.
    pub space: Space,
    /// Which order it needs.
    pub discipline: Discipline,
}

/// The arena.
pub struct Memory {
    base: *mut u8,
    capacity: usize,
    used: usize,
    /// In order of address.
    pub regions: Vec<Region>,
    /// The mode of the run.
    pub mode: Mode,
    pub(crate) weak: Weak,
    pub(crate) race: Race,
}

const ALIGN: usize = 256;

/// Who performs an access, as the memory models see it.
#[derive(Clone, Copy, Debug)]
pub struct By {
    /// Number of the fiber.
    pub fiber: u32,
    /// It is a thread of the host.
    pub host: bool,
    /// Operations done in the whole run.
    pub step: u64,
}

impl Memory {
    /// An arena of at most `capacity` bytes.
    #[must_use]
    pub fn new(capacity: usize, mode: Mode) -> Self {
        let layout = Self::layout(capacity);
        // SAFETY: the layout's size is not zero.
        let base = unsafe { alloc_zeroed(layout) };
        if base.is_null() {
            handle_alloc_error(layout);
        }
        Self { base, capacity, used: 0, regions: Vec::new(), mode, weak: Weak::default(), race: Race::default() }
    }

    fn layout(capacity: usize) -> Layout {
        Layout::from_size_align(capacity.max(ALIGN), ALIGN).unwrap_or(Layout::new::<u128>())
    }

    /// A zeroed region. Panics when the arena is full: a mistake of the test.
    pub fn allocate(&mut self, name: &str, bytes: u64, stride: u64, space: Space, discipline: Discipline) -> u64 {
        let start = self.used;
        // A gap between regions, so that a stray access next to one is seen.
        self.used = (start + bytes as usize + ALIGN).next_multiple_of(ALIGN);
        assert!(self.used <= self.capacity, "the arena of the simulation is too small for {name}");
        let start = self.base as u64 + start as u64;
        self.regions.push(Region { name: name.into(), start, bytes, stride: stride.max(1), space, discipline });
        start
    }

    /// The region that holds all of `bytes` at `address`.
    #[must_use]
    pub fn region(&self, address: u64, bytes: u64) -> Option<&Region> {
        let after = self.regions.partition_point(|r| r.start <= address);
        let region = self.regions.get(after.checked_sub(1)?)?;
        (address + bytes <= region.start + region.bytes).then_some(region)
    }

    /// The offset from the arena's start, equal in every process.
    #[must_use]
    pub fn offset(&self, address: u64) -> u64 {
        address.wrapping_sub(self.base as u64)
    }

    /// The value, or the offset if it is an address of the arena: equal in every process.
    #[must_use]
    pub fn relative(&self, value: u128) -> u128 {
        let base = self.base as u128;
        if (base..base + self.capacity as u128).contains(&value) { value - base } else { value }
    }

    /// `name[element]+offset` for reports.
    #[must_use]
    pub fn name(&self, address: u64) -> String {
        match self.region(address, 1) {
            Some(r) => {
                let (element, rest) = ((address - r.start) / r.stride, (address - r.start) % r.stride);
                if rest == 0 { format!("{}[{element}]", r.name) } else { format!("{}[{element}]+{rest}", r.name) }
            }
            None => format!("{address:#x}"),
        }
    }

    /// The value at `address` as all would see it, without being an access of the run.
    #[must_use]
    pub fn peek(&self, address: u64, bytes: u8) -> u128 {
        assert!(self.region(address, u64::from(bytes)).is_some(), "peek outside of the arena");
        let mut value = [0u8; 16];
        // SAFETY: the range lies in a region of the arena, which outlives `self`; no reference to it exists.
        unsafe { std::ptr::copy_nonoverlapping(address as *const u8, value.as_mut_ptr(), bytes.into()) };
        u128::from_le_bytes(value)
    }

    /// The aligned 16 bytes around `address`, which an access has found to lie in a region.
    pub(crate) fn granule(&self, address: u64) -> u128 {
        let mut value = [0u8; 16];
        // SAFETY: regions start at multiples of 256 and are followed by a gap within the arena.
        unsafe { std::ptr::copy_nonoverlapping((address & !15) as *const u8, value.as_mut_ptr(), 16) };
        u128::from_le_bytes(value)
    }

    /// Sets the value at `address`, without being an access of the run.
    pub fn poke(&mut self, address: u64, bytes: u8, value: u128) {
        assert!(self.region(address, u64::from(bytes)).is_some(), "poke outside of the arena");
        // SAFETY: as in `peek`.
        unsafe { std::ptr::copy_nonoverlapping(value.to_le_bytes().as_ptr(), address as *mut u8, bytes.into()) };
    }

    /// Carries out an access; the old value, or why it is a mistake.
    pub fn access(&mut self, by: By, access: Access, address: u64, first: u128, second: u128) -> Result<u128, String> {
        if self.mode == Mode::Live {
            return Ok(live::access(access, address, first, second));
        }
        let bytes = u64::from(access.bytes);
        let Some(region) = self.region(address, bytes) else {
            return Err("an access outside of every region".into());
        };
        if !address.is_multiple_of(bytes) {
            return Err(format!("a misaligned access of {bytes} bytes"));
        }
        let (space, discipline) = (region.space, region.discipline);
        if space == Space::Mapped && !by.host && (access.scope != Scope::System || access.order == Order::Weak) {
            return Err("an access to mapped memory whose scope does not reach the host".into());
        }
        if space == Space::Device && by.host {
            return Err("the host touches device memory while the kernel may run".into());
        }
        if space == Space::Mapped && access.is_atomic() {
            return Err("an atomic on mapped memory".into());
        }
        match self.mode {
            Mode::Interleave | Mode::Live => Ok(self.direct(access, address, first, second)),
            Mode::Weak => {
                Ok(self.with_weak(|weak, memory| weak.access(memory, by, space, access, address, first, second)))
            }
            Mode::Race => {
                let offset = self.offset(address);
                self.race.access(by, discipline, access, offset)?;
                Ok(self.direct(access, address, first, second))
            }
        }
    }

    /// The stores of these fibers are seen by each other from now on: a barrier, or a launch.
    pub(crate) fn synchronise(&mut self, fibers: &[u32], step: u64) {
        match self.mode {
            Mode::Interleave | Mode::Live => {}
            Mode::Weak => self.with_weak(|weak, memory| weak.synchronise(memory, fibers, step)),
            Mode::Race => self.race.synchronise(fibers),
        }
    }

    /// A warp barrier.
    pub(crate) fn show(&mut self, lanes: &[u32]) {
        match self.mode {
            Mode::Interleave | Mode::Live => {}
            Mode::Weak => self.weak.show(lanes),
            Mode::Race => self.race.synchronise(lanes),
        }
    }

    /// A fiber's fence.
    pub(crate) fn fence(&mut self, by: By, scope: Scope) {
        match self.mode {
            Mode::Interleave => {}
            Mode::Live => live::full_fence(),
            Mode::Weak => self.with_weak(|weak, memory| weak.fence(memory, by, scope)),
            Mode::Race => self.race.fence(by, scope),
        }
    }

    /// What memory does of itself between two operations.
    pub(crate) fn background(&mut self, random: &mut Random, strategy: &Strategy, step: u64) {
        if self.mode == Mode::Weak {
            self.with_weak(|weak, memory| weak.background(memory, random, strategy, step));
        }
    }

    /// Draws what the next access may meet.
    pub(crate) fn prepare(&mut self, random: &mut Random, strategy: &Strategy, step: u64) {
        if self.mode == Mode::Weak {
            self.weak.prepare(random, strategy, step);
        }
    }

    fn with_weak<R>(&mut self, f: impl FnOnce(&mut Weak, &mut Self) -> R) -> R {
        let mut weak = std::mem::take(&mut self.weak);
        let result = f(&mut weak, self);
        self.weak = weak;
        result
    }

    pub(crate) fn direct(&mut self, access: Access, address: u64, first: u128, second: u128) -> u128 {
        let old = self.peek(address, access.bytes);
        if access.kind != Kind::Load {
            self.poke(address, access.bytes, access.result(old, first, second));
        }
        old
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with the same layout.
        unsafe { dealloc(self.base, Self::layout(self.capacity)) };
    }
}
