//! `Default` of your types

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Settings {
    rate: f32,
    on: bool,
}

#[ring_fn]
impl Default for Settings {
    fn default() -> Self {
        Self { rate: 0.5, on: true }
    }
}

#[ring_fn]
fn defaults(rate: f32) -> Settings {
    Settings { rate, ..Settings::default() }
}

emits!(functions: defaults);
