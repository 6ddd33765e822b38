#![allow(unused)]

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Meters(f32);

#[ring_fn]
impl std::ops::Neg for Meters {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

fn main() {}
