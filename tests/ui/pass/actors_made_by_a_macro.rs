//! Everything an attribute sees may come from a macro of the user's.
use ringkernel::Actor;
use ringkernel::prelude::*;
use ringkernel_codegen::{Program, compile};

macro_rules! counter {
    ($name:ident, $message:ident, $field:ident : $ty:ty, $step:expr) => {
        #[ring_message]
        struct $message {
            by: $ty,
        }

        #[ring_actor]
        struct $name {
            $field: $ty,
        }

        #[ring_actor]
        impl $name {
            #[handler]
            fn add(&mut self, m: $message) -> $ty {
                let step = $step;
                for _ in 0..2 {
                    self.$field += clamped(m.by) * step;
                }
                self.$field
            }
        }
    };
}

#[ring_fn]
fn clamped<T: PartialOrd + From<u8>>(x: T) -> T {
    if x > T::from(9) { T::from(9) } else { x }
}

counter!(Wide, AddWide, total: u64, 3);
counter!(Narrow, AddNarrow, sum: f32, 1.5);

fn main() {
    let program = Program { actors: vec![Wide::desc(), Narrow::desc()], ..Program::default() };
    if let Err(errors) = compile(&program) {
        panic!("{}", errors[0]);
    }
}
