//! Actors in Rust, as the compiler emits them, under traffic whose outcome does not depend on the order of anything.
//!
//! Walkers pass messages on and check that each sender's come in order. Frail actors answer, keep questions, tell the host,
//! and fail when they are told to. What every question gets and how every state ends is computed here, without actors.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::OnceLock;

use ringkernel::__private::{Actor, DeviceValue as _};
use ringkernel::prelude::*;
use ringkernel_codegen::abi::Params;
use ringkernel_codegen::{Compiled, Program, compile};

use super::traffic::BLOCK_THREADS;
use crate::client::{Client, Command, Outcome as Answered};
use crate::conform::{self, Type};
use crate::kernel::{Kernel, Source};
use crate::machine::{Fault, Grid};
use crate::memory::{Memory, Mode};
use crate::random::Random;
use crate::residency::Residency;
use crate::run::{Outcome, Setup, record};
use crate::states::{read, words, write};
use crate::world::{Shape, TypeShape, World};
use crate::{audit, host};

const WALKERS: usize = 6;
const FRAIL: usize = 4;
/// The number under which the host sends.
const HOST: u32 = WALKERS as u32;

#[ring_message]
struct Hop {
    from: u32,
    seq: u32,
    ttl: u32,
    x: u64,
}

#[ring_message]
struct Pick {
    at: u32,
}

#[ring_message]
struct Hold;

#[ring_message]
struct Burst {
    right: bool,
}

#[ring_message]
struct Spin;

#[ring_message]
struct News {
    from: u32,
    seq: u32,
}

#[ring_actor]
#[derive(Clone, Debug, PartialEq)]
struct Walker {
    me: u32,
    peers: u32,
    turns: u32,
    sum: u64,
    sent: [u32; WALKERS],
    heard: [u32; WALKERS + 1],
}

