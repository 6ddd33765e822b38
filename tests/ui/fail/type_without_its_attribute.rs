#![allow(unused)]

use ringkernel::prelude::*;

struct Point {
    x: f32,
}

#[ring_message]
struct Go {
    to: Point,
}

#[ring_actor]
struct Lab {
    at: Point,
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, m: Go) -> f32 {
        self.at = m.to;
        let Point { x } = self.at;
        x
    }
}

fn main() {}
