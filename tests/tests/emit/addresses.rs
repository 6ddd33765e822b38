//! `ctx.me()`, `ctx.sender()`, `ctx.actor::<B>(i)`

use ringkernel::prelude::*;

#[ring_message]
struct Hello {
    from: Addr<Player>,
}

#[ring_actor]
struct Player {
    known: Addr<Player>,
    last: AnyAddr,
}

#[ring_actor]
impl Player {
    #[handler]
    fn hello(&mut self, m: Hello, ctx: &mut Context<Self>) -> bool {
        if m.from != ctx.me() {
            self.known = ctx.actor(3);
            self.last = ctx.sender();
        }
        self.last == self.known.any()
    }
}

emits!(actors: Player; Functions, Sites);
