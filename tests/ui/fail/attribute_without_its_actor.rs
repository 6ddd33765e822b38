#![allow(unused)]

use ringkernel::prelude::*;

struct Plain {
    x: u32,
}

impl Plain {
    #[handler]
    fn go(&mut self) {}
}

#[ring_fn(fast)]
fn quick() {}

#[checkpoint]
static SAVED: u32 = 0;

#[debuggable]
static SEEN: u32 = 0;

fn main() {}
