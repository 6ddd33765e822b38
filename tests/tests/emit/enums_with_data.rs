//! enums with data

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
enum Shape {
    Empty,
    Circle { radius: f32 },
    Box(f32, f32),
}

#[ring_fn]
fn area(shape: Shape) -> f32 {
    match shape {
        Shape::Empty => 0.0,
        Shape::Circle { radius } => radius * radius * 3.0,
        Shape::Box(width, height) => width * height,
    }
}

#[ring_fn]
fn square(side: f32) -> Shape {
    if side > 0.0 { Shape::Box(side, side) } else { Shape::Empty }
}

emits!(functions: area, square; Types, Functions);
