//! Mode `weak`: store buffers that drain out of order, and loads that may be stale.
//!
//! Every lane, and every thread of the host, has a buffer of stores that others do not see yet. A fence does not wait for them: it only keeps
//! later stores behind earlier ones, within the GPU or towards mapped memory too, as its scope says. Loads that nothing
//! orders may return one of the last values of their place, but never an older one than this lane has seen there, nor
//! one from before its last fence. A lane that reads back what it has stored finds it in memory, as on devices, whose loads of
//! any scope but a weak one go to the L2 behind the store. Atomics act on memory itself.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use crate::access::{Access, Kind, Order, Scope};
use crate::machine::LANES;
use crate::memory::{By, Memory, Space};
use crate::random::Random;
use crate::strategy::Strategy;

/// Stores that a lane may have under way.
const BUFFERED: usize = 16;
/// Old values of a place that are kept.
const VERSIONS: usize = 8;
/// Places of which a lane remembers what it saw last; a power of two.
const REMEMBERED: usize = 128;

#[derive(Clone, Copy)]
struct Entry {
    address: u64,
    access: Access,
    value: u128,
    mapped: bool,
    gpu_epoch: u32,
    system_epoch: u32,
    /// A warp barrier came after it: lanes of the warp see it, and their fences order it.
    shown: bool,
}

#[derive(Default)]
struct Lane {
    buffer: Vec<Entry>,
    gpu_epoch: u32,
    system_epoch: u32,
    /// Loads are not older than this, in device and in mapped memory.
    floor: [u64; 2],
    seen: Vec<(u64, u64)>,
    /// Some entry is `shown`.
    shown: bool,
    dirty_at: Option<u32>,
}

/// A value that a store replaced.
#[derive(Clone, Copy)]
struct Version {
    time: u64,
    step: u64,
    before: u128,
}

/// Multiplies: the keys are addresses.
#[derive(Default)]
pub(crate) struct Multiply(u64);

impl Hasher for Multiply {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0 ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

/// The hash of tables by address.
pub(crate) type Hashing = BuildHasherDefault<Multiply>;

/// Buffers and history.
#[derive(Default)]
pub(crate) struct Weak {
    lanes: Vec<Lane>,
    dirty: Vec<u32>,
    history: HashMap<u64, VecDeque<Version>, Hashing>,
    time: u64,
    /// How many versions back the next load reaches, of 256; and the oldest step it may reach to.
    draw: Option<(u32, u64)>,
}

impl Weak {
    fn lane(&mut self, fiber: u32) -> &mut Lane {
        if self.lanes.len() <= fiber as usize {
            self.lanes.resize_with(fiber as usize + 1, Lane::default);
        }
        &mut self.lanes[fiber as usize]
    }

    /// What the next load may meet.
    pub(crate) fn prepare(&mut self, random: &mut Random, strategy: &Strategy, step: u64) {
        self.draw = random
            .one_in(strategy.stale_one_in)
            .then(|| (random.below(256), step.saturating_sub(strategy.stale_steps.into())));
    }

    pub(crate) fn access(
        &mut self,
        memory: &mut Memory,
        by: By,
        space: Space,
        access: Access,
        address: u64,
        first: u128,
        second: u128,
    ) -> u128 {
        let bytes = access.bytes;
        let all = access.releases();
        self.drain_shown(memory, by, |e| all || overlap(e, address, bytes));
        let mapped = space == Space::Mapped;
        match access.kind {
            Kind::Load => self.load(memory, by, mapped, access, address),
            Kind::Store => {
                let full = {
                    let lane = self.lane(by.fiber);
                    if access.releases() {
                        lane.gpu_epoch += 1;
                        lane.system_epoch += u32::from(access.scope == Scope::System);
                    }
                    let (gpu_epoch, system_epoch) = (lane.gpu_epoch, lane.system_epoch);
                    lane.buffer.push(Entry {
                        address,
                        access,
                        value: first,
                        mapped,
                        gpu_epoch,
                        system_epoch,
                        shown: false,
                    });
                    lane.buffer.len() > BUFFERED
                };
                self.mark(by.fiber);
                if full {
                    self.drain(memory, by, 0);
                }
                0
            }
            _ => {
                let (epoch, all) = (self.lane(by.fiber).gpu_epoch, access.releases());
                self.drain_while(memory, by, |e| {
                    all || (!e.mapped && e.gpu_epoch < epoch) || overlap(e, address, access.bytes)
                });
                let old = self.commit(memory, by, access, address, first, second);
                let time = self.time;
                let lane = self.lane(by.fiber);
                if access.acquires() {
                    lane.floor[0] = time;
                }
                lane.see(memory.offset(address), time);
                old
            }
        }
    }

