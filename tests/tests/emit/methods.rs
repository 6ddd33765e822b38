//! methods of your types

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Counter {
    count: u32,
    step: u32,
}

#[ring_fn]
impl Counter {
    /// A counter that begins at zero.
    fn new(step: u32) -> Self {
        Self { count: 0, step }
    }

    fn peek(&self) -> u32 {
        self.count ^ self.step
    }

    fn next(&mut self) -> u32 {
        self.count ^= self.step;
        self.peek()
    }

    fn reset(self) -> Self {
        Self { count: 0, ..self }
    }
}

#[ring_fn]
fn methods(step: u32) -> (u32, Counter) {
    let mut counter = Counter::new(step);
    (counter.next(), counter.reset())
}

emits!(functions: methods);
