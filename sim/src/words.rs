//! Mapped memory of a run, as the runtime's own queues see it: every access of theirs is an operation of the run.

use std::sync::atomic::Ordering;

use ringkernel_runtime::cuda::host::{Half, Words};

use crate::access::Order;
use crate::host;

/// Words from an address on.
#[derive(Clone, Copy, Debug)]
pub struct Mapped(pub u64);

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
