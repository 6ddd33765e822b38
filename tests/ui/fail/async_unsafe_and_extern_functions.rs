#![allow(unused)]

use ringkernel::prelude::*;

#[ring_fn]
async fn waits() {}

#[ring_fn]
unsafe fn dangerous() {}

#[ring_fn]
extern "C" fn foreign() {}

fn main() {}
