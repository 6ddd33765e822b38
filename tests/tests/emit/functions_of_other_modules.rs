//! helper methods, `#[ring_fn]` functions and impl blocks
//!
//! Of other modules; two of one name are told apart by their modules.

use ringkernel::prelude::*;

mod metres {
    use ringkernel::prelude::*;

    #[ring_fn]
    pub(crate) fn scale(x: f32) -> f32 {
        x * 2.0
    }
}

mod feet {
    use ringkernel::prelude::*;

    #[ring_fn]
    pub(crate) fn scale(x: f32) -> f32 {
        x * 3.0
    }

    #[ring_fn]
    pub(crate) fn half(x: f32) -> f32 {
        x / 2.0
    }
}

use feet::half;

#[ring_fn]
fn both(x: f32) -> f32 {
    metres::scale(x) + feet::scale(half(x))
}

emits!(functions: both);
