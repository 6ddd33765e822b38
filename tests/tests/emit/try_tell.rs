//! `ctx.tell(to, m)`, `ctx.try_tell(to, m)`

use ringkernel::prelude::*;

#[ring_message]
struct Ball {
    hops: u32,
}

#[ring_message]
struct Drop;

#[ring_actor]
struct Player {
    next: Addr<Player>,
    kept: u32,
}

#[ring_actor]
impl Player {
    #[handler]
    fn ball(&mut self, m: Ball, ctx: &mut Context<Self>) {
        if let Err(Full(ball)) = ctx.try_tell(self.next, m) {
            self.kept = ball.hops;
        }
    }

    #[handler]
    fn drop(&mut self, _: Drop, ctx: &mut Context<Self>) -> bool {
        ctx.try_tell(self.next, Drop).is_ok()
    }
}

emits!(actors: Player; Functions, Plan);
