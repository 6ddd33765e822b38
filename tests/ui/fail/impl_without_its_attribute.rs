#![allow(unused)]

use ringkernel::prelude::*;

#[ring_message]
struct Go {
    n: u32,
}

#[ring_actor]
struct Lab {
    total: u32,
}

impl Lab {
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        self.total += m.n;
    }
}

#[ring_actor]
struct Other {
    lab: Addr<Lab>,
}

#[ring_actor]
impl Other {
    #[handler]
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        ctx.tell(self.lab, m);
    }
}

fn uses(system: &System) {
    system.actor::<Lab>(0).tell(Go { n: 1 }).unwrap();
}

fn main() {}
