//! operators of your types

use ringkernel::prelude::*;
use std::ops::{Add, Mul, MulAssign, Neg};

#[derive(DeviceType, Clone, Copy)]
pub(crate) struct Vec2 {
    x: f32,
    y: f32,
}

#[ring_fn]
impl Add for Vec2 {
    type Output = Self;
    fn add(self, other: Self) -> Self::Output {
        Self { x: self.x + other.x, y: self.y + other.y }
    }
}

#[ring_fn]
impl Mul<f32> for Vec2 {
    type Output = Self;
    fn mul(self, by: f32) -> Self {
        Self { x: self.x * by, y: self.y * by }
    }
}

#[ring_fn]
impl Mul<Vec2> for f32 {
    type Output = Vec2;
    fn mul(self, of: Vec2) -> Vec2 {
        of * self
    }
}

#[ring_fn]
impl MulAssign<f32> for Vec2 {
    fn mul_assign(&mut self, by: f32) {
        *self = *self * by;
    }
}

#[ring_fn]
impl Neg for Vec2 {
    type Output = Self;
    fn neg(self) -> Self {
        Self { x: -self.x, y: -self.y }
    }
}

#[ring_fn]
fn operators(a: Vec2, b: Vec2, c: f32) -> Vec2 {
    let mut sum = a + 2.0 * b;
    sum *= c;
    -sum
}

emits!(functions: operators);
