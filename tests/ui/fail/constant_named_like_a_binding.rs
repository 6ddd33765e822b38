#![allow(unused)]

use ringkernel::prelude::*;

#[allow(non_upper_case_globals)]
const limit: u32 = 3;

#[ring_fn]
fn under(n: u32) -> bool {
    match n {
        limit => true,
        _ => false,
    }
}

fn main() {}
