use ringkernel::prelude::*;

#[ring_actor(grid = 4)]
struct Space {
    now: Field<f64, 4>,
}

#[ring_actor(grid)]
struct Anything {
    now: Field<f64, 1>,
}

#[ring_actor(tile = 3)]
struct Tile {
    now: u32,
}

fn main() {}
