//! Arrays, slices, iteration over them, and methods of types that hold them.

use crate::case::{Case, case};
use ringkernel::prelude::*;

const TABLE: [u32; 8] = [3, 1, 4, 1, 5, 9, 2, 6];

#[ring_fn]
fn index_of(a: [u32; 5], at: usize) -> u32 {
    a[at % 7] ^ TABLE[at % 9]
}

#[ring_fn]
fn arrays(a: [u32; 4], at: usize) -> ([u32; 4], [[u8; 3]; 2], u32) {
    let mut x = a;
    x[at % 4] = 9;
    x[0] ^= x[3];
    x.swap(1, at % 5);
    let mut grid = [[0u8; 3]; 2];
    grid[1][at % 3] = 5;
    let filled = [7u32; 6];
    (x, grid, filled[at % 6] + x.len() as u32)
}

#[ring_fn]
fn sum(values: &[u32]) -> u64 {
    let mut total = 0;
    for value in values {
        total += u64::from(*value);
    }
    total
}

#[ring_fn]
fn negate_all(values: &mut [u32]) {
    for value in values.iter_mut() {
        *value = !*value;
    }
}

#[ring_fn]
fn slices(a: [u32; 6], from: usize, to: usize) -> (u64, [u32; 6], u64) {
    let mut x = a;
    let part = sum(&a[from % 8..to % 8]);
    negate_all(&mut x[1..=2]);
    (part, x, sum(&x) + sum(&x[4..]) + sum(&x[..2]))
}

#[ring_fn]
fn slices_that_move_on(a: [u32; 6]) -> (u32, u32) {
    let (mut rest, mut x) = (&a[1..], 0);
    while let [first, tail @ ..] = rest {
        x = (x ^ *first).rotate_left(3);
        rest = tail;
    }
    let (mut rest, mut y) = (&a[..], 0);
    for value in rest {
        rest = &rest[1..];
        y = (y ^ *value).rotate_left(5) ^ rest.len() as u32;
    }
    (x, y)
}

#[ring_fn]
fn slice_methods(a: [u8; 5], b: u8, at: usize) -> (Option<u8>, u8, bool, [u8; 5], [u8; 5], usize) {
    let mut x = a;
    x.reverse();
    let mut y = [0; 5];
    y.copy_from_slice(&x);
    y[..3].fill(b);
    let found = a.get(at % 8).copied();
    let first = match a.first() {
        Some(first) => *first,
        None => 0,
    };
    if let Some(last) = x.last_mut() {
        *last ^= 1;
    }
    (found, first, a.contains(&b), x, y, a[2..].len())
}

#[ring_fn]
fn iteration(a: [u16; 6], b: [u16; 4]) -> (u64, [u16; 6]) {
    let mut total = 0;
    for value in a {
        total = (total * 7 + u64::from(value)) % 1_000_003;
    }
    for (x, y) in a.iter().zip(b.iter()) {
        total = (total * 7 + u64::from(*x ^ *y)) % 1_000_003;
    }
    for (at, value) in b.iter().copied().enumerate().rev() {
        total = (total * 7 + at as u64 * u64::from(value)) % 1_000_003;
    }
    let mut out = a;
    for (x, &y) in out.iter_mut().skip(1).step_by(2).zip(&b) {
        *x = x.wrapping_add(y);
    }
    for row in [[1u64, 2], [3, 4]].iter() {
        for cell in row {
            total += cell;
        }
    }
    (total, out)
}

#[ring_fn]
fn iteration_over_a_copy(a: [u16; 5], b: u16) -> ([u16; 5], u64) {
    let mut x = a;
    let mut total = 0;
    for value in x {
        total = (total * 7 + u64::from(value)) % 1_000_003;
        x[4] = b;
        x[3] ^= value;
    }
    let mut pair = (x, 3u8);
    for value in pair.0 {
        clear(&mut pair.0);
        total += u64::from(value);
    }
    (pair.0, total)
}

#[ring_fn]
fn clear(values: &mut [u16; 5]) {
    *values = [0; 5];
}

#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
struct Ring<const N: usize> {
    items: [u32; N],
    head: usize,
    len: usize,
}

#[ring_fn]
impl<const N: usize> Ring<N> {
    fn push(&mut self, item: u32) -> bool {
        if self.len == N {
            return false;
        }
        let at = (self.head + self.len) % N;
        self.items[at] = item;
        self.len += 1;
        true
    }

    fn pop(&mut self) -> Option<u32> {
        if self.len == 0 {
            return None;
        }
        let item = self.items[self.head];
        self.head = (self.head + 1) % N;
        self.len -= 1;
        Some(item)
    }

    fn front(&mut self) -> Option<&mut u32> {
        if self.len == 0 { None } else { Some(&mut self.items[self.head]) }
    }

    fn at(&self, index: usize) -> &u32 {
        &self.items[(self.head + index) % N]
    }

    fn drained(mut self) -> u64 {
        let mut total = 0;
        while let Some(item) = self.pop() {
            total = total * 3 % 65_537 + u64::from(item);
        }
        total
    }
}

#[ring_fn]
fn methods(a: [u32; 3], b: u32) -> (Ring<4>, u64, bool, Option<u32>, u32) {
    let mut ring = Ring::<4> { items: [0; 4], head: 2, len: 0 };
    let mut all = true;
    for item in a {
        all &= ring.push(item);
    }
    let first = ring.pop();
    if let Some(front) = ring.front() {
        *front = front.wrapping_add(b);
    }
    all &= ring.push(b) & ring.push(1) & ring.push(2);
    let seen = *ring.at(1) ^ *ring.at(ring.len - 1);
    (ring, ring.drained(), all, first, seen)
}

#[ring_fn]
fn array_patterns(a: [u8; 5]) -> (u8, u8, usize, u32) {
    let [first, .., last] = a;
    let [_, middle @ .., _] = &a;
    let kind = match a {
        [0, ..] => 1,
        [.., 0] => 2,
        [x, y, ..] if x == y => 3,
        _ => 4,
    };
    (first, last, middle.len(), kind)
}

#[ring_fn]
fn slice_patterns(a: [u8; 5], n: usize) -> u32 {
    match &a[..n % 6] {
        [] => 0,
        [one] => u32::from(*one),
        [first, .., last] => u32::from(*first) * 1000 + u32::from(*last),
    }
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("`for` over iterator chains", iteration_over_a_copy([u16; 5], u16)),
        case!("methods of your types", methods([u32; 3], u32)),
        case!("patterns", array_patterns([u8; 5])),
        case!("patterns", slice_patterns([u8; 5], usize)),
        case!("arrays", index_of([u32; 5], usize)),
        case!("arrays", arrays([u32; 4], usize)),
        case!("slices", slices_that_move_on([u32; 6])),
        case!("slices", slices([u32; 6], usize, usize)),
        case!("methods of arrays and slices", slice_methods([u8; 5], u8, usize)),
        case!("`for` over iterator chains", iteration([u16; 6], [u16; 4])),
    ]
}
