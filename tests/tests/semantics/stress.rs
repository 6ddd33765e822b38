use std::time::{Duration, Instant};

use ringkernel::AskError;
use ringkernel::prelude::*;

use crate::{PATIENCE, Random, builder};

#[ring_message]
struct Walk {
    seed: u64,
    hops: u32,
    fail_at: u32,
}

#[ring_message]
struct Done {
    hops: u32,
}

#[ring_message]
struct Poke;

/// Sends what it gets on to somebody; fails when told to.
#[ring_actor]
struct Walker {
    actors: u32,
    busy: bool,
    seen: u64,
}

#[ring_actor]
impl Walker {
    #[handler]
    fn walk(&mut self, m: Walk, ctx: &mut Context<Self>) {
        assert!(!self.busy, "two handlers of one actor overlap");
        self.busy = true;
        self.seen += 1;
        assert!(m.hops != m.fail_at, "told to fail");
        if m.hops == 0 {
            ctx.host().tell(Done { hops: m.hops });
        } else {
            let seed = m.seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let mut to = ctx.actor::<Walker>(((seed >> 33) % self.actors as u64) as u32);
            if seed >> 60 == 0 {
                to = ctx.me();
            }
            ctx.tell(to, Walk { seed, hops: m.hops - 1, fail_at: m.fail_at });
        }
        self.busy = false;
    }

    #[handler]
    fn poke(&mut self, _: Poke) -> u64 {
        self.seen
    }
}

/// How long the stress test goes on: `RINGKERNEL_STRESS_SECONDS`, else 2 s.
fn duration() -> Duration {
    let seconds = std::env::var("RINGKERNEL_STRESS_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(2))
}

#[test]
fn actors_failing_at_random_lose_nothing_of_the_others() {
    let end = Instant::now() + duration();
    let mut random = Random(42);
    while Instant::now() < end {
        let actors = 2 + random.below(200) as u32;
        let system = builder()
            .actors(actors, move |_| Walker { actors, busy: false, seen: 0 })
            .mailbox_depth(1 << random.below(5))
            .spare_cells(1 + random.below(300) as u32)
            .host_window(1 + random.below(500) as u32)
            .inbox_depth(1 + random.below(100) as u32)
            .workers(1 + random.below(4) as u32)
            .start()
            .unwrap();
        let inbox = system.inbox::<Done>();
        let walks = random.below(3000);
        let (mut done, mut asks) = (0, Vec::new());
        let start = Instant::now();
        for _ in 0..walks {
            let fail_at = if random.below(50) == 0 { random.below(50) as u32 } else { u32::MAX };
            let mut message = Walk { seed: random.next(), hops: random.below(100) as u32, fail_at };
            let to = system.actor::<Walker>(random.below(u64::from(actors)) as u32);
            while let Err(SendError::Full(back)) = to.tell(message) {
                message = back;
                done += inbox.try_iter().count() as u64;
                assert!(start.elapsed() < PATIENCE, "{}", system.stats());
            }
            if random.below(20) == 0
                && let Ok(ask) = to.ask(Poke)
            {
                asks.push(ask);
            }
        }
        while !system.settle(Duration::from_millis(5)) {
            done += inbox.try_iter().count() as u64;
            if start.elapsed() > PATIENCE {
                system.stop();
                panic!("{}, {actors} actors; {:?}", system.stats(), system.join());
            }
        }
        for ask in asks {
            assert!(matches!(ask.wait(), Ok(_) | Err(AskError::Dead { .. })));
        }
        let stats = system.stats();
        // What found the inbox full is still with its senders.
        while done < stats.sent_to_host {
            assert_eq!(inbox.recv_timeout(PATIENCE).map(|done| done.hops), Ok(0));
            done += 1;
        }
        assert!(inbox.try_recv().is_err(), "more than was sent: {stats}");
        assert_eq!(stats.in_flight(), 0, "{stats}");
        assert_eq!(system.failures().len() as u64, stats.failures.min(1024));
    }
}
