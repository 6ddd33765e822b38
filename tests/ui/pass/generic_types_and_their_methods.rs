//! Generic structs with methods that call each other, operators of what a parameter stands for, constants of traits, paths through aliases, and `const fn`.
#![allow(unused)]
use std::ops::{Add, Mul};

use ringkernel::Actor;
use ringkernel::DeviceValue;
use ringkernel::prelude::*;
use ringkernel_codegen::{Program, compile};

trait Number: DeviceValue + Copy + PartialOrd + Add<Output = Self> + Mul<Output = Self> {
    const ZERO: Self;
}

impl Number for f32 {
    const ZERO: Self = 0.0;
}

impl Number for u64 {
    const ZERO: Self = 0;
}

#[derive(DeviceType, Clone, Copy)]
struct Pair<T> {
    a: T,
    b: T,
}

#[ring_fn]
impl<T> Pair<T>
where
    T: Number,
{
    const EMPTY: Self = Self { a: T::ZERO, b: T::ZERO };

    const fn new(a: T, b: T) -> Self {
        Self { a, b }
    }

    fn sum(&self) -> T {
        self.a + self.b
    }

    fn dot(&self, other: &Self) -> T {
        Self::new(self.a * other.a, self.b * other.b).sum()
    }

    fn swapped(self) -> Self {
        let Self { a, b } = self;
        Self { a: b, b: a }
    }

    fn put(&mut self, a: T) -> &mut Self {
        self.a = a;
        self
    }
}

type Point = Pair<f32>;

#[ring_fn]
impl<T: DeviceValue + Add<Output = T>> Add for Pair<T> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self { a: self.a + other.a, b: self.b + other.b }
    }
}

#[ring_fn]
fn thrice<T>(x: T) -> T
where
    T: DeviceValue + Copy + Add + Add<T, Output = T>,
{
    x + x + x
}

#[derive(DeviceType, Clone, Copy, PartialEq)]
enum Tree<const N: usize> {
    Leaf,
    Node { children: [u32; N], weight: f32 },
    Pair(u8, Option<bool>),
}

use Tree as T4;

#[ring_fn]
fn largest<T: Number, const N: usize>(values: &[Pair<T>; N]) -> T {
    let mut best = T::ZERO;
    for value in values {
        let sum = value.sum();
        if sum > best {
            best = sum;
        }
    }
    best
}

#[ring_fn]
fn twice<T: Number>(x: T) -> T {
    largest(&[Pair::<T>::new(x, x)])
}

#[ring_fn]
const fn square(x: u32) -> u32 {
    x * x
}

const NINE: u32 = square(3);

#[ring_message]
struct Go<T> {
    pair: Pair<T>,
    nested: Option<[Pair<u8>; 2]>,
    from: Option<AnyAddr>,
}

#[ring_message]
struct Grow;

#[ring_actor]
struct Lab<T, const N: usize> {
    pairs: [Pair<T>; N],
    tree: Tree<4>,
    grid: [[f32; 3]; 2],
    best: T,
    of: std::marker::PhantomData<T>,
}

#[ring_actor]
impl<T: Number, const N: usize> Lab<T, N> {
    #[handler]
    fn go(&mut self, m: Go<T>, ctx: &mut Context<Self>) -> (T, [u32; 2], Option<Pair<u8>>) {
        let point = Point::new(1.0, 2.0).swapped();
        let dot = point.dot(&Pair { a: 3.0, ..Pair::<f32>::EMPTY });
        self.pairs[0] = m.pair;
        let _ = (thrice(point), thrice(Pair { a: point, b: point }), thrice(2u8));
        self.pairs[0].put(T::ZERO).put(m.pair.b);
        self.best = twice(Pair::<T>::dot(&self.pairs[0], &m.pair));
        let first = match m.nested {
            Some([one, _]) => Some(one),
            None => None,
        };
        (self.best, [NINE, square(dot as u32)], first)
    }

    #[handler]
    fn grow(&mut self, _: Grow, ctx: &mut Context<Self>) {
        for (y, row) in self.grid.iter_mut().enumerate() {
            for (x, cell) in row.iter_mut().enumerate().skip(1) {
                *cell += (x * y) as f32;
            }
        }
        match &mut self.tree {
            T4::Leaf => self.tree = Tree::Node { children: [1; 4], weight: 1.0 },
            Tree::Node { children: [first, .., last], weight } if *weight > 0.5 => {
                *first += 1;
                std::mem::swap(first, last);
                *weight -= 0.5;
            }
            Tree::Node { weight, .. } => *weight = 2.0,
            Tree::Pair(n @ (1 | 3), Some(true)) => *n = 0,
            Tree::Pair(n, maybe) => {
                *n = if let Some(flag) = maybe { *flag as u8 } else { 7 };
            }
        }
        let leaf = self.tree == Tree::Leaf && self.larger(ctx, 1.0f32, 0.5f64);
        let total = Self::total(self, leaf);
        if total > T::ZERO && !matches!(&self.tree, Tree::Pair(_, Some(x)) if *x) {
            self.best = total;
        }
    }

    fn larger<U: Number + Into<V>, V: DeviceValue + PartialOrd>(&self, ctx: &mut Context<Self>, a: U, than: V) -> bool {
        ctx.host().tell(Grow);
        a.into() > than
    }

    fn total(&self, leaf: bool) -> T {
        let mut total = T::ZERO;
        let mut at = 0;
        while at < N && !leaf {
            total = total + self.pairs[at].sum();
            at += 1;
        }
        return total;
    }
}

fn main() {
    let program = Program { actors: vec![Lab::<f32, 3>::desc(), Lab::<u64, 2>::desc()], ..Program::default() };
    match compile(&program) {
        Ok(compiled) => drop(std::env::var("DUMP").map(|path| std::fs::write(path, &compiled.text))),
        Err(errors) => panic!("{}", errors[0]),
    }
}
