use ringkernel::prelude::*;

#[ring_message]
struct Freeze;

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Plate {
    heat: Field<f32, 2>,
    frozen: bool,
}

#[ring_actor]
impl Plate {
    #[step]
    fn spread(&mut self, ctx: &mut Context<Self>) {
        if self.frozen {
            ctx.hold();
        }
    }

    #[handler]
    fn freeze(&mut self, _: Freeze, ctx: &mut Context<Self>) {
        self.frozen = true;
        ctx.hold();
    }
}

fn main() {}
