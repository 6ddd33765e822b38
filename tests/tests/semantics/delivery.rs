use std::thread;

use ringkernel::AnyAddr;
use ringkernel::prelude::*;

use crate::{PATIENCE, builder};

#[ring_message]
struct Go {
    first: u32,
    count: u32,
}

#[ring_message]
struct Number {
    from: u32,
    number: u32,
}

#[ring_message]
struct Seen;

/// Sends numbers to all receivers in turn.
#[ring_actor]
struct Source {
    me: u32,
    receivers: u32,
}

#[ring_actor]
impl Source {
    #[handler]
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        for number in m.first..m.first + m.count {
            for to in 0..self.receivers {
                let to = ctx.actor::<Sink>(to);
                ctx.tell(to, Number { from: self.me, number });
            }
        }
    }
}

/// Counts numbers, and those that do not come in order per source.
#[ring_actor]
struct Sink {
    next: [u32; 8],
    seen: u64,
    errors: u64,
}

#[ring_actor]
impl Sink {
    #[handler]
    fn number(&mut self, m: Number) {
        let from = m.from as usize;
        if self.next[from] != m.number {
            self.errors += 1;
        }
        self.next[from] = m.number + 1;
        self.seen += 1;
    }

    #[handler]
    fn seen(&mut self, _: Seen) -> (u64, u64) {
        (self.seen, self.errors)
    }
}

fn sink(_: u32) -> Sink {
    Sink { next: [0; 8], seen: 0, errors: 0 }
}

#[test]
fn messages_of_one_actor_to_another_arrive_once_and_in_order() {
    // A depth of 2 and few spare cells: most messages spill, and many senders block.
    let system = builder()
        .actors(8, |i| Source { me: i, receivers: 4 })
        .actors(4, sink)
        .mailbox_depth(2)
        .spare_cells(crate::cells(64))
        .start()
        .unwrap();
    for source in 0..8 {
        system.actor::<Source>(source).tell_timeout(Go { first: 0, count: 2000 }, PATIENCE).unwrap();
    }
    assert!(system.settle(PATIENCE), "{}", system.stats());
    for i in 0..4 {
        assert_eq!(system.actor::<Sink>(i).ask(Seen).unwrap().wait().unwrap(), (16_000, 0));
    }
    let stats = system.stats();
    assert_eq!((stats.dead_letters, stats.failures), (0, 0));
}

#[test]
fn other_systems_that_start_and_stop_beside_it_lose_nothing_of_a_system() {
    let system = builder()
        .actors(8, |i| Source { me: i, receivers: 4 })
        .actors(4, sink)
        .mailbox_depth(2)
        .spare_cells(crate::cells(64))
        .start()
        .unwrap();
    let mut rounds = 0;
    thread::scope(|scope| {
        let others = scope.spawn(|| {
            for _ in 0..5 {
                let other = builder().actors(4, sink).start().unwrap();
                assert_eq!(other.actor::<Sink>(3).ask(Seen).unwrap().wait().unwrap(), (0, 0));
            }
        });
        while !others.is_finished() {
            for source in 0..8 {
                system.actor::<Source>(source).tell_timeout(Go { first: 50 * rounds, count: 50 }, PATIENCE).unwrap();
            }
            assert!(system.settle(PATIENCE), "{}", system.stats());
            rounds += 1;
        }
    });
    for i in 0..4 {
        let seen = system.actor::<Sink>(i).ask(Seen).unwrap().wait().unwrap();
        assert_eq!(seen, (400 * u64::from(rounds), 0));
    }
}

#[test]
fn messages_of_the_host_arrive_once_and_in_order() {
    let system = builder().actors(1, sink).host_window(100).start().unwrap();
    let actor = system.actor::<Sink>(0);
    for number in 0..100_000 {
        actor.tell_timeout(Number { from: 3, number }, PATIENCE).unwrap();
    }
    assert!(system.settle(PATIENCE));
    assert_eq!(actor.ask(Seen).unwrap().wait().unwrap(), (100_000, 0));
}

#[test]
fn several_host_threads_send_at_once() {
    let system = builder().actors(4, sink).start().unwrap();
    std::thread::scope(|scope| {
        for from in 0..4 {
            let system = &system;
            scope.spawn(move || {
                for number in 0..20_000 {
                    for to in 0..4 {
                        system.actor::<Sink>(to).tell_timeout(Number { from, number }, PATIENCE).unwrap();
                    }
                }
            });
        }
    });
    assert!(system.settle(PATIENCE));
    for i in 0..4 {
        assert_eq!(system.actor::<Sink>(i).ask(Seen).unwrap().wait().unwrap(), (80_000, 0));
    }
}

#[ring_message]
struct Who {
    via: u32,
}

#[ring_message]
struct Whence;

#[ring_message]
struct Came {
    from_host: bool,
    from_first: bool,
}

#[ring_actor]
struct Relay {
    unused: u8,
}

#[ring_actor]
impl Relay {
    #[handler]
    fn who(&mut self, m: Who, ctx: &mut Context<Self>) {
        let to = ctx.actor::<Relay>(m.via);
        ctx.tell(to, Whence);
    }

    #[handler]
    fn whence(&mut self, _: Whence, ctx: &mut Context<Self>) {
        let first = ctx.actor::<Relay>(0);
        let from_host = ctx.sender().is_host();
        let from_first = ctx.sender() == first.any();
        ctx.host().tell(Came { from_host, from_first });
    }
}

#[test]
fn a_handler_knows_who_sent_the_message() {
    let system = builder().actors(3, |_| Relay { unused: 0 }).start().unwrap();
    let inbox = system.inbox::<Came>();
    system.actor::<Relay>(0).tell(Who { via: 2 }).unwrap();
    let came = inbox.recv_timeout(PATIENCE).unwrap();
    assert!(!came.from_host && came.from_first);
    system.actor::<Relay>(1).tell(Whence).unwrap();
    let came = inbox.recv_timeout(PATIENCE).unwrap();
    assert!(came.from_host && !came.from_first);
    assert!(AnyAddr::HOST.is_host());
}

#[ring_message]
struct Fill {
    numbers: [u64; 22],
}

#[ring_message]
struct Empty;

#[ring_actor]
struct Adder {
    sum: u64,
}

#[ring_actor]
impl Adder {
    #[handler]
    fn fill(&mut self, m: Fill) -> [u64; 22] {
        for number in m.numbers {
            self.sum += number;
        }
        m.numbers
    }

    #[handler]
    fn empty(&mut self, _: Empty) -> u64 {
        self.sum
    }
}

#[test]
fn messages_of_all_sizes_arrive_whole() {
    let system = builder().actors(1, |_| Adder { sum: 0 }).start().unwrap();
    let adder = system.actor::<Adder>(0);
    let numbers: [u64; 22] = std::array::from_fn(|i| i as u64 * 0x0101_0101_0101);
    assert_eq!(adder.ask(Fill { numbers }).unwrap().wait().unwrap(), numbers);
    assert_eq!(adder.ask(Empty).unwrap().wait().unwrap(), numbers.iter().sum::<u64>());
}
