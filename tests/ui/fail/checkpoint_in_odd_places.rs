#![allow(unused)]

use ringkernel::prelude::*;

#[derive(DeviceType)]
struct Point {
    #[checkpoint]
    x: f32,
}

#[ring_message]
struct Go {
    #[debuggable]
    n: u32,
}

#[derive(DeviceType)]
enum Shape {
    #[checkpoint]
    Empty,
    Circle {
        #[debuggable]
        radius: f32,
    },
}

#[ring_actor]
#[checkpoint]
struct Lab {
    #[checkpoint(daily)]
    total: u32,
    #[debuggable]
    #[debuggable]
    at: f32,
    #[checkpoint]
    #[debuggable]
    right: u32,
}

#[ring_actor]
impl Lab {
    #[handler]
    #[checkpoint]
    fn go(&mut self, m: Go) {}
}

fn main() {}
