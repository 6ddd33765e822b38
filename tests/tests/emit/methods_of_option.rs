//! methods of `Option`

use ringkernel::prelude::*;

#[ring_fn]
fn looked_at(a: Option<u32>, b: Option<u32>) -> (bool, bool, u32, u32, Option<u32>, Option<(u32, u32)>) {
    (a.is_some(), a.is_none(), a.unwrap_or(7), a.unwrap_or_default(), a.or(b).xor(b), a.and(b).zip(b))
}

#[ring_fn]
fn unwrapped(a: Option<u32>) -> u32 {
    a.unwrap() ^ a.expect("a number")
}

#[ring_fn]
fn changed(a: &mut Option<u32>) -> Option<u32> {
    if let Some(x) = a.as_mut() {
        *x ^= 3;
    }
    let old = a.replace(5);
    *a.get_or_insert(7) += 1;
    *a.insert(9) += 1;
    old.or(a.as_ref().copied())
}

emits!(functions: looked_at, unwrapped, changed; Functions, Sites);
