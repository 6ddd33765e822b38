//! The workloads on ractor, on tokio's multi-threaded runtime.

use std::sync::Arc;

use ractor::{Actor, ActorProcessingErr, ActorRef, RpcReplyPort};

use super::{ACTORS, HOPS, Result, Shared};

enum Message {
    Token { seed: u64, left: u32 },
    Question(u64, RpcReplyPort<u64>),
}

struct Node;

struct State {
    shared: Arc<Shared<ActorRef<Message>>>,
    handled: u64,
}

impl Actor for Node {
    type Msg = Message;
    type State = State;
    type Arguments = Arc<Shared<ActorRef<Message>>>;

    async fn pre_start(
        &self,
        _: ActorRef<Message>,
        shared: Self::Arguments,
    ) -> std::result::Result<State, ActorProcessingErr> {
        Ok(State { shared, handled: 0 })
    }

    async fn handle(
        &self,
        _: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> std::result::Result<(), ActorProcessingErr> {
        state.handled += 1;
        match message {
            Message::Token { left: 0, .. } => state.shared.finish.one(),
            Message::Token { seed, left } => {
                let seed = super::next(seed);
                state.shared.actors()[super::receiver(seed)].cast(Message::Token { seed, left: left - 1 })?;
            }
            Message::Question(number, port) => port.send(number.wrapping_add(1))?,
        }
        Ok(())
    }
}

type Running = (tokio::runtime::Runtime, Arc<Shared<ActorRef<Message>>>);

fn start() -> Result<Running> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(super::threads()).enable_all().build()?;
    let shared = Shared::new();
    let actors: Result<Vec<_>> = runtime.block_on(async {
        let mut actors = Vec::new();
        for _ in 0..ACTORS {
            actors.push(Actor::spawn(None, Node, Arc::clone(&shared)).await?.0);
        }
        Ok(actors)
    });
    let _ = shared.actors.set(actors?);
    Ok((runtime, shared))
}

fn stop((runtime, shared): Running) {
    for actor in shared.actors() {
        actor.stop(None);
    }
    drop(runtime);
}

pub(super) fn messages() -> Result<f64> {
    let running = start()?;
    let shared = &running.1;
    let rate = super::time_tokens(&shared.finish, |seed| {
        Ok(shared.actors()[super::receiver(seed)].cast(Message::Token { seed, left: HOPS - 1 })?)
    });
    stop(running);
    rate
}

pub(super) fn questions() -> Result<(f64, f64)> {
    let running = start()?;
    let (runtime, shared) = &running;
    let times = super::time_questions(|actor, number| {
        let answer = shared.actors()[actor].call(|port| Message::Question(number, port), None);
        match runtime.block_on(answer)? {
            ractor::rpc::CallResult::Success(answer) => Ok(answer),
            _ => Err("no answer".into()),
        }
    });
    stop(running);
    times
}
