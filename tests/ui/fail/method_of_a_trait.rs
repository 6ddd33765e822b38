use ringkernel::DeviceValue;
use ringkernel::prelude::*;

trait Shape {
    fn area(&self) -> f32;
}

#[derive(DeviceType)]
struct Circle {
    radius: f32,
}

impl Shape for Circle {
    fn area(&self) -> f32 {
        3.0 * self.radius * self.radius
    }
}

#[ring_fn]
impl Circle {
    fn larger<S: Shape + DeviceValue>(&self, than: S) -> bool {
        self.area() > than.area()
    }
}

fn main() {}
