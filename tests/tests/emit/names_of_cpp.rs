//! names that C++ keeps for itself

use ringkernel::prelude::*;

#[ring_fn]
fn template(class: u32, new: u32) -> u32 {
    let int = class ^ new;
    let template = int | 1;
    template
}

emits!(functions: template);
