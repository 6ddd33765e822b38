#![allow(unused)]

use ringkernel::prelude::*;

#[ring_message]
struct Rename {
    name: String,
}

#[ring_actor]
struct Lab {
    names: Vec<u8>,
}

fn main() {}
