use ringkernel::prelude::*;

#[ring_message]
struct Gust;

#[ring_message]
struct Calm;

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Air {
    speed: Field<f32, 2>,
}

#[ring_actor]
impl Air {
    #[step]
    fn blow(&mut self, ctx: &mut Context<Self>) {
        let _ = ctx.send(Dir::East, Calm);
        let _ = ctx.send(1, Gust);
    }

    #[handler]
    fn gust(&mut self, _: Gust) {}
}

fn main() {}
