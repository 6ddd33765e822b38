#![allow(unused)]

use ringkernel::prelude::*;

#[ring_actor]
enum Lab {
    On,
}

#[ring_message]
fn go() {}

#[ring_fn]
struct Data;

struct Plain;

impl Plain {
    #[ring_fn]
    fn method(&self) {}
}

fn main() {}
