#![allow(unused)]

use ringkernel::prelude::*;

#[ring_message]
struct Go {
    n: u32,
}

struct Lab {
    total: u32,
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) -> u32 {
        self.total += self.helper(m.n);
        ctx.tell(ctx.me(), Go { n: 3 });
        self.total
    }

    fn helper(&self, n: u32) -> u32 {
        n
    }
}

fn uses(system: &System) {
    system.actor::<Lab>(0).tell(Go { n: 1 }).unwrap();
}

fn main() {}
