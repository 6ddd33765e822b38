//! `Ordering`

use ringkernel::prelude::*;
use std::cmp;

#[ring_fn]
fn orderings(a: i64, b: i64, x: f32, y: f32) -> (i32, cmp::Ordering, Option<cmp::Ordering>) {
    let sign = match a.cmp(&b) {
        cmp::Ordering::Less => -1,
        cmp::Ordering::Equal => 0,
        cmp::Ordering::Greater => 1,
    };
    (sign, a.cmp(&b).reverse().then(cmp::Ordering::Less), x.partial_cmp(&y))
}

emits!(functions: orderings; Types, Functions);
