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

fn main() {}
