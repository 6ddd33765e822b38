//! The workloads on actix: as many arbiters as there are processors, the actors spread over them.

use std::sync::Arc;

use actix::{Actor, Addr, Arbiter, Context, Handler, Message, System};

use super::{ACTORS, HOPS, Result, Shared};

#[derive(Message)]
#[rtype(result = "()")]
struct Token {
    seed: u64,
    left: u32,
}

#[derive(Message)]
#[rtype(result = "u64")]
struct Question(u64);

struct Node {
    shared: Arc<Shared<Addr<Node>>>,
    handled: u64,
}

impl Actor for Node {
    type Context = Context<Self>;
}

impl Handler<Token> for Node {
    type Result = ();

    fn handle(&mut self, m: Token, _: &mut Context<Self>) {
        self.handled += 1;
        if m.left == 0 {
            self.shared.finish.one();
            return;
        }
        let seed = super::next(m.seed);
        self.shared.actors()[super::receiver(seed)].do_send(Token { seed, left: m.left - 1 });
    }
}

impl Handler<Question> for Node {
    type Result = u64;

    fn handle(&mut self, m: Question, _: &mut Context<Self>) -> u64 {
        self.handled += 1;
        m.0.wrapping_add(1)
    }
}

/// The system lives on a thread of its own, so that the one that measures is outside of it, as with the others.
fn with_actors<T: Send>(run: impl FnOnce(&Shared<Addr<Node>>) -> Result<T, String> + Send) -> Result<T> {
    let shared: Arc<Shared<Addr<Node>>> = Shared::new();
    let (tell, told) = std::sync::mpsc::channel();
    let of_system = Arc::clone(&shared);
    let thread = std::thread::spawn(move || {
        let runner = System::new();
        let arbiters: Vec<_> = (0..super::threads()).map(|_| Arbiter::new()).collect();
        let actors = (0..ACTORS as usize)
            .map(|i| {
                let shared = Arc::clone(&of_system);
                Node::start_in_arbiter(&arbiters[i % arbiters.len()].handle(), |_| Node { shared, handled: 0 })
            })
            .collect();
        let _ = of_system.actors.set(actors);
        let _ = tell.send(System::current());
        let _ = runner.run();
    });
    let system = told.recv()?;
    let result = run(&shared);
    system.stop();
    let _ = thread.join();
    Ok(result?)
}

pub(super) fn messages() -> Result<f64> {
    with_actors(|shared| {
        super::time_tokens(&shared.finish, |seed| {
            shared.actors()[super::receiver(seed)].do_send(Token { seed, left: HOPS - 1 });
            Ok(())
        })
        .map_err(|error| error.to_string())
    })
}

pub(super) fn questions() -> Result<(f64, f64)> {
    with_actors(|shared| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
        super::time_questions(|actor, number| {
            runtime.block_on(shared.actors()[actor].send(Question(number))).map_err(Into::into)
        })
        .map_err(|error| error.to_string())
    })
}
