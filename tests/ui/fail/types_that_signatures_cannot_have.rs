#![allow(unused)]

use ringkernel::prelude::*;

#[ring_fn]
fn hidden(x: impl Copy) {}

#[ring_fn]
fn pointer(x: *const u32) {}

#[ring_fn]
fn callback(f: fn(u32) -> u32) {}

#[ring_fn]
fn dynamic(f: &dyn Fn(u32)) {}

fn main() {}
