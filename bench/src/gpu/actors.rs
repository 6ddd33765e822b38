//! The actors that the benchmarks run.

use ringkernel::prelude::*;

/// A message that travels on: 32 bytes, so a 64-byte slot.
#[ring_message]
pub(super) struct Hop {
    pub(super) x: u32,
    pub(super) left: u32,
    pub(super) load: [u32; 6],
}

/// A question; the answer is its number plus one.
#[ring_message]
pub(super) struct Probe {
    pub(super) x: u32,
}

/// From the host, counted and checked for order by its receiver.
#[ring_message]
pub(super) struct Numbered {
    pub(super) number: u32,
}

/// How many `Numbered` came, and how many of them out of order.
#[ring_message]
pub(super) struct Counted;

/// Says so many things to the host.
#[ring_message]
pub(super) struct Speak {
    pub(super) times: u32,
}

/// What is said.
#[ring_message]
pub(super) struct Said {
    pub(super) by: u32,
    pub(super) number: u32,
}

/// To whom a `Node` sends: anyone, or mostly a few.
pub(super) const ANYONE: u32 = 0;
pub(super) const POWER_LAW: u32 = 1;
pub(super) const HOT: u32 = 2;

#[ring_fn]
fn next_random(x: u32) -> u32 {
    let mut x = x;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    x
}

/// The peer that a random number picks.
#[ring_fn]
fn pick(random: u32, peers: u32, pattern: u32) -> u32 {
    let any = ((random as u64 * peers as u64) >> 32) as u32;
    if pattern == POWER_LAW {
        // Squared twice: the first hundredth of the actors gets a third of the messages.
        let square = ((any as u64 * any as u64) / peers as u64) as u32;
        ((square as u64 * square as u64) / peers as u64) as u32
    } else if pattern == HOT && random & 0xff == 0 {
        0
    } else {
        any
    }
}

macro_rules! node {
    ($Name:ident) => {
        /// Sends every `Hop` on to a pseudo-random peer of either type.
        #[ring_actor]
        pub(super) struct $Name {
            pub(super) random: u32,
            pub(super) peers: u32,
            pub(super) pattern: u32,
            pub(super) handled: u32,
        }
    };
}
node!(Even);
node!(Odd);

#[ring_actor]
impl Even {
    #[handler]
    fn hop(&mut self, m: Hop, ctx: &mut Context<Self>) {
        self.handled = self.handled.wrapping_add(1);
        self.random = next_random(self.random.wrapping_add(m.x) | 1);
        if m.left == 0 {
            return;
        }
        let peer = pick(self.random, self.peers, self.pattern);
        let next = Hop { x: m.x.wrapping_add(1), left: m.left - 1, load: m.load };
        if peer & 1 == 0 {
            ctx.tell(ctx.actor::<Even>(peer >> 1), next);
        } else {
            ctx.tell(ctx.actor::<Odd>(peer >> 1), next);
        }
    }

    #[handler]
    fn probe(&mut self, m: Probe) -> u32 {
        m.x.wrapping_add(1)
    }
}

#[ring_actor]
impl Odd {
    #[handler]
    fn hop(&mut self, m: Hop, ctx: &mut Context<Self>) {
        self.handled = self.handled.wrapping_add(1);
        self.random = next_random(self.random.wrapping_add(m.x) | 1);
        if m.left == 0 {
            return;
        }
        let peer = pick(self.random, self.peers, self.pattern);
        let next = Hop { x: m.x.wrapping_add(1), left: m.left - 1, load: m.load };
        if peer & 1 == 0 {
            ctx.tell(ctx.actor::<Even>(peer >> 1), next);
        } else {
            ctx.tell(ctx.actor::<Odd>(peer >> 1), next);
        }
    }
}

/// Counts what the host sends, and speaks to it.
#[ring_actor]
pub(super) struct Counter {
    pub(super) me: u32,
    pub(super) expected: u32,
    pub(super) count: u32,
    pub(super) wrong: u32,
    pub(super) said: u32,
}

#[ring_actor]
impl Counter {
    #[handler]
    fn numbered(&mut self, m: Numbered) {
        if m.number != self.expected {
            self.wrong += 1;
        }
        self.expected = m.number.wrapping_add(1);
        self.count = self.count.wrapping_add(1);
    }

    #[handler]
    fn counted(&mut self, _: Counted) -> [u32; 2] {
        [self.count, self.wrong]
    }

    #[handler]
    fn probe(&mut self, m: Probe) -> u32 {
        m.x.wrapping_add(1)
    }

    /// Says one thing and sends itself the rest, so that all speakers take turns.
    #[handler]
    fn speak(&mut self, m: Speak, ctx: &mut Context<Self>) {
        ctx.host().tell(Said { by: self.me, number: self.said });
        self.said = self.said.wrapping_add(1);
        if m.times > 1 {
            ctx.tell(ctx.me(), Speak { times: m.times - 1 });
        }
    }
}

/// `count` counters.
pub(super) fn counters(count: u32) -> ringkernel::Builder {
    System::builder().actors(count, |i| Counter { me: i, expected: 0, count: 0, wrong: 0, said: 0 })
}