#[ring_fn]
fn mix(x: u64, salt: u32) -> u64 {
    (x ^ salt as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

#[ring_actor]
impl Walker {
    #[handler]
    fn hop(&mut self, m: Hop, ctx: &mut Context<Self>) {
        assert!(self.heard[m.from as usize] == m.seq, "a message out of order");
        self.heard[m.from as usize] += 1;
        self.turns += 1;
        self.sum = self.sum.wrapping_add(mix(m.x, self.me));
        if m.ttl > 0 {
            self.pass(m.ttl - 1, mix(m.x, 1), ctx);
            self.pass(m.ttl - 1, mix(m.x, 2), ctx);
        }
    }

    fn pass(&mut self, ttl: u32, x: u64, ctx: &mut Context<Self>) {
        let to = (x % self.peers as u64) as u32;
        let seq = self.sent[to as usize];
        self.sent[to as usize] += 1;
        ctx.tell(ctx.actor::<Walker>(to), Hop { from: self.me, seq, ttl, x });
    }
}

#[ring_actor]
struct Frail {
    me: u32,
    picks: u32,
    told: u32,
    table: [u32; 4],
    kept: Option<Reply<u32>>,
}

#[ring_actor]
impl Frail {
    #[handler]
    fn pick(&mut self, m: Pick) -> u32 {
        self.picks += 1;
        self.look(m.at) + 1
    }

    fn look(&self, at: u32) -> u32 {
        self.table[at as usize]
    }

    #[handler]
    fn hold(&mut self, _: Hold, reply: Reply<u32>) {
        self.kept = Some(reply);
    }

    #[handler]
    fn burst(&mut self, m: Burst, ctx: &mut Context<Self>) {
        ctx.host().tell(News { from: self.me, seq: self.told });
        ctx.host().tell(News { from: self.me, seq: self.told + 1 });
        self.told += 2;
        assert!(m.right, "this one is wrong");
    }

    #[handler]
    fn spin(&mut self, _: Spin) {
        loop {
            self.picks = self.picks.wrapping_add(1);
        }
    }
}

/// The kernel, as the compiler makes it.
///
/// # Errors
/// When the compiler refuses it, or the templates cannot be read.
pub(super) fn source() -> Result<Source, String> {
    Source::new(compiled()?.text, BLOCK_THREADS).map_err(|error| error.to_string())
}

fn compiled() -> Result<Compiled, String> {
    let actors = vec![Walker::desc(), Frail::desc()];
    compile(&Program { actors, overflow_checks: true, ..Program::default() }).map_err(|errors| format!("{errors:?}"))
}

/// One thing that the host does.
#[derive(Clone, Copy)]
enum Deed {
    Hop { to: u32, ttl: u32, x: u64 },
    Pick { to: u32, at: u32 },
    Hold { to: u32 },
    Burst { to: u32, right: bool },
}

/// What a question gets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Value(u32),
    Failed,
    Dead,
    Dropped,
    /// Nothing: it is still kept.
    Open,
}

/// How a run must go.
struct Plan {
    deeds: Vec<Deed>,
    /// By deed; none for what is no question.
    answers: Vec<Option<Answer>>,
    walkers: Vec<Walker>,
    picks: [u32; FRAIL],
    told: [u32; FRAIL],
    failures: u32,
    messages: u32,
}

fn walkers() -> Vec<Walker> {
    let new = |me| Walker { me, peers: WALKERS as u32, turns: 0, sum: 0, sent: [0; WALKERS], heard: [0; WALKERS + 1] };
    (0..WALKERS as u32).map(new).collect()
}

fn frail(me: u32) -> Frail {
    Frail { me, picks: 0, told: 0, table: [me, me + 10, me + 20, me + 30], kept: None }
}

impl Plan {
    fn new(random: &mut Random) -> Self {
        let mut plan = Self {
            deeds: Vec::new(),
            answers: Vec::new(),
            walkers: walkers(),
            picks: [0; FRAIL],
            told: [0; FRAIL],
            failures: 0,
            messages: 0,
        };
        let mut dead = [false; FRAIL];
        let mut kept = [None; FRAIL];
        for number in 0..random.between(10, 30) as usize {
            let to = random.below(FRAIL as u32);
            let at = to as usize;
            let wrong = random.one_in(10);
            let (deed, answer) = match random.below(8) {
                0..=1 => {
                    let hop = Deed::Hop { to: random.below(WALKERS as u32), ttl: random.below(4), x: random.next() };
                    (hop, None)
                }
                2..=4 => {
                    let place = if wrong { random.between(4, 6) } else { random.below(4) };
                    (
                        Deed::Pick { to, at: place },
                        Some(if wrong { Answer::Failed } else { Answer::Value(to + place * 10 + 1) }),
                    )
                }
                5 => (Deed::Hold { to }, Some(Answer::Open)),
                _ => (Deed::Burst { to, right: !wrong }, None),
            };
            plan.deeds.push(deed);
            plan.messages += 1;
            if let Deed::Hop { to, ttl, x } = deed {
                plan.answers.push(None);
                plan.walk(HOST, to, ttl, x);
                continue;
            }
            if dead[at] {
                plan.answers.push(answer.map(|_| Answer::Dead));
                continue;
            }
            plan.answers.push(answer);
            match deed {
                Deed::Hold { .. } => {
                    if let Some(before) = kept[at].replace(number) {
                        plan.answers[before] = Some(Answer::Dropped);
                    }
                }
                Deed::Pick { .. } => plan.picks[at] += 1,
                Deed::Burst { .. } => plan.told[at] += 2,
                Deed::Hop { .. } => {}
            }
            if wrong && !matches!(deed, Deed::Hold { .. }) {
                dead[at] = true;
                plan.failures += 1;
                if let Some(before) = kept[at].take() {
                    plan.answers[before] = Some(Answer::Failed);
                }
            }
        }
        plan
    }

    /// What a message to a walker leads to, in any order.
    fn walk(&mut self, from: u32, to: u32, ttl: u32, x: u64) {
        let walker = &mut self.walkers[to as usize];
        walker.heard[from as usize] += 1;
        walker.turns += 1;
        walker.sum = walker.sum.wrapping_add(mix(x, to));
        if ttl > 0 {
            for salt in 1..=2 {
                let x = mix(x, salt);
                let next = (x % WALKERS as u64) as u32;
                self.walkers[to as usize].sent[next as usize] += 1;
                self.messages += 1;
                self.walk(to, next, ttl - 1, x);
            }
        }
    }
}

/// Runs one seed, and each of its handlers once more natively.
pub(super) fn run(kernel: &Kernel, mode: Mode, seed: u64, limit: u64) -> Outcome {
    static COMPILED: OnceLock<Result<Compiled, String>> = OnceLock::new();
    let mut params = Params::default();
    let (mut outcome, handled) = record(kernel, mode, seed, |memory, random| {
        let setup = setup(memory, random, limit);
        params = setup.params;
        setup
    });
    if outcome.fault.is_none() {
        let types = [Type::of::<Walker>(), Type::of::<Frail>()];
        let verdict = match COMPILED.get_or_init(compiled) {
            Ok(compiled) => conform::check(&handled, &types, &[], compiled, &params),
            Err(error) => Err(error.clone()),
        };
        outcome.fault =
            verdict.err().map(|message| Fault { message, fibers: Vec::new(), address: None }).map(|fault| {
                let report = format!("{}\n", fault.message);
                (fault, report)
            });
    }
    outcome
}

/// A run with everything at random.
fn setup(memory: &mut Memory, random: &mut Random, limit: u64) -> Setup {
    let slot = |message: usize| ((1 + message.div_ceil(12)) as u32 * 16).next_power_of_two().max(32);
    let kind = |count: usize, state: usize, message: usize| TypeShape {
        count: count as u32,
        state_bytes: state as u32,
        slot_bytes: slot(message),
    };
    let shape = Shape {
        grid: Grid { blocks: random.between(2, 3), block_threads: BLOCK_THREADS },
        types: vec![kind(WALKERS, Walker::SIZE, Hop::SIZE), kind(FRAIL, Frail::SIZE, Pick::SIZE)],
        depth: random.pick(&[1, 2, 4]),
        shards: random.pick(&[1, 2]),
        cells: random.pick(&[512, 1024]),
        pool_shards: random.pick(&[1, 4]),
        rings: random.between(1, 2),
        ring: random.pick(&[4, 16]),
        host_depth: random.pick(&[1, 2, 8]),
        outbox: 8,
        replies: 64,
    };
    let world = World::new(memory, shape);
    for (i, walker) in walkers().iter().enumerate() {
        write(memory, world.row(0, i as u32), walker);
    }
    for me in 0..FRAIL as u32 {
        write(memory, world.row(1, me), &frail(me));
    }
    let plan = Plan::new(random);
    let known = Rc::new(RefCell::new(String::new()));
    let (told, shown) = (known.clone(), world.clone());
    Setup {
        grid: world.shape.grid,
        residency: Residency::default(),
        params: world.params,
        hosts: vec![Box::new(move || drive(&world, &plan, &known))],
        observer: None,
        explain: Some(Box::new(move || format!("{}{}", told.borrow(), audit::describe(&shown)))),
        limit,
    }
}

fn drive(world: &World, plan: &Plan, known: &RefCell<String>) {
    let client = Client::new(world.clone());
    let mut outbox = client.outbox();
    let mut asked: Vec<(u32, usize)> = Vec::new();
    let (mut news, mut failures, mut seq, mut seen) = ([0; FRAIL], 0, [0; WALKERS], 0);
    let mut left = plan.deeds.iter().enumerate().peekable();
    client.launch();
    loop {
        if let Some((number, deed)) = left.peek().copied()
            && send(&client, deed, number, &mut asked, &mut seq)
        {
            left.next();
        }
        while let Some(record) = outbox.poll(|tag| if tag & 0xff == 0 { News::SIZE } else { 16 }) {
            let word =
                |i: usize| record.payload[i * 4..][..4].iter().rev().fold(0, |n, byte| n << 8 | u32::from(*byte));
            match record.tag & 0xff {
                0xfd => {}
                0xff => failures += 1,
                0 if word(1) == news[word(0) as usize % FRAIL] => news[word(0) as usize % FRAIL] += 1,
                tag => host::fail(format!("the host hears {} of {} with tag {tag}", word(1), word(0))),
            }
        }
        client.lines.set_taken(outbox.taken());
        asked.retain(|(id, number)| {
            let Some((outcome, value)) = client.answer(*id) else { return true };
            let got = match outcome {
                Answered::Value => Answer::Value(value),
                Answered::Failed { .. } => Answer::Failed,
                Answered::Dead => Answer::Dead,
                Answered::Dropped => Answer::Dropped,
            };
            let expected = plan.answers[*number];
            if expected != Some(got) {
                host::fail(format!("question {number} gets {got:?} instead of {expected:?}"));
            }
            false
        });
        let [handled, dead, ..] = audit::counters(world);
        let open = asked.iter().filter(|(_, number)| plan.answers[*number] != Some(Answer::Open)).count();
        *known.borrow_mut() = format!(
            "  {handled} handled and {dead} dead of {}, {open} questions open, news {news:?} of {:?}, {failures} failures of {}\n",
            plan.messages, plan.told, plan.failures
        );
        let now = handled + dead + u64::from(outbox.taken()) + asked.len() as u64;
        if std::mem::replace(&mut seen, now) != now {
            host::news();
        }
        let done = handled + dead == u64::from(plan.messages) && news == plan.told && failures == plan.failures;
        if left.peek().is_none() && open == 0 && done {
            break;
        }
        host::pause(u64::from(host::below(300)));
    }
    for (i, expected) in plan.walkers.iter().enumerate() {
        let got: Walker = read(world.row(0, i as u32));
        if got != *expected {
            host::fail(format!("a walker ends as {got:?} instead of {expected:?}"));
        }
    }
    for (i, picks) in plan.picks.iter().enumerate() {
        let got: Frail = read(world.row(1, i as u32));
        if (got.picks, got.told) != (*picks, plan.told[i]) {
            host::fail(format!("actor {i} ends with {} picks instead of {picks}, told {}", got.picks, got.told));
        }
    }
    end(world, &client);
}

fn send(client: &Client, deed: &Deed, number: usize, asked: &mut Vec<(u32, usize)>, seq: &mut [u32; WALKERS]) -> bool {
    let slot = |to: u32| WALKERS as u32 + to;
    match *deed {
        Deed::Hop { to, ttl, x } => {
            let hop = Hop { from: HOST, seq: seq[to as usize], ttl, x };
            let sent = client.try_send(to, 1, 0, 0, &words(&hop));
            seq[to as usize] += u32::from(sent);
            sent
        }
        Deed::Burst { to, right } => client.try_send(slot(to), 1, 2, 0, &words(&Burst { right })),
        Deed::Pick { to, .. } | Deed::Hold { to } => {
            let Some(id) = client.replies.take() else { return false };
            let sent = match *deed {
                Deed::Pick { at, .. } => client.try_send(slot(to), 1, 0, id, &[at]),
                _ => client.try_send(slot(to), 1, 1, id, &[]),
            };
            if sent {
                asked.push((id, number));
            } else {
                client.replies.give_back(id);
            }
            sent
        }
    }
}

/// Ends the run, once in a while with a handler that never ends by itself.
fn end(world: &World, client: &Client) {
    let kill = host::below(4) == 0;
    if kill {
        // Somebody may be alive to do it.
        let _ = client.try_send(WALKERS as u32 + host::below(FRAIL as u32), 1, 3, 0, &[]);
        host::pause(u64::from(host::below(20_000)));
    }
    client.lines.command(if kill { Command::Kill } else { Command::Leave });
    while !host::kernel_ended() {
        host::pause(50);
    }
    if let Err(message) = audit::pool(world).and_then(|()| audit::ready(world)) {
        host::fail(format!("at the end: {message}"));
    }
}
