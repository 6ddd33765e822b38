use ringkernel::prelude::*;

#[ring_message]
struct Gust {
    speed: f32,
}

#[ring_message]
#[derive(Clone, Copy)]
struct Draught {
    speed: f32,
}

#[ring_actor]
struct Fan;

#[ring_actor]
impl Fan {
    #[handler]
    fn gust(&mut self, m: Gust, context: &mut Context<Self>) {
        let _ = context.send(Dir::East, m);
    }

    #[handler]
    fn draught(&mut self, m: Draught, context: &mut Context<Self>) {
        context.exchange(m);
    }
}

#[ring_actor(grid = 1)]
#[derive(Default)]
struct Air {
    speed: Field<f32, 1>,
}

#[ring_actor]
impl Air {
    #[step]
    fn blow(&mut self, ctx: &mut Context<Self>) {
        self.speed.update((), |own, ()| {
            let _ = ctx.send(Dir::West, Gust { speed: own.here() });
            ctx.exchange(Draught { speed: own.here() });
            own.here()
        });
    }

    #[handler]
    fn gust(&mut self, m: Gust) {
        self.speed.set([0], m.speed);
    }

    #[handler]
    fn draught(&mut self, m: Draught) {
        self.speed.set([0], m.speed);
    }
}

fn main() {}
