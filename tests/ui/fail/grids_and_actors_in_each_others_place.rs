use ringkernel::prelude::*;

#[ring_message]
struct Tick;

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Wave {
    now: Field<f32, 2>,
}

#[ring_actor]
impl Wave {
    #[step]
    fn advance(&mut self) {}
}

#[ring_actor]
struct Counter {
    ticks: u32,
}

#[ring_actor]
impl Counter {
    #[handler]
    fn tick(&mut self, _: Tick, ctx: &mut Context<Self>) {
        self.ticks += ctx.step() as u32;
    }
}

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Still {
    now: Field<f32, 2>,
}

#[ring_actor]
impl Still {}

fn main() {
    let _ = System::builder().actors(1, |_| Wave::default());
    let _ = System::builder().grid([1, 1], Boundary::Open, Counter { ticks: 0 });
    let _ = System::builder().grid([1, 1], Boundary::Open, Still::default());
    let _ = System::builder().grid([1, 1, 1], Boundary::Open, Wave::default());
}
