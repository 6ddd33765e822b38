use ringkernel::prelude::*;

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Water {
    level: Field<f32, 2>,
}

#[ring_actor]
impl Water {
    #[step]
    fn flow(&mut self, ctx: &mut Context<Self>) {
        ctx.barrier(Group::Near([3, 3, 3]));
    }
}

fn main() {}
