use ringkernel::prelude::*;

#[ring_message]
struct Tick;

#[ring_actor]
struct Clock;

#[ring_actor]
impl Clock {
    #[handler]
    fn tick(&mut self, _: Tick, ctx: &mut Context<Self>) {
        ctx.barrier(Group::<1>::Grid);
    }
}

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Water {
    level: Field<f32, 2>,
}

#[ring_actor]
impl Water {
    #[step]
    fn flow(&mut self, ctx: &mut Context<Self>) {
        self.level.update((), |own, ()| {
            ctx.barrier(Group::Grid);
            own.here()
        });
        ctx.barrier(Group::Near([3, 2]));
        ctx.barrier(Group::Near([0, 1]));
    }
}

fn main() {}
