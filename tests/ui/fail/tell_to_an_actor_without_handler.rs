#![allow(unused)]

use ringkernel::prelude::*;

#[ring_message]
struct Go;

#[ring_message]
struct Other;

#[ring_message]
struct Third;

#[ring_actor]
struct Lab {
    peer: Addr<Lab>,
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        ctx.tell(self.peer, Other);
    }

    #[handler]
    fn third(&mut self, m: Third) {}
}

fn main() {}
