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
    fn nothing(&mut self) {}
    #[handler]
    fn by_value(self, m: Go) {}
    #[handler]
    fn no_self(m: Go) {}
    #[handler]
    fn two(&mut self, m: Go, other: Go) {}
}

fn main() {}
