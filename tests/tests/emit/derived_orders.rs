//! order of types that derive it

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    High = 2,
    Low = 1,
}

#[derive(DeviceType, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Nothing,
    Alarm(Level, Option<u8>),
}

#[derive(DeviceType, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    at: u64,
    event: Event,
}

#[ring_fn]
fn ordered(a: Entry, b: Entry, c: (u8, i16), d: (u8, i16)) -> (bool, Entry, bool) {
    (a < b, a.max(b), c >= d)
}

emits!(functions: ordered; Types, Functions);