    fn load(&mut self, memory: &mut Memory, by: By, mapped: bool, access: Access, address: u64) -> u128 {
        // Its own newest store. Only a weak load may have it from near by: others go where the store has gone, behind it.
        let lane = self.lane(by.fiber);
        if let Some(own) = lane.buffer.iter().rev().find(|e| overlap(e, address, access.bytes)) {
            let end = address + u64::from(access.bytes);
            if access.order == Order::Weak && own.address <= address && end <= own.address + u64::from(own.access.bytes)
            {
                let value = own.value >> (8 * (address - own.address));
                return if access.bytes == 16 { value } else { value & ((1 << (8 * u32::from(access.bytes))) - 1) };
            }
            self.drain_while(memory, by, |e| overlap(e, address, access.bytes));
        }
        let granule = address & !15;
        let mut value = memory.granule(address);
        let mut time = self.time;
        if let (Some((reach, oldest)), Some(versions)) = (self.draw.take(), self.history.get(&granule)) {
            let lane = &self.lanes[by.fiber as usize];
            let bound = lane.floor[usize::from(mapped)].max(lane.seen_at(memory.offset(granule)));
            let allowed = versions.iter().rev().take_while(|v| v.time > bound && v.step >= oldest).count() as u32;
            let back = (reach * (allowed + 1)) >> 8;
            if back > 0 {
                let version = versions[versions.len() - back as usize];
                (value, time) = (version.before, version.time - 1);
            }
        }
        let lane = self.lane(by.fiber);
        lane.see(memory.offset(address), time);
        if access.acquires() {
            lane.floor[0] = lane.floor[0].max(time);
            if access.scope == Scope::System {
                lane.floor[1] = lane.floor[1].max(time);
            }
        }
        let value = value >> (8 * (address - granule));
        if access.bytes == 16 { value } else { value & ((1 << (8 * u32::from(access.bytes))) - 1) }
    }

    /// Writes to memory itself.
    fn commit(&mut self, memory: &mut Memory, by: By, access: Access, address: u64, first: u128, second: u128) -> u128 {
        if access.writes() {
            self.time += 1;
            let granule = address & !15;
            let version = Version { time: self.time, step: by.step, before: memory.granule(address) };
            let versions = self.history.entry(granule).or_default();
            if versions.len() == VERSIONS {
                versions.pop_front();
            }
            versions.push_back(version);
        }
        memory.direct(access, address, first, second)
    }

    fn mark(&mut self, fiber: u32) {
        let (at, empty) = (self.dirty.len() as u32, self.lane(fiber).buffer.is_empty());
        let dirty_at = self.lane(fiber).dirty_at;
        match (dirty_at, empty) {
            (None, false) => {
                self.lane(fiber).dirty_at = Some(at);
                self.dirty.push(fiber);
            }
            (Some(at), true) => {
                self.lane(fiber).dirty_at = None;
                self.dirty.swap_remove(at as usize);
                if let Some(moved) = self.dirty.get(at as usize).copied() {
                    self.lane(moved).dirty_at = Some(at);
                }
            }
            _ => {}
        }
    }

    /// Drains the `at`-th store, and before it those that must not come later.
    fn drain(&mut self, memory: &mut Memory, by: By, at: usize) {
        let lane = self.lane(by.fiber);
        let mut at = at;
        while let Some(earlier) = lane.buffer[..at].iter().position(|f| before(f, &lane.buffer[at])) {
            at = earlier;
        }
        let entry = lane.buffer.remove(at);
        self.commit(memory, by, entry.access, entry.address, entry.value, 0);
        let time = self.time;
        self.lane(by.fiber).see(memory.offset(entry.address), time);
        self.mark(by.fiber);
    }

