//! The workloads on the CPU backend.

use ringkernel::prelude::*;

use super::{ACTORS, HOPS, Result, TOKENS};

#[ring_message]
struct Token {
    seed: u64,
    left: u32,
}

#[ring_message]
struct Done;

#[ring_message]
struct Question {
    number: u64,
}

#[ring_actor]
struct Node {
    actors: u32,
    handled: u64,
}

#[ring_actor]
impl Node {
    #[handler]
    fn token(&mut self, m: Token, ctx: &mut Context<Self>) {
        self.handled += 1;
        if m.left == 0 {
            ctx.host().tell(Done);
            return;
        }
        let seed = m.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let to = ctx.actor::<Node>(((seed >> 33) % self.actors as u64) as u32);
        ctx.tell(to, Token { seed, left: m.left - 1 });
    }

    #[handler]
    fn question(&mut self, m: Question) -> u64 {
        m.number.wrapping_add(1)
    }
}

fn start() -> Result<System> {
    let builder = System::builder().backend(Backend::Cpu).workers(super::threads() as u32);
    Ok(builder.actors(ACTORS, |_| Node { actors: ACTORS, handled: 0 }).start()?)
}

pub(super) fn messages() -> Result<f64> {
    let system = start()?;
    let inbox = system.inbox::<Done>();
    let start = std::time::Instant::now();
    for token in 0..TOKENS {
        let seed = super::next(u64::from(token));
        system.actor::<Node>(super::receiver(seed) as u32).tell(Token { seed, left: HOPS - 1 })?;
    }
    for _ in 0..TOKENS {
        inbox.recv()?;
    }
    let took = start.elapsed();
    // The last handlers are about to come back.
    system.settle(std::time::Duration::from_secs(10));
    let handled = system.stats().handled;
    if handled != u64::from(TOKENS) * u64::from(HOPS) {
        return Err(format!("{handled} messages were handled").into());
    }
    Ok(handled as f64 / took.as_secs_f64())
}

pub(super) fn questions() -> Result<(f64, f64)> {
    let system = start()?;
    let actors: Vec<_> = (0..ACTORS).map(|i| system.actor::<Node>(i)).collect();
    super::time_questions(|actor, number| Ok(actors[actor].ask(Question { number })?.wait()?))
}
