//! structs

use ringkernel::prelude::*;

/// A point in space.
#[derive(DeviceType, Clone, Copy)]
struct Point {
    x: f32,
    y: f32,
    label: u8,
}

#[ring_fn]
fn moved(point: Point, by: f32) -> Point {
    let Point { x, y, label } = point;
    let mut moved = Point { y, x: x * by, label };
    moved.y = by;
    moved
}

emits!(functions: moved; Types, Functions);