    fn drain_while(&mut self, memory: &mut Memory, by: By, wanted: impl Fn(&Entry) -> bool) {
        while let Some(at) = self.lane(by.fiber).buffer.iter().position(&wanted) {
            self.drain(memory, by, at);
        }
    }

    /// Drains wanted stores of other lanes of the warp that a warp barrier has shown to this one.
    fn drain_shown(&mut self, memory: &mut Memory, by: By, wanted: impl Fn(&Entry) -> bool) {
        let first = by.fiber / LANES * LANES;
        for mate in (first..first + LANES).filter(|mate| *mate != by.fiber) {
            if self.lanes.get(mate as usize).is_some_and(|l| l.shown) {
                self.drain_while(memory, By { fiber: mate, ..by }, |e| e.shown && wanted(e));
                let lane = self.lane(mate);
                lane.shown = lane.buffer.iter().any(|e| e.shown);
            }
        }
    }

    /// A warp barrier: what its lanes have stored and seen, all of them see.
    pub(crate) fn show(&mut self, fibers: &[u32]) {
        let time = self.time;
        for fiber in fibers {
            let lane = self.lane(*fiber);
            lane.shown = !lane.buffer.is_empty();
            lane.buffer.iter_mut().for_each(|e| e.shown = true);
            lane.floor = [time; 2];
        }
    }

    pub(crate) fn fence(&mut self, memory: &mut Memory, by: By, scope: Scope) {
        self.drain_shown(memory, by, |_| true);
        let time = self.time;
        let lane = self.lane(by.fiber);
        lane.gpu_epoch += 1;
        lane.floor[0] = time;
        if scope == Scope::System {
            lane.system_epoch += 1;
            lane.floor[1] = time;
        }
    }

    pub(crate) fn background(&mut self, memory: &mut Memory, random: &mut Random, strategy: &Strategy, step: u64) {
        if !self.dirty.is_empty() && random.one_in(strategy.drain_one_in) {
            let fiber = self.dirty[random.below(self.dirty.len() as u32) as usize];
            let at = random.below(self.lane(fiber).buffer.len() as u32) as usize;
            self.drain(memory, By { fiber, host: false, step }, at);
        }
    }

    /// All stores of these fibers are seen, and they see all that is.
    pub(crate) fn synchronise(&mut self, memory: &mut Memory, fibers: &[u32], step: u64) {
        for fiber in fibers {
            self.drain_while(memory, By { fiber: *fiber, host: false, step }, |_| true);
        }
        let time = self.time;
        for fiber in fibers {
            self.lane(*fiber).floor = [time; 2];
        }
    }
}

impl Lane {
    /// By offset: an address differs from process to process, and so would what is forgotten.
    fn see(&mut self, offset: u64, time: u64) {
        let granule = offset & !15;
        if self.seen.is_empty() {
            self.seen.resize(REMEMBERED, (u64::MAX, 0));
        }
        let entry = &mut self.seen[slot_of(granule)];
        if entry.0 != granule {
            // What it no longer remembers bounds everything.
            self.floor = self.floor.map(|f| f.max(entry.1));
        }
        *entry = (granule, time);
    }

    fn seen_at(&self, granule: u64) -> u64 {
        self.seen.get(slot_of(granule)).filter(|(g, _)| *g == granule).map_or(0, |(_, time)| *time)
    }
}

fn slot_of(granule: u64) -> usize {
    (granule.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 57) as usize
}

fn overlap(e: &Entry, address: u64, bytes: u8) -> bool {
    e.address < address + u64::from(bytes) && address < e.address + u64::from(e.access.bytes)
}

/// `f`, which came first, must be seen first.
fn before(f: &Entry, e: &Entry) -> bool {
    overlap(f, e.address, e.access.bytes)
        || f.system_epoch < e.system_epoch
        || (!f.mapped && !e.mapped && f.gpu_epoch < e.gpu_epoch)
}
