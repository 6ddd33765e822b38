//! Addresses make a cycle of types, helpers call each other in a cycle, and a message carries its sender's address.
use ringkernel::Actor;
use ringkernel::prelude::*;

#[ring_message]
struct Ping {
    from: Addr<Pinger>,
    left: u32,
}

#[ring_message]
struct Pong {
    from: Addr<Ponger>,
    left: u32,
}

#[ring_actor]
struct Pinger {
    other: Option<Addr<Ponger>>,
    last: [Option<Addr<Pinger>>; 2],
}

#[ring_actor]
struct Ponger {
    seen: u32,
}

#[ring_actor]
impl Pinger {
    #[handler]
    fn pong(&mut self, m: Pong, ctx: &mut Context<Self>) {
        self.other = Some(m.from);
        if even(m.left) {
            ctx.tell(m.from, Ping { from: ctx.me(), left: m.left - 1 });
        }
    }
}

#[ring_actor]
impl Ponger {
    #[handler]
    fn ping(&mut self, Ping { from, left }: Ping, ctx: &mut Context<Self>) {
        self.count(left);
        ctx.tell(from, Pong { from: ctx.me(), left });
    }

    fn count(&mut self, left: u32) -> &mut u32 {
        if left > 0 { self.count(left - 1) } else { &mut self.seen }
    }
}

#[ring_fn]
fn even(n: u32) -> bool {
    n == 0 || odd(n - 1)
}

#[ring_fn]
fn odd(n: u32) -> bool {
    n != 0 && even(n - 1)
}

fn main() {
    for handler in Pinger::desc().handlers.iter().chain(Ponger::desc().handlers) {
        (handler.tables)();
    }
}
