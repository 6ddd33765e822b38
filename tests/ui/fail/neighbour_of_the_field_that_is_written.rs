use ringkernel::prelude::*;

#[ring_actor(grid = 2)]
struct Heat {
    now: Field<f64, 2>,
    next: Field<f64, 2>,
}

#[ring_actor]
impl Heat {
    #[step]
    fn advance(&mut self) {
        self.next.update(&self.now, |next, now| now.here() + next.at([1, 0]));
    }
}

fn main() {}
