//! Generic types and functions, their arguments written or inferred.

use crate::case::{Case, case};
use ringkernel::prelude::DeviceType;
use ringkernel::{DeviceValue, ring_fn};
use std::ops::Add;

#[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
struct Pair<T> {
    a: T,
    b: T,
}

#[ring_fn]
impl<T: DeviceValue + Copy> Pair<T> {
    fn new(a: T, b: T) -> Self {
        Self { a, b }
    }

    fn twice(a: T) -> Pair<T> {
        Pair::new(a, a)
    }

    fn second(pair: &Pair<T>) -> T {
        pair.b
    }

    fn turned(self) -> Self {
        Self::new(self.b, self.a)
    }
}

#[ring_fn]
impl<T: DeviceValue + Copy + Add<Output = T>> Add for Pair<T> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { a: self.a + other.a, b: self.b + other.b }
    }
}

#[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
struct Ring<T, const N: usize> {
    at: usize,
    values: [T; N],
}

#[ring_fn]
impl<T: DeviceValue + Copy, const N: usize> Ring<T, N> {
    fn of(values: [T; N]) -> Self {
        Self { at: 0, values }
    }

    fn filled(value: T) -> Self {
        Self { at: N / 2, values: [value; N] }
    }

    fn next(&mut self) -> T {
        self.at = (self.at + 1) % N;
        self.values[self.at]
    }
}

#[ring_fn]
fn inferred(a: u32, b: f32) -> (Pair<u32>, Pair<f32>, u32, u32, u8) {
    let small = Pair::new(a / 2, 1);
    let large = Pair::twice(b).turned();
    let mut ring = Ring::of([a, 3, a ^ 1]);
    let known: Ring<_, 4> = Ring::filled(7u8);
    let mut known = Ring { at: 3, ..known };
    (small + Pair::twice(3), large, ring.next() ^ ring.next(), Pair::second(&small), known.next())
}

pub(crate) fn cases() -> Vec<Case> {
    vec![case!("generic types", inferred(u32, f32))]
}
