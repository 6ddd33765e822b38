use ringkernel::prelude::*;

#[ring_message]
struct Hot;

#[ring_actor]
struct Fan;

#[ring_actor]
impl Fan {
    #[handler]
    fn hot(&mut self, _: Hot) {}
}

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Plate {
    heat: Field<f32, 2>,
    fan: Option<Addr<Fan>>,
}

#[ring_actor]
impl Plate {
    #[step]
    fn spread(&mut self, ctx: &mut Context<Self>) {
        if let Some(fan) = self.fan {
            ctx.tell(fan, Hot);
        }
    }

    #[handler]
    fn hot(&mut self, _: Hot, context: &mut Context<Self>) {
        context.host().tell(Hot);
        let _ = context.try_tell(context.actor::<Fan>(0), Hot);
    }
}

fn main() {}
