//! structs
//!
//! Those without names for their fields, and those without fields.

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Meters(f32);

#[derive(DeviceType, Clone, Copy)]
struct Marker;

#[ring_fn]
fn doubled(a: Meters, _: Marker) -> (Meters, Marker) {
    (Meters(a.0 * 2.0), Marker)
}

emits!(functions: doubled; Types, Functions);
