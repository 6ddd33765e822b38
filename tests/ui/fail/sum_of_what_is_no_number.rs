use ringkernel::prelude::*;

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Heat {
    now: Field<(f32, f32), 2>,
    total: f32,
}

#[ring_actor]
impl Heat {
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        let _ = ctx.sum(&self.now, |now| now);
        let _ = ctx.max(&self.now, |now| now.here());
    }
}

fn main() {}
