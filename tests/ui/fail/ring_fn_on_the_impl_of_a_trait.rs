// Of traits, only operators can be called, each by its one function.

use ringkernel::prelude::*;

trait Area {
    fn area(&self) -> f32;
}

#[derive(DeviceType, Clone, Copy, PartialEq)]
struct Square {
    side: f32,
}

#[ring_fn]
impl Area for Square {
    fn area(&self) -> f32 {
        self.side * self.side
    }
}

#[ring_fn]
impl PartialOrd for Square {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.side.partial_cmp(&other.side)
    }
    fn lt(&self, other: &Self) -> bool {
        self.side < other.side
    }
}

fn main() {}
