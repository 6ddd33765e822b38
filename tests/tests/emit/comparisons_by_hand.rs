//! comparisons written by hand

use ringkernel::prelude::*;
use std::cmp;

#[derive(DeviceType, Clone, Copy)]
struct Job {
    priority: u32,
    id: u64,
}

#[ring_fn]
impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

#[ring_fn]
impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        other.priority.partial_cmp(&self.priority)
    }
}

#[ring_fn]
fn compared(a: Job, b: &Job) -> (bool, bool, bool) {
    (a == *b, a != *b, a < *b)
}

emits!(functions: compared);
