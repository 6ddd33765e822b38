//! `==` on types that derive `PartialEq`

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy, PartialEq)]
struct Point {
    x: f32,
    tag: Option<u8>,
}

#[ring_fn]
fn equality(a: Point, b: Point, c: [u32; 3]) -> (bool, bool, bool) {
    (a == b, Some(a) != Some(b), c == [1, 2, 3])
}

emits!(functions: equality; Types, Functions);
