use ringkernel::prelude::*;

#[ring_message]
struct Go {
    from: Addr<Lab>,
}

#[ring_message]
struct Weight;

#[ring_actor]
struct Lab {
    weight: u32,
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        m.from.tell(Weight);
        let _ = m.from.try_tell(Go { from: ctx.me() });
        ctx.ask(m.from, Weight);
    }

    #[handler]
    fn weight(&mut self, _: Weight) -> u32 {
        self.weight
    }
}

fn main() {}
