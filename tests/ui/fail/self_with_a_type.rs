#![allow(unused)]

use ringkernel::prelude::*;

#[derive(DeviceType)]
struct Data {
    x: u32,
}

#[ring_fn]
impl Data {
    fn boxed(self: Box<Self>) -> u32 {
        self.x
    }
}

fn main() {}
