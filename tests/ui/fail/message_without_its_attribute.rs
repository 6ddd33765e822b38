#![allow(unused)]

use ringkernel::prelude::*;

struct Go {
    n: u32,
}

#[ring_actor]
struct Lab {
    other: Addr<Lab>,
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        if m.n > 0 {
            ctx.tell(self.other, Go { n: m.n - 1 });
            ctx.host().tell(Go { n: 0 });
        }
    }

    #[handler]
    fn number(&mut self, m: u32) {}
}

fn uses(system: &System) {
    system.actor::<Lab>(0).tell(Go { n: 1 }).unwrap();
}

fn main() {}
