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
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        self.total = host(m.n);
        self.total = tools::far(m.n);
        self.total = hots(m.n);
    }
}

fn main() {}

fn host(n: u32) -> u32 {
    n
}

mod tools {
    pub fn far(n: u32) -> u32 {
        n
    }
}
