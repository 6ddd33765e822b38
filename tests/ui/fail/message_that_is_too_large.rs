#![allow(unused)]

use ringkernel::prelude::*;

#[ring_message]
struct Image {
    pixels: [u8; 4096],
}

#[ring_message]
struct Wrapped<T>(T);

#[ring_actor]
struct Lab {
    total: u32,
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, m: Wrapped<[u64; 64]>) {}
}

fn main() {}
