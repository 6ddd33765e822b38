#![allow(unused)]

use ringkernel::prelude::*;

#[derive(DeviceType)]
struct Data {
    x: u32,
}

#[ring_fn]
impl Data {
    fn first<const N: usize>(&self, of: [u32; N]) -> u32 {
        of[0]
    }
}

fn main() {}
