use std::time::{Duration, Instant};

use ringkernel::EndError;
use ringkernel::prelude::*;

use crate::{PATIENCE, builder};

#[ring_message]
struct Tell {
    first: u32,
    count: u32,
}

#[ring_message]
struct Try {
    count: u32,
}

#[ring_message]
struct Flood {
    to: u32,
    count: u32,
}

#[ring_message]
struct Drop {
    number: u32,
}

#[ring_message]
struct Report {
    number: u32,
}

#[ring_message]
struct Count;

#[ring_actor]
struct Node {
    got: u64,
    refused: u32,
}

#[ring_actor]
impl Node {
    #[handler]
    fn drop(&mut self, _: Drop) {
        self.got += 1;
    }

    /// Sends to itself, whose mailbox nobody empties meanwhile.
    #[handler]
    fn try_it(&mut self, m: Try, ctx: &mut Context<Self>) {
        for number in 0..m.count {
            if ctx.try_tell(ctx.me(), Drop { number }).is_err() {
                self.refused += 1;
            }
        }
    }

    #[handler]
    fn flood(&mut self, m: Flood, ctx: &mut Context<Self>) {
        let to = ctx.actor::<Node>(m.to);
        for number in 0..m.count {
            ctx.tell(to, Drop { number });
        }
    }

    #[handler]
    fn tell(&mut self, m: Tell, ctx: &mut Context<Self>) {
        for number in m.first..m.first + m.count {
            ctx.host().tell(Report { number });
        }
    }

    #[handler]
    fn count(&mut self, _: Count) -> (u64, u32) {
        (self.got, self.refused)
    }
}

fn node(_: u32) -> Node {
    Node { got: 0, refused: 0 }
}

#[test]
fn try_tell_gives_full_at_the_depth_and_never_spills() {
    let system = builder().actors(1, node).mailbox_depth(8).start().unwrap();
    let actor = system.actor::<Node>(0);
    actor.tell(Try { count: 100 }).unwrap();
    assert!(system.settle(PATIENCE));
    // On a device the message whose handler runs may still have its place.
    let (got, refused) = actor.ask(Count).unwrap().wait().unwrap();
    assert!((7..=8).contains(&got) && got + u64::from(refused) == 100, "{got} and {refused}");
    assert_eq!(system.stats().spilled, 0);
}

#[test]
fn tell_in_a_handler_always_succeeds_beyond_depth_and_pool() {
    let system = builder().actors(2, node).mailbox_depth(1).spare_cells(crate::cells(10)).start().unwrap();
    system.actor::<Node>(0).tell(Flood { to: 1, count: 10_000 }).unwrap();
    assert!(system.settle(PATIENCE), "{}", system.stats());
    assert_eq!(system.actor::<Node>(1).ask(Count).unwrap().wait().unwrap(), (10_000, 0));
}

#[test]
fn a_handler_that_sends_without_end_fails_its_actor() {
    let system = builder().actors(2, node).mailbox_depth(1).spare_cells(10).start().unwrap();
    system.actor::<Node>(0).tell(Flood { to: 0, count: u32::MAX }).unwrap();
    assert!(system.settle(PATIENCE), "{}", system.stats());
    let failures = system.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_eq!(failures[0].kind, ringkernel::FailureKind::PoolExhausted);
    assert_eq!(failures[0].name, "Node#0");
}

#[test]
fn the_host_gets_its_message_back_when_its_window_is_full() {
    let system = builder().actors(1, |_| Sleeper { slept: 0 }).host_window(10).start().unwrap();
    let actor = system.actor::<Sleeper>(0);
    let start = Instant::now();
    let mut full = 0;
    let mut sent = 0;
    // Until the window was full once: whoever sends is sometimes slower than the actor.
    while sent < 100 || full == 0 {
        let number = sent;
        sent += 1;
        let mut message = Drop { number };
        loop {
            match actor.tell(message) {
                Ok(()) => break,
                Err(SendError::Full(back)) => {
                    assert_eq!(back.number, number);
                    full += 1;
                    message = back;
                    std::thread::yield_now();
                }
                Err(error) => panic!("{error}"),
            }
            assert!(start.elapsed() < PATIENCE, "{sent} messages, and {full} times a full window");
        }
    }
    assert!(system.settle(PATIENCE));
    assert_eq!(system.stats().handled, u64::from(sent));
}

#[ring_actor]
struct Sleeper {
    slept: u64,
}

#[ring_actor]
impl Sleeper {
    /// Takes its time.
    #[handler]
    fn drop(&mut self, m: Drop) {
        let mut x = u64::from(m.number);
        for i in 0..100_000 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(i);
        }
        self.slept ^= x;
    }
}

