//! Mapped memory of a run, as the runtime's own queues see it: every access of theirs is an operation of the run.
//!
//! This is where defects of the host's code are put in, too: what its queues do, they do through `Words`.

use std::mem::offset_of;
use std::sync::atomic::Ordering;

use ringkernel_codegen::abi::HostLine;
use ringkernel_runtime::cuda::host::{Half, Word, Words};

use crate::access::Order;
use crate::host;

/// What the host's queues do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostDefect {
    /// A producer publishes the number of a word of its ring before the data.
    NumberFirst,
    /// A producer publishes the number of a word of its ring without releasing the data.
    NumberUnreleased,
    /// A producer takes its ring for one message longer than it is.
    RingTooLong,
    /// The reader of the outbox looks at the data of a word before its number.
    DataReadFirst,
    /// The reader of the outbox says that it has taken a message before it has read it.
    TakenEarly,
    /// The cell of a question that nobody waits for any more is free before its answer has come.
    CellFreedEarly,
}

/// Words from an address on.
#[derive(Clone, Copy, Debug)]
pub struct Mapped(pub u64);

/// The same as one of the host's queues uses it, with what that does wrong, if anything.
#[derive(Clone, Copy, Debug)]
pub struct Shared {
    memory: Mapped,
    defect: Option<HostDefect>,
}

impl Mapped {
    fn half(self, index: usize, half: Half) -> u64 {
        self.0 + index as u64 * 16 + if half == Half::High { 8 } else { 0 }
    }

    fn counter(self, index: usize, field: usize) -> u64 {
        self.0 + index as u64 * 16 + field as u64 * 4
    }
}

fn order(order: Ordering) -> Order {
    match order {
        Ordering::Acquire => Order::Acquire,
        Ordering::Release => Order::Release,
        Ordering::Relaxed => Order::Relaxed,
        _ => Order::AcqRel,
    }
}

impl Words for Mapped {
    fn load_half(&self, index: usize, half: Half, by: Ordering) -> u64 {
        host::load(self.half(index, half), 8, order(by))
    }
    fn store_half(&self, index: usize, half: Half, value: u64, by: Ordering) {
        host::store(self.half(index, half), 8, value, order(by));
    }
    fn prefetch(&self, _: usize) {}
    fn load_counter(&self, index: usize, field: usize) -> u32 {
        host::load(self.counter(index, field), 4, Order::Acquire) as u32
    }
    fn store_counter(&self, index: usize, field: usize, value: u32) {
        host::store(self.counter(index, field), 4, value.into(), Order::Release);
    }
}

impl Shared {
    /// Words from an address on.
    #[must_use]
    pub fn new(at: u64, defect: Option<HostDefect>) -> Self {
        Self { memory: Mapped(at), defect }
    }

    fn has(&self, defect: HostDefect) -> bool {
        self.defect == Some(defect)
    }
}

impl Words for Shared {
    fn load_half(&self, index: usize, half: Half, by: Ordering) -> u64 {
        self.memory.load_half(index, half, by)
    }
    fn store_half(&self, index: usize, half: Half, value: u64, by: Ordering) {
        self.memory.store_half(index, half, value, by);
    }
    fn prefetch(&self, _: usize) {}
    fn load_counter(&self, index: usize, field: usize) -> u32 {
        let value = self.memory.load_counter(index, field);
        if self.has(HostDefect::RingTooLong) { value.wrapping_add(1) } else { value }
    }
    fn store_counter(&self, index: usize, field: usize, value: u32) {
        let early = self.has(HostDefect::TakenEarly) && index * 16 + field * 4 == offset_of!(HostLine, host_taken);
        self.memory.store_counter(index, field, value.wrapping_add(early.into()));
    }
    fn store(&self, index: usize, word: Word) {
        let low = u64::from(word.a) << 32 | u64::from(word.seq);
        if self.has(HostDefect::NumberFirst) {
            self.store_half(index, Half::Low, low, Ordering::Release);
            self.memory.store(index, word);
        } else if self.has(HostDefect::NumberUnreleased) {
            self.store_half(index, Half::High, u64::from(word.c) << 32 | u64::from(word.b), Ordering::Relaxed);
            self.store_half(index, Half::Low, low, Ordering::Relaxed);
        } else {
            self.memory.store(index, word);
        }
    }
    fn load(&self, index: usize) -> Word {
        if !self.has(HostDefect::DataReadFirst) {
            return self.memory.load(index);
        }
        let high = self.load_half(index, Half::High, Ordering::Relaxed);
        let Word { seq, a, .. } = self.memory.load(index);
        Word { seq, a, b: high as u32, c: (high >> 32) as u32 }
    }
}
