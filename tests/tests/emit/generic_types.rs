//! methods of your types
//!
//! A type parameter on the impl block.

use ringkernel::DeviceValue;
use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Pair<T> {
    a: T,
    b: T,
}

#[ring_fn]
impl<T: DeviceValue + Copy> Pair<T> {
    fn turned(self) -> Self {
        Self { a: self.b, b: self.a }
    }
}

#[ring_fn]
fn turned(a: Pair<u8>, b: Pair<f32>) -> (Pair<u8>, Pair<f32>) {
    (a.turned(), b.turned())
}

emits!(functions: turned);