#[test]
fn actors_wait_while_an_inbox_of_the_host_is_full() {
    // More than what a device keeps for the host on the way to its inbox.
    const RUNS: u32 = 300;
    const EACH: u32 = 100;
    let system = builder().actors(1, node).actors(1, |_| Sleeper { slept: 0 }).inbox_depth(100).start().unwrap();
    for run in 0..RUNS {
        let message = Tell { first: run * EACH, count: EACH };
        system.actor::<Node>(0).tell_timeout(message, PATIENCE).unwrap();
    }
    let mut handled = u64::MAX;
    while std::mem::replace(&mut handled, system.stats().handled) != handled {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(handled < RUNS.into(), "the actor ran {handled} times while nobody listened");
    // Others are not disturbed.
    system.actor::<Sleeper>(0).ask(Drop { number: 0 }).unwrap().wait_timeout(PATIENCE).unwrap();
    let inbox = system.inbox::<Report>();
    for number in 0..RUNS * EACH {
        assert_eq!(inbox.recv_timeout(PATIENCE).unwrap().number, number);
    }
    assert!(system.settle(PATIENCE), "{}", system.stats());
    assert_eq!(system.stats().handled, u64::from(RUNS) + 1);
}

#[test]
fn what_a_handler_told_the_host_before_it_failed_arrives() {
    let system = builder().actors(1, node).spare_cells(10).start().unwrap();
    system.actor::<Node>(0).tell(Tell { first: 0, count: u32::MAX }).unwrap();
    assert!(system.settle(PATIENCE), "{}", system.stats());
    // There may have been no room for the news of it.
    assert_eq!(system.stats().failures, 1);
    let (inbox, told) = (system.inbox::<Report>(), system.stats().sent_to_host);
    assert!(told >= 4096, "only {told}");
    for number in 0..told as u32 {
        assert_eq!(inbox.recv_timeout(PATIENCE).unwrap().number, number);
    }
}

#[ring_message]
struct Double;

#[ring_actor]
struct Rabbit {
    seen: u64,
}

#[ring_actor]
impl Rabbit {
    #[handler]
    fn double(&mut self, _: Double, ctx: &mut Context<Self>) {
        self.seen += 1;
        let other = ctx.actor::<Rabbit>((self.seen % 7) as u32);
        ctx.tell(ctx.me(), Double);
        ctx.tell(other, Double);
    }
}

#[test]
fn messages_multiplied_without_end_are_reported_as_stalled() {
    let system = builder().actors(7, |_| Rabbit { seen: 0 }).mailbox_depth(4).spare_cells(1000).start().unwrap();
    system.actor::<Rabbit>(3).tell(Double).unwrap();
    match system.join_timeout(PATIENCE) {
        Err(EndError::Stalled(stalled)) => {
            assert!(stalled.count > 0);
            assert!(stalled.actors.iter().all(|name| name.starts_with("Rabbit#")), "{stalled}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(system.actor::<Rabbit>(0).tell(Double), Err(SendError::Stopped(_))));
}

#[ring_message]
struct Token {
    hops: u32,
}

#[ring_actor]
struct Ring {
    next: u32,
    passed: u64,
}

#[ring_actor]
impl Ring {
    #[handler]
    fn token(&mut self, m: Token, ctx: &mut Context<Self>) {
        self.passed += 1;
        if m.hops > 0 {
            let next = ctx.actor::<Ring>(self.next);
            ctx.tell(next, Token { hops: m.hops - 1 });
        }
    }
}

#[test]
fn a_ring_of_full_mailboxes_turns() {
    let system = builder().actors(5, |i| Ring { next: (i + 1) % 5, passed: 0 }).mailbox_depth(2).spare_cells(40);
    let system = system.start().unwrap();
    for token in 0..40 {
        system.actor::<Ring>(token % 5).tell_timeout(Token { hops: 9_999 }, PATIENCE).unwrap();
    }
    assert!(system.settle(PATIENCE), "{}", system.stats());
    assert_eq!(system.stats().handled, 40 * 10_000);
}

#[test]
fn all_actors_can_send_to_one() {
    let system = builder().actors(1000, node).start().unwrap();
    for from in 1..1000 {
        system.actor::<Node>(from).tell_timeout(Flood { to: 0, count: 200 }, PATIENCE).unwrap();
    }
    assert!(system.settle(PATIENCE), "{}", system.stats());
    assert_eq!(system.actor::<Node>(0).ask(Count).unwrap().wait().unwrap().0, 999 * 200);
}
