//! `if` as expression

use ringkernel::prelude::*;

#[ring_fn]
fn in_a_let(a: i32, b: i32) -> i32 {
    let x = if a < b {
        a
    } else if a == b {
        0
    } else {
        b
    };
    x ^ 1
}

#[ring_fn]
fn at_the_end(a: i32, b: i32) -> i32 {
    if a < b { a } else { b }
}

#[ring_fn]
fn inside(a: i32, b: i32) -> i32 {
    a ^ if b > 0 { 1 } else { 2 }
}

#[ring_fn]
fn with_statements(a: u32, b: u32) -> u32 {
    let x = if a > b {
        let d = a ^ b;
        d | 2
    } else {
        b
    };
    x ^ 1
}

emits!(functions: in_a_let, at_the_end, inside, with_statements);
