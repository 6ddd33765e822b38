//! The CPU backend beside ractor, kameo and actix, in one run, on the same processors.
//!
//! Two workloads, the same for all. Messages: actors pass tokens on to pseudo-random actors until each has made its hops;
//! counted are all messages, and the run is over when the last token says so. Questions: one thread outside of the
//! actors asks one of them at random and waits for the answer, again and again. The libraries take turns, several times;
//! what is reported is the best of each, which on a shared machine is what it can do.

mod actix;
mod kameo;
mod ours;
mod ractor;

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::report::Report;
use crate::sample::Samples;

type Result<T = (), E = Box<dyn Error>> = std::result::Result<T, E>;

/// Actors of both workloads.
const ACTORS: u32 = 10_000;
/// Tokens that are under way at once, and the hops of each.
const TOKENS: u32 = 2_000;
const HOPS: u32 = 500;
/// Questions of a round.
const QUESTIONS: u32 = 20_000;
/// Turns of each library.
const ROUNDS: usize = 5;

/// Worker threads, for all alike.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The next random number of a token: a linear congruential generator, whose high bits pick the receiver.
const fn next(seed: u64) -> u64 {
    seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407)
}

/// The receiver that a random number picks.
const fn receiver(seed: u64) -> usize {
    ((seed >> 33) % ACTORS as u64) as usize
}

/// Waits for all tokens to be done.
struct Finish {
    left: AtomicU64,
    waiting: Thread,
}

impl Finish {
    fn new() -> Arc<Self> {
        Arc::new(Self { left: AtomicU64::new(u64::from(TOKENS)), waiting: std::thread::current() })
    }

    /// A token is done.
    fn one(&self) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.waiting.unpark();
        }
    }

    fn wait(&self) {
        while self.left.load(Ordering::Acquire) > 0 {
            std::thread::park_timeout(Duration::from_millis(100));
        }
    }
}

/// What the actors of a peer share: all of them, and what to do with a token that is done.
struct Shared<R> {
    actors: OnceLock<Vec<R>>,
    finish: Arc<Finish>,
}

impl<R> Shared<R> {
    fn new() -> Arc<Self> {
        Arc::new(Self { actors: OnceLock::new(), finish: Finish::new() })
    }

    fn actors(&self) -> &[R] {
        self.actors.get().map_or(&[], Vec::as_slice)
    }
}

/// Messages a second of one round in which `send` sends the first hop of each token.
fn time_tokens(finish: &Finish, mut send: impl FnMut(u64) -> Result) -> Result<f64> {
    let start = Instant::now();
    for token in 0..TOKENS {
        send(next(u64::from(token)))?;
    }
    finish.wait();
    Ok(f64::from(TOKENS) * f64::from(HOPS) / start.elapsed().as_secs_f64())
}

/// The p50 and p99 of questions to random actors, in microseconds.
fn time_questions(mut ask: impl FnMut(usize, u64) -> Result<u64>) -> Result<(f64, f64)> {
    let mut samples = Samples::default();
    let mut seed = 1;
    for number in 0..QUESTIONS + QUESTIONS / 10 {
        seed = next(seed);
        let start = Instant::now();
        let answer = ask(receiver(seed), seed)?;
        let took = start.elapsed();
        if answer != seed.wrapping_add(1) {
            return Err("a wrong answer".into());
        }
        if number >= QUESTIONS / 10 {
            samples.add(took);
        }
    }
    Ok((samples.percentile_us(50.0), samples.percentile_us(99.0)))
}

/// A library under test: messages a second, and p50 and p99 of questions.
type Contender = (fn() -> Result<f64>, fn() -> Result<(f64, f64)>);

const OURS: Contender = (ours::messages, ours::questions);
const PEERS: [(&str, Contender); 3] = [
    ("ractor", (ractor::messages, ractor::questions)),
    ("kameo", (kameo::messages, kameo::questions)),
    ("actix", (actix::messages, actix::questions)),
];

/// Messages a second between actors.
pub(crate) fn messages(report: &mut Report) -> Result {
    let (mut ours, mut peers) = (0.0_f64, [0.0_f64; PEERS.len()]);
    for _ in 0..ROUNDS {
        ours = ours.max(OURS.0()?);
        for (best, (_, peer)) in peers.iter_mut().zip(PEERS) {
            *best = best.max(peer.0()?);
        }
    }
    let (name, best) = PEERS.iter().zip(peers).fold(("", 0.0), |a, (peer, b)| if b > a.1 { (peer.0, b) } else { a });
    report.row_beside("cpu_msgs_per_s", ours, "1/s", (&format!("{name}_msgs_per_s"), best));
    for (id, value) in ["ractor_msgs_per_s", "kameo_msgs_per_s", "actix_msgs_per_s"].into_iter().zip(peers) {
        report.row(id, value, "1/s");
    }
    Ok(())
}

/// Questions from a thread outside of the actors.
pub(crate) fn questions(report: &mut Report) -> Result {
    let (mut ours, mut peers) = ((f64::MAX, f64::MAX), [(f64::MAX, f64::MAX); PEERS.len()]);
    let better = |a: (f64, f64), b: (f64, f64)| if b.0 < a.0 { b } else { a };
    for _ in 0..ROUNDS {
        ours = better(ours, OURS.1()?);
        for (best, (_, peer)) in peers.iter_mut().zip(PEERS) {
            *best = better(*best, peer.1()?);
        }
    }
    let names = PEERS.iter().map(|peer| peer.0);
    let best = names.zip(peers).fold(("", f64::MAX), |a, (name, b)| if b.0 < a.1 { (name, b.0) } else { a });
    report.row_beside("cpu_ask_p50_us", ours.0, "us", (&format!("{}_ask_p50_us", best.0), best.1));
    report.row("cpu_ask_p99_us", ours.1, "us");
    let ids = [
        ("ractor_ask_p50_us", "ractor_ask_p99_us"),
        ("kameo_ask_p50_us", "kameo_ask_p99_us"),
        ("actix_ask_p50_us", "actix_ask_p99_us"),
    ];
    for ((p50, p99), values) in ids.into_iter().zip(peers) {
        report.row(p50, values.0, "us");
        report.row(p99, values.1, "us");
    }
    Ok(())
}
