#![allow(unused)]

use ringkernel::DeviceValue;
use ringkernel::prelude::*;
use std::ops::Add;

#[derive(DeviceType, Clone, Copy)]
struct Vec2 {
    x: f32,
    y: f32,
}

impl Add for Vec2 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { x: self.x + other.x, y: self.y + other.y }
    }
}

#[ring_fn]
fn twice<T: DeviceValue + Copy + Add<Output = T>>(a: T) -> T {
    a + a
}

trait Number: DeviceValue + Copy + Add<Output = Self> {}

#[ring_fn]
fn calls(a: Vec2) -> Vec2 {
    twice(a)
}

#[ring_fn]
fn implied<T: Number>(a: T) -> T {
    twice(a)
}

fn main() {}
