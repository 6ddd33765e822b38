#![allow(unused)]

use ringkernel::prelude::*;

#[ring_message]
struct Go {
    n: u32,
}

#[ring_actor]
struct Lab {
    total: u32,
    values: [u32; 4],
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, m: Go) {}
    #[handler]
    fn again(&mut self, m: Go) {}
}

fn main() {}
