//! The workloads on kameo, on tokio's multi-threaded runtime. Mailboxes are unbounded: bounded ones can deadlock here.

use std::sync::Arc;

use kameo::Actor;
use kameo::actor::{ActorRef, Spawn};
use kameo::mailbox;
use kameo::message::{Context, Message};

use super::{ACTORS, HOPS, Result, Shared};

struct Token {
    seed: u64,
    left: u32,
}

struct Question(u64);

#[derive(Actor)]
struct Node {
    shared: Arc<Shared<ActorRef<Node>>>,
    handled: u64,
}

impl Message<Token> for Node {
    type Reply = ();

    async fn handle(&mut self, m: Token, _: &mut Context<Self, ()>) {
        self.handled += 1;
        if m.left == 0 {
            self.shared.finish.one();
            return;
        }
        let seed = super::next(m.seed);
        // An error would be a token lost, and the run would not end.
        let _ = self.shared.actors()[super::receiver(seed)].tell(Token { seed, left: m.left - 1 }).try_send();
    }
}

impl Message<Question> for Node {
    type Reply = u64;

    async fn handle(&mut self, m: Question, _: &mut Context<Self, u64>) -> u64 {
        self.handled += 1;
        m.0.wrapping_add(1)
    }
}

type Running = (tokio::runtime::Runtime, Arc<Shared<ActorRef<Node>>>);

fn start() -> Result<Running> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(super::threads()).enable_all().build()?;
    let shared = Shared::new();
    let actors = runtime.block_on(async {
        let node = || Node { shared: Arc::clone(&shared), handled: 0 };
        (0..ACTORS).map(|_| Node::spawn_with_mailbox(node(), mailbox::unbounded())).collect()
    });
    let _ = shared.actors.set(actors);
    Ok((runtime, shared))
}

fn stop((runtime, shared): Running) {
    for actor in shared.actors() {
        actor.kill();
    }
    drop(runtime);
}

pub(super) fn messages() -> Result<f64> {
    let running = start()?;
    let shared = &running.1;
    let rate = super::time_tokens(&shared.finish, |seed| {
        let first = shared.actors()[super::receiver(seed)].tell(Token { seed, left: HOPS - 1 }).try_send();
        first.map_err(|error| error.to_string().into())
    });
    stop(running);
    rate
}

pub(super) fn questions() -> Result<(f64, f64)> {
    let running = start()?;
    let (runtime, shared) = &running;
    let times = super::time_questions(|actor, number| {
        let answer = shared.actors()[actor].ask(Question(number));
        runtime.block_on(async { answer.send().await }).map_err(|error| error.to_string().into())
    });
    stop(running);
    times
}
