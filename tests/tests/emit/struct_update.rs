//! structs
//!
//! `..base`

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Point {
    x: f32,
    y: f32,
    z: f32,
}

#[ring_fn]
fn lifted(base: Point, z: f32) -> Point {
    Point { z, ..base }
}

emits!(functions: lifted);
