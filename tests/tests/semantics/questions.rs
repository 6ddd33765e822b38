use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as Poller, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use ringkernel::AskError;
use ringkernel::prelude::*;

use crate::{PATIENCE, builder};

#[ring_message]
struct Later;

#[ring_message]
struct Now {
    value: u64,
}

#[ring_message]
struct Forget;

#[ring_message]
struct PassOn {
    reply: Reply<u64>,
}

#[ring_message]
struct Question;

/// Keeps one question.
#[ring_actor]
struct Keeper {
    kept: Option<Reply<u64>>,
    second: u32,
}

#[ring_actor]
impl Keeper {
    #[handler]
    fn later(&mut self, _: Later, reply: Reply<u64>) {
        self.kept = Some(reply);
    }

    #[handler]
    fn now(&mut self, m: Now) {
        if let Some(reply) = self.kept.take() {
            reply.send(m.value);
        }
    }

    #[handler]
    fn forget(&mut self, _: Forget) {
        self.kept = None;
    }

    /// Lets another actor answer.
    #[handler]
    fn question(&mut self, _: Question, ctx: &mut Context<Self>, reply: Reply<u64>) {
        let to = ctx.actor::<Keeper>(self.second);
        ctx.tell(to, PassOn { reply });
    }

    #[handler]
    fn pass_on(&mut self, m: PassOn) {
        m.reply.send(77);
    }
}

fn keeper(_: u32) -> Keeper {
    Keeper { kept: None, second: 1 }
}

#[test]
fn a_kept_question_is_answered_later() {
    let system = builder().actors(2, keeper).start().unwrap();
    let actor = system.actor::<Keeper>(0);
    let mut ask = actor.ask(Later).unwrap();
    let short = Duration::from_millis(20);
    assert_eq!(ask.wait_timeout(short), Err(AskError::Timeout(short)));
    actor.tell(Now { value: 5 }).unwrap();
    assert_eq!(ask.wait_timeout(PATIENCE), Ok(5));
}

#[test]
fn a_dropped_question_is_an_error_to_the_asker() {
    let system = builder().actors(2, keeper).start().unwrap();
    let actor = system.actor::<Keeper>(0);
    let ask = actor.ask(Later).unwrap();
    actor.tell(Forget).unwrap();
    assert_eq!(ask.wait(), Err(AskError::Dropped));
}

#[test]
fn a_question_can_travel_in_a_message() {
    let system = builder().actors(2, keeper).start().unwrap();
    assert_eq!(system.actor::<Keeper>(0).ask(Question).unwrap().wait(), Ok(77));
}

#[test]
fn questions_under_way_when_the_system_stops_get_an_error() {
    let system = builder().actors(2, keeper).start().unwrap();
    let actor = system.actor::<Keeper>(0);
    let ask = actor.ask(Later).unwrap();
    let waiting = thread::spawn(move || ask.wait());
    thread::sleep(Duration::from_millis(20));
    drop(system);
    assert_eq!(waiting.join().unwrap(), Err(AskError::Stopped));
    assert!(matches!(actor.tell(Forget), Err(SendError::Stopped(_))));
    assert!(matches!(actor.ask(Later), Err(SendError::Stopped(_))));
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Poller::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn a_question_is_a_future() {
    let system = builder().actors(2, keeper).start().unwrap();
    let actor = system.actor::<Keeper>(0);
    let teller = actor.clone();
    let late = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        teller.tell(Now { value: 9 }).unwrap();
    });
    assert_eq!(block_on(actor.ask(Later).unwrap()), Ok(9));
    late.join().unwrap();
    assert_eq!(block_on(actor.ask(Question).unwrap()), Ok(77));
}

#[test]
fn a_question_nobody_waits_for_is_no_harm() {
    let system = builder().actors(2, keeper).start().unwrap();
    let actor = system.actor::<Keeper>(0);
    for _ in 0..10_000 {
        match actor.ask(Question) {
            Ok(ask) => drop(ask),
            Err(SendError::Full(_)) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
    assert!(system.settle(PATIENCE));
    assert_eq!(actor.ask(Question).unwrap().wait(), Ok(77));
}

#[test]
fn many_questions_can_be_open_at_once() {
    let system = builder().actors(2, keeper).start().unwrap();
    let actor = system.actor::<Keeper>(0);
    let asks: Vec<_> = (0..5000).map(|_| actor.ask(Question).unwrap()).collect();
    assert!(asks.into_iter().all(|ask| ask.wait() == Ok(77)));
}

#[test]
fn what_the_builder_did_not_make_cannot_be_told() {
    let system = builder().actors(2, keeper).start().unwrap();
    assert!(matches!(system.actor::<Keeper>(2).tell(Forget), Err(SendError::NoSuchActor(Forget))));
}
