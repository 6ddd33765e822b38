//! methods with parameters of their own

use ringkernel::DeviceValue;
use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Scale {
    by: f32,
}

trait Measured {
    const UNIT: u32;
}

impl Measured for u16 {
    const UNIT: u32 = 2;
}

impl Measured for f32 {
    const UNIT: u32 = 4;
}

#[ring_fn]
impl Scale {
    fn not_below<T: DeviceValue + Copy + PartialOrd>(x: T, low: T) -> T {
        if x < low { low } else { x }
    }

    fn scaled<T: DeviceValue + Copy + Into<f32>>(&self, x: T) -> f32 {
        x.into() * self.by
    }

    fn units<T: DeviceValue + Measured, const N: usize>(self, _values: &[T; N]) -> u32 {
        T::UNIT ^ N as u32
    }

    fn leading<T>(&mut self, values: &[T]) -> T
    where
        T: DeviceValue + Copy,
    {
        self.by = 1.0;
        values[0]
    }
}

#[ring_fn]
fn calls(a: u16, b: f32) -> (f32, f32, u32, u32, u16, u16) {
    let mut scale = Scale { by: b };
    let small = Scale::not_below(a, 3);
    let units = (scale.units(&[a, small]), scale.units(&[b]));
    (scale.scaled(a), scale.scaled(b), units.0, units.1, scale.leading(&[a, small]), Scale::not_below::<u16>(a, 1))
}

emits!(functions: calls);
