use ringkernel::prelude::*;

struct Plain {
    #[checkpoint]
    x: u32,
}

fn main() {}
