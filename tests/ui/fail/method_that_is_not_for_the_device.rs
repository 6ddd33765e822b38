#![allow(unused)]

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Vec2 {
    x: f32,
    y: f32,
}

impl Vec2 {
    fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }
    fn product(&self) -> f32 {
        self.x * self.y
    }
}

trait Third {
    fn third(self) -> f32;
}

impl Third for f32 {
    fn third(self) -> f32 {
        self / 3.0
    }
}

#[ring_fn]
fn area(x: f32, y: f32) -> f32 {
    Vec2::new(x, y).product() + x.third()
}


fn main() {}
