//! `ctx.tell(to, m)`, `ctx.try_tell(to, m)`
//!
//! How many it sends is not known, so it takes spare cells as it needs them.

use ringkernel::prelude::*;

#[ring_message]
struct Burst {
    count: u32,
}

#[ring_actor]
struct Player {
    next: Addr<Player>,
}

#[ring_actor]
impl Player {
    #[handler]
    fn burst(&mut self, m: Burst, ctx: &mut Context<Self>) {
        for _ in 0..m.count {
            ctx.tell(self.next, Burst { count: 0 });
        }
    }
}

emits!(actors: Player; Functions, Plan);
