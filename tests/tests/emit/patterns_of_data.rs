//! patterns
//!
//! Tuples, structs, enums and what is inside of them.

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Point {
    x: u32,
    y: u32,
}

#[derive(DeviceType, Clone, Copy)]
enum Shape {
    Empty,
    Dot(Point),
    Line { from: Point, to: Point },
}

#[ring_fn]
fn height(shape: Shape, all: bool) -> u32 {
    match (shape, all) {
        (Shape::Empty, _) => 0,
        (Shape::Dot(Point { y, .. }) | Shape::Line { from: Point { y, .. }, .. }, false) => y,
        (Shape::Dot(Point { x: 0, y }), true) => y,
        (Shape::Line { to, .. }, _) => to.y,
        _ => 1,
    }
}

emits!(functions: height);
