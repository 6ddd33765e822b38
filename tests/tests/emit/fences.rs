//! `SharedSlice`, `SharedAtomics`, `fence`
//!
//! Each order and scope of a fence.

use ringkernel::prelude::*;

#[ring_fn]
fn fences() {
    fence(Ordering::Acquire, Scope::Device);
    fence(Ordering::Release, Scope::Device);
    fence(Ordering::AcqRel, Scope::Device);
    fence(Ordering::SeqCst, Scope::Device);
    fence(Ordering::AcqRel, Scope::Block);
    fence(Ordering::AcqRel, Scope::System);
}

emits!(functions: fences);
