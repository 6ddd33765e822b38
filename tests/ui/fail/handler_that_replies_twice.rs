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
    fn both(&mut self, m: Go, reply: Reply<u32>) -> u32 {
        m.n
    }
}

fn main() {}
