use ringkernel::prelude::*;

#[ring_actor(grid = 3)]
struct Wave {
    now: Field<f32, 2>,
    name: String,
    cells: Field<Vec<u8>, 3>,
}

fn main() {}
