use std::panic::catch_unwind;

use ringkernel::prelude::*;
use ringkernel::{AskError, FailureKind};

use crate::{PATIENCE, builder};

#[ring_message]
struct Index {
    i: u32,
}

#[ring_message]
struct Divide {
    by: u32,
}

#[ring_message]
struct Add {
    n: u8,
}

#[ring_message]
struct Assert {
    hold: bool,
}

#[ring_message]
struct Panic;

#[ring_message]
struct Nobody;

#[ring_message]
struct Wait;

#[ring_message]
struct Alive;

#[ring_actor]
struct Fragile {
    table: [u32; 4],
    small: u8,
    waiting: Option<Reply<u32>>,
}

#[ring_actor]
impl Fragile {
    #[handler]
    fn index(&mut self, m: Index) -> u32 {
        self.table[m.i as usize]
    }

    #[handler]
    fn divide(&mut self, m: Divide) -> u32 {
        100 / m.by
    }

    #[handler]
    fn add(&mut self, m: Add) -> u8 {
        self.small += m.n;
        self.small
    }

    #[handler]
    fn assert(&mut self, m: Assert) {
        assert!(m.hold, "it must hold");
    }

    #[handler]
    fn panic(&mut self, _: Panic) {
        panic!("on purpose");
    }

    #[handler]
    fn nobody(&mut self, _: Nobody, ctx: &mut Context<Self>) {
        let nobody = ctx.actor::<Fragile>(1000);
        ctx.tell(nobody, Panic);
    }

    #[handler]
    fn wait(&mut self, _: Wait, reply: Reply<u32>) {
        self.waiting = Some(reply);
    }

    #[handler]
    fn alive(&mut self, _: Alive) -> bool {
        true
    }
}

fn fragile(_: u32) -> Fragile {
    Fragile { table: [1, 2, 3, 4], small: 250, waiting: None }
}

fn start() -> System {
    builder().actors(10, fragile).start().unwrap()
}

#[test]
fn a_failing_handler_fails_its_actor_alone_and_tells_the_asker_where() {
    let system = start();
    let failure = match system.actor::<Fragile>(3).ask(Index { i: 9 }).unwrap().wait() {
        Err(AskError::Failed(failure)) => failure,
        other => panic!("{other:?}"),
    };
    assert_eq!(failure.kind, FailureKind::OutOfBounds);
    assert_eq!(failure.value, Some(9));
    assert_eq!(failure.name, "Fragile#3");
    assert_eq!(failure.actor, system.actor::<Fragile>(3).addr().any());
    assert!(failure.file.ends_with("failing.rs"), "{}", failure.file);
    let text = include_str!("failing.rs").lines().nth(failure.line as usize - 1).unwrap();
    assert!(text.contains("self.table[m.i as usize]"), "{failure}: {text}");
    for i in (0..10).filter(|i| *i != 3) {
        assert_eq!(system.actor::<Fragile>(i).ask(Alive).unwrap().wait(), Ok(true));
    }
}

#[test]
fn every_kind_of_failure_is_named() {
    let system = start();
    let kind = |result: Result<FailureKind, AskError>| match result {
        Err(AskError::Failed(failure)) => (failure.kind, failure.message.to_string()),
        other => panic!("{other:?}"),
    };
    let divide = kind(system.actor::<Fragile>(0).ask(Divide { by: 0 }).unwrap().wait().map(|_| unreachable!()));
    assert_eq!(divide.0, FailureKind::DivisionByZero);
    let assert = kind(system.actor::<Fragile>(1).ask(Assert { hold: false }).unwrap().wait().map(|()| unreachable!()));
    assert!(matches!(assert.0, FailureKind::Assertion | FailureKind::Panic), "{assert:?}");
    assert!(assert.1.contains("it must hold"));
    let panic = kind(system.actor::<Fragile>(2).ask(Panic).unwrap().wait().map(|()| unreachable!()));
    assert_eq!((panic.0, panic.1.as_str()), (FailureKind::Panic, "on purpose"));
    let nobody = kind(system.actor::<Fragile>(3).ask(Nobody).unwrap().wait().map(|()| unreachable!()));
    assert_eq!(nobody.0, FailureKind::NoSuchActor);
    let add = system.actor::<Fragile>(4).ask(Add { n: 10 }).unwrap().wait();
    if cfg!(debug_assertions) {
        assert_eq!(kind(add.map(|_| unreachable!())).0, FailureKind::Overflow);
    } else {
        assert_eq!(add, Ok(4), "without overflow checks arithmetic wraps");
    }
}

#[test]
fn a_failed_actor_gets_dead_letters_that_the_host_can_read() {
    let system = start();
    let actor = system.actor::<Fragile>(5);
    actor.tell(Panic).unwrap();
    assert!(system.settle(PATIENCE));
    for _ in 0..3 {
        actor.tell(Assert { hold: true }).unwrap();
    }
    let error = actor.ask(Alive).unwrap().wait().unwrap_err();
    assert_eq!(error, AskError::Dead { actor: "Fragile#5".to_owned() });
    assert_eq!(error.to_string(), "no answer: Fragile#5 had failed before the question reached it");
    assert!(system.settle(PATIENCE));
    let stats = system.stats();
    assert_eq!((stats.dead_letters, stats.failures, stats.handled, stats.in_flight()), (4, 1, 1, 0));
    let letters = system.dead_letters();
    assert_eq!(letters.len(), 4);
    assert!(letters.iter().all(|letter| letter.to == actor.addr().any() && letter.from.is_host()));
    assert!(system.dead_letters().is_empty(), "they are read once");
    let failures = system.failures();
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].kind, FailureKind::Panic);
}

#[test]
fn questions_that_a_failed_actor_kept_get_its_failure() {
    let system = start();
    let actor = system.actor::<Fragile>(6);
    let ask = actor.ask(Wait).unwrap();
    actor.tell(Divide { by: 0 }).unwrap();
    match ask.wait() {
        Err(AskError::Failed(failure)) => assert_eq!(failure.kind, FailureKind::DivisionByZero),
        other => panic!("{other:?}"),
    }
}

#[test]
fn questions_that_wait_in_the_mailbox_of_an_actor_that_fails_get_an_error() {
    let system = start();
    let actor = system.actor::<Fragile>(7);
    actor.tell(Panic).unwrap();
    let asks: Vec<_> = (0..100).map(|_| actor.ask(Alive).unwrap()).collect();
    for ask in asks {
        assert!(matches!(ask.wait(), Err(AskError::Dead { actor }) if actor == "Fragile#7"));
    }
}

#[test]
fn panics_outside_of_handlers_are_reported_as_ever() {
    let system = start();
    assert!(catch_unwind(|| panic!("this one is the test's own and printed")).is_err());
    assert_eq!(system.actor::<Fragile>(0).ask(Alive).unwrap().wait(), Ok(true));
}
