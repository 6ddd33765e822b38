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
        let f = m;
        f(1);
        (self.values[0])(1);
        std::process::exit(1);
    }
}

fn main() {}
