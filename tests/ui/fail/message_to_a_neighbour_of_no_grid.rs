use ringkernel::prelude::*;

#[ring_message]
struct Gust;

#[ring_actor]
struct Fan;

#[ring_actor]
impl Fan {
    #[handler]
    fn gust(&mut self, m: Gust, ctx: &mut Context<Self>) {
        Self::pass(m, ctx);
    }
}

#[ring_fn]
impl Fan {
    fn pass(m: Gust, to: &mut Context<Self>) {
        let _ = to.send(Dir::East, m);
    }
}

fn main() {}
