//! Questions that are kept: answered later, overwritten, moved on, dropped on every way out.

use ringkernel::Actor;
use ringkernel::prelude::*;

#[ring_message]
struct Ask {
    value: u32,
}

#[ring_message]
struct Unused;

#[ring_message]
struct Store;

#[ring_message]
struct Release {
    value: u32,
}

#[ring_message]
struct Slot {
    at: u32,
}

#[ring_actor]
struct Keeper {
    pending: Option<Reply<u32>>,
    waiting: [Option<Reply<()>>; 3],
    answered: u32,
}

#[ring_actor]
impl Keeper {
    /// Answers small values at once and drops the question otherwise.
    #[handler]
    fn ask(&mut self, m: Ask, reply: Reply<u32>) {
        if m.value > 100 {
            return;
        }
        assert!(m.value != 7, "never seven");
        reply.send(m.value * 2);
        self.answered += 1;
    }

    #[handler]
    fn unused(&mut self, _: Unused, _: Reply<u64>) {}

    /// The one before gets an error.
    #[handler]
    fn store(&mut self, _: Store, reply: Reply<u32>) {
        self.pending = Some(reply);
    }

    #[handler]
    fn release(&mut self, m: Release) -> bool {
        if let Some(reply) = self.pending.take() {
            reply.send(m.value);
            return true;
        }
        match self.waiting[0].take() {
            Some(reply) if m.value > 5 => reply.send(()),
            Some(_) => {}
            None => return false,
        }
        self.finish(m.value)
    }

    #[handler]
    fn slot(&mut self, m: Slot, reply: Reply<()>, ctx: &mut Context<Self>) {
        let at = m.at as usize;
        let old = self.waiting[at].replace(reply);
        if old.is_some() {
            trace!(ctx, "slot {} was taken", m.at);
        }
    }

    fn finish(&mut self, value: u32) -> bool {
        for slot in self.waiting.iter_mut() {
            let Some(reply) = slot.take() else { continue };
            if value == 0 {
                break;
            }
            reply.send(());
        }
        true
    }
}

#[test]
fn replies() {
    super::check("replies", &[Keeper::desc]);
}
