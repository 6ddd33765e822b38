//! a `Reply` parameter

use ringkernel::prelude::*;

#[ring_message]
struct Ask {
    value: u32,
}

#[ring_actor]
struct Oracle {
    asked: u32,
}

#[ring_actor]
impl Oracle {
    #[handler]
    fn ask(&mut self, m: Ask, reply: Reply<u32>) {
        self.asked ^= 1;
        if m.value > 100 {
            return;
        }
        reply.send(m.value);
    }
}

emits!(actors: Oracle; Functions, Actors);
