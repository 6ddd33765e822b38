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
        trace!(ctx, "{}", Pair { a: 1 });
    }
}

fn main() {}

#[derive(DeviceType)]
struct Pair {
    a: u32,
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.a)
    }
}
