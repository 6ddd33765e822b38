//! generic types

use ringkernel::DeviceValue;
use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Pair<T> {
    a: T,
    b: T,
}

#[ring_fn]
impl<T: DeviceValue + Copy> Pair<T> {
    fn new(a: T, b: T) -> Self {
        Self { a, b }
    }

    fn turned(self) -> Self {
        Self { a: self.b, b: self.a }
    }
}

#[ring_fn]
fn turned(a: Pair<u8>, b: Pair<f32>) -> (Pair<u8>, Pair<f32>) {
    (Pair::new(a.b, 3), b.turned())
}

emits!(functions: turned);
