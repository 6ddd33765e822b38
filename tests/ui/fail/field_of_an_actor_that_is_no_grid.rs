use ringkernel::prelude::*;

#[ring_actor]
struct Wave {
    now: Field<f32, 2>,
}

#[ring_message]
struct Whole {
    field: Field<f32, 2>,
}

fn main() {}
