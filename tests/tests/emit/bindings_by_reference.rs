//! bindings by reference

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
enum Shape {
    Empty,
    Circle { radius: f32 },
}

#[ring_fn]
fn through_a_reference(shape: &mut Shape) {
    match shape {
        Shape::Circle { radius } => *radius *= 2.0,
        Shape::Empty => {}
    }
}

#[ring_fn]
fn by_ref(pair: (u32, u32)) -> u32 {
    let mut pair = pair;
    let (ref mut a, ref b) = pair;
    *a ^= *b;
    pair.0
}

emits!(functions: through_a_reference, by_ref);
