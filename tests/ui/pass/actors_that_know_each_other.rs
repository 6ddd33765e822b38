//! Addresses make a cycle of types, and a message carries its sender's address.
use ringkernel::Actor;
use ringkernel::prelude::*;
use ringkernel_codegen::{Program, compile};

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
        if m.left > 0 {
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
        self.seen += left;
        &mut self.seen
    }
}

fn main() {
    let program = Program { actors: vec![Pinger::desc(), Ponger::desc()], ..Program::default() };
    if let Err(errors) = compile(&program) {
        panic!("{}", errors[0]);
    }
}
