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
        self.next.update(&self.now, |_, now| now.at([0, 4]) + now.at([5, 0]) + now.at([0, -12]));
    }
}

fn main() {}
