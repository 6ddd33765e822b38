//! a `Reply` parameter
//!
//! Kept in the state, and sent later.

use ringkernel::prelude::*;

#[ring_message]
struct Wait;

#[ring_message]
struct Release {
    value: u32,
}

#[ring_actor]
struct Gate {
    waiting: Option<Reply<u32>>,
}

#[ring_actor]
impl Gate {
    #[handler]
    fn wait(&mut self, _: Wait, reply: Reply<u32>) {
        self.waiting = Some(reply);
    }

    #[handler]
    fn release(&mut self, m: Release) {
        if let Some(reply) = self.waiting.take() {
            reply.send(m.value);
        }
    }
}

emits!(actors: Gate; Types, Functions);
