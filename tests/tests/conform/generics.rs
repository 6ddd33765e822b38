//! Generic types and functions, their arguments written or inferred.

use crate::case::{Case, case};
use ringkernel::prelude::DeviceType;
use ringkernel::{DeviceValue, ring_fn};
use std::ops::{Add, AddAssign, Mul, Neg, Shl, Sub};

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

#[ring_fn]
impl<T: DeviceValue + Copy + Mul<f32, Output = T>> Mul<f32> for Pair<T> {
    type Output = Self;
    fn mul(self, by: f32) -> Self {
        Self { a: self.a * by, b: self.b * by }
    }
}

#[ring_fn]
impl<T: DeviceValue + Neg<Output = T>> Neg for Pair<T> {
    type Output = Self;
    fn neg(self) -> Self {
        Self { a: -self.a, b: -self.b }
    }
}

#[ring_fn]
impl<T: DeviceValue + Copy + AddAssign> AddAssign for Pair<T> {
    fn add_assign(&mut self, other: Self) {
        self.a += other.a;
        self.b += other.b;
    }
}

#[ring_fn]
impl<'a> Sub<&'a Pair<u32>> for &'a Pair<u32> {
    type Output = Pair<u32>;
    fn sub(self, other: &Pair<u32>) -> Pair<u32> {
        Pair { a: self.a.wrapping_sub(other.a), b: self.b / other.b }
    }
}

#[ring_fn]
fn lerp<T>(a: T, b: T, at: f32) -> T
where
    T: DeviceValue + Copy + Add<Output = T> + Mul<f32, Output = T> + Neg<Output = T>,
{
    a + (b + -a) * at
}

#[ring_fn]
fn total<T: DeviceValue + Copy + AddAssign, const N: usize>(values: [T; N]) -> T {
    let mut total = values[0];
    for i in 1..N {
        total += values[i];
    }
    total
}

#[ring_fn]
fn between<T: DeviceValue>(a: &T, b: &T) -> T
where
    for<'a> &'a T: Sub<&'a T, Output = T>,
{
    a - b
}

#[ring_fn]
fn moved<T: DeviceValue + Shl<u8, Output = T>>(a: T) -> T {
    a << 3
}

#[ring_fn]
fn through<T: DeviceValue + Copy + AddAssign + Add<Output = T>>(a: T) -> T {
    total([a, a + a])
}

#[ring_fn]
fn with_operators(a: f32, b: f32, c: u32, d: u32) -> (f32, Pair<Pair<f32>>, Pair<u32>, Pair<u32>, u32, u32) {
    let (c, d) = (c / 8, d / 8);
    let (one, other) = (Pair::new(a, b), Pair::twice(b));
    let numbers = Pair::new(c, d);
    let nested = lerp(Pair::new(one, other), Pair::twice(other), 0.25);
    (lerp(a, b, 0.5), nested, total([numbers, numbers]), between(&numbers, &Pair::new(d, c)), moved(c), through(d))
}

trait Measured {
    const UNIT: u32;
}

impl Measured for u8 {
    const UNIT: u32 = 3;
}

impl Measured for Pair<u32> {
    const UNIT: u32 = 70_000;
}

#[ring_fn]
impl<T: DeviceValue + Copy + Add<Output = T>> Pair<T> {
    fn with<U: DeviceValue + Copy + Into<T>>(&self, other: U) -> Self {
        Self { a: self.a, b: self.b + other.into() }
    }

    fn zipped<U: DeviceValue>(self, a: U, b: U) -> Pair<(T, U)> {
        Pair { a: (self.a, a), b: (self.b, b) }
    }

    fn units<U, const N: usize>(&mut self, of: &[U; N]) -> (u32, U)
    where
        U: DeviceValue + Copy + Measured,
    {
        self.b = self.a;
        (U::UNIT.wrapping_mul(N as u32), of[N - 1])
    }

    fn over<U: DeviceValue + Copy + Add<Output = U>>(values: &[U]) -> U {
        values[0] + values[values.len() - 1]
    }

    fn all_of<'a, U: DeviceValue>(&self, of: &'a U) -> &'a U {
        of
    }
}

#[ring_fn]
fn methods(a: u32, b: u8, c: f32) -> (Pair<u32>, Pair<(u32, f32)>, (u32, u8), (u32, Pair<u32>), u32, f32, u8) {
    let a = a / 8;
    let mut pair = Pair::new(a, 1);
    let zipped = pair.with(b).with(a).zipped(c, c * 2.0);
    let (small, large) = (pair.units(&[b, 7, b ^ 1]), pair.units(&[Pair::new(a, a)]));
    let sum = Pair::<u32>::over(&[a, 5, a]);
    (pair, zipped, small, large, sum, Pair::<u8>::over(&[c]), *pair.all_of(&b))
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("generic types", inferred(u32, f32)),
        case!("methods with parameters of their own", methods(u32, u8, f32)),
        case!("operators in generic functions", with_operators(f32, f32, u32, u32)),
    ]
}
