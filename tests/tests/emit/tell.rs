//! `ctx.tell(to, m)`, `ctx.try_tell(to, m)`

use ringkernel::prelude::*;

#[ring_message]
struct Ball {
    hops: u32,
}

#[ring_actor]
struct Player {
    next: Addr<Player>,
}

#[ring_actor]
impl Player {
    #[handler]
    fn ball(&mut self, m: Ball, ctx: &mut Context<Self>) {
        if m.hops > 0 {
            ctx.tell(self.next, Ball { hops: m.hops - 1 });
        }
    }
}

emits!(actors: Player; Functions, Plan);
