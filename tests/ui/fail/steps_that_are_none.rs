use ringkernel::prelude::*;

#[ring_message]
struct Tick;

#[ring_actor(grid = 1)]
struct Line {
    now: Field<f64, 1>,
}

#[ring_actor]
impl Line {
    #[step]
    fn without_self() {}

    #[step]
    fn shared(&self) {}

    #[step]
    fn with_a_message(&mut self, m: Tick) {}

    #[step]
    fn with_a_result(&mut self) -> bool {
        true
    }

    #[step]
    fn right(&mut self, ctx: &mut Context<Self>) {}

    #[step]
    fn right_but_second(&mut self) {}
}

#[step]
fn alone() {}

fn main() {}
