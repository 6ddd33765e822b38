#![allow(unused)]

use ringkernel::prelude::*;

#[ring_actor]
struct Lab {
    peer: Addr<Plain>,
}

#[derive(DeviceType)]
struct Plain {
    x: u32,
}

fn main() {}
