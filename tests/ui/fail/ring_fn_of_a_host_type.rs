use ringkernel::prelude::*;
use std::ops::Add;

struct Rng(u64);

#[ring_fn]
impl Rng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

#[ring_fn]
impl Add for Rng {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }
}

fn main() {}
