//! patterns in parameters

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Meters(f32);

#[ring_fn]
fn parameters(mut a: u32, (b, c): (u32, u8), [d, _]: [u16; 2], Meters(m): Meters) -> (u32, f32) {
    a ^= b;
    (a ^ u32::from(c) ^ u32::from(d), m)
}

emits!(functions: parameters);
