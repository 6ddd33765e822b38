#![allow(unused)]

use ringkernel::DeviceValue;
use ringkernel::prelude::*;

#[derive(DeviceType)]
struct Data {
    x: u32,
}

#[ring_fn]
impl Data {
    fn size<T: DeviceValue, const N: usize>(&self) -> u32 {
        self.x
    }

    fn get<T: DeviceValue>(&self, of: T) -> T {
        of
    }
}

#[ring_message]
struct Go;

#[ring_actor]
struct Lab;

#[ring_actor]
impl Lab {
    #[handler]
    fn go<T>(&mut self, m: Go) {}
}

fn main() {}
