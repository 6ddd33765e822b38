//! A native handler and the emitted text do the same, in the same order: everything that a handler can do, in every mode.

use std::sync::OnceLock;

use ringkernel::__private::{Actor, DeviceValue};
use ringkernel::prelude::*;
use ringkernel_codegen::{Compiled, Program, compile};
use ringkernel_sim::client::{Client, Command};
use ringkernel_sim::conform::{self, Array, Type};
use ringkernel_sim::kernel::{Kernel, Source, compiler_exists};
use ringkernel_sim::memory::{Discipline, Memory, Mode, Space};
use ringkernel_sim::random::Random;
use ringkernel_sim::record::{ARRAY, Did, Handled};
use ringkernel_sim::residency::Residency;
use ringkernel_sim::run::{HostThread, Setup, record};
use ringkernel_sim::states::{words, write};
use ringkernel_sim::world::{Shape, TypeShape, World};
use ringkernel_sim::{Grid, host};
use ringkernel_tests::skip;

#[ring_message]
struct Work {
    kind: u8,
    left: u32,
    x: u64,
}

#[ring_message]
struct Later {
    odd: bool,
}

#[ring_message]
struct News {
    from: u16,
    x: u64,
}

#[ring_actor]
struct Worker {
    me: u32,
    refused: u8,
    sum: u64,
    tally: SharedAtomics<i32>,
    kept: Option<Reply<(u8, u32)>>,
}

#[ring_actor]
impl Worker {
    /// Sends, tries to send, tells the host, traces; fails now and then.
    #[handler]
    fn work(&mut self, m: Work, ctx: &mut Context<Self>) -> u64 {
        self.sum = self.sum.wrapping_mul(31).wrapping_add(m.x);
        let at = (m.x % 4) as usize;
        let before = self.tally[at].fetch_sub(m.left as i32 + 1, Ordering::AcqRel, Scope::Device);
        if self.tally[3].fetch_max(before, Ordering::Relaxed, Scope::System) == before {
            self.tally[at].store(7, Ordering::Release, Scope::Device);
        }
        self.sum ^= self.tally[0].compare_exchange(before, 3, Ordering::Acquire, Scope::Device) as u64;
        let next = ctx.actor::<Worker>((self.me + 1) % 3);
        match m.kind {
            0 if m.left > 0 => {
                ctx.tell(next, Work { kind: 1, left: m.left - 1, x: self.sum });
                ctx.tell(ctx.me(), Work { kind: 0, left: m.left - 1, x: m.x ^ 5 });
            }
            1 => {
                if ctx.try_tell(next, Work { kind: 2, left: 0, x: m.x }).is_err() {
                    self.refused = self.refused.wrapping_add(1);
                }
                ctx.host().tell(News { from: self.me as u16, x: self.sum });
            }
            2 => trace!(ctx, "{} has {}", self.me, self.sum),
            _ => assert!(m.left != 7, "seven"),
        }
        if let Some(reply) = self.kept.take()
            && m.x & 1 == 0
        {
            reply.send((m.kind, m.left));
        }
        self.sum
    }

    /// Keeps a question, or lets it go.
    #[handler]
    fn later(&mut self, m: Later, reply: Reply<(u8, u32)>) {
        if m.odd {
            self.kept = Some(reply);
        }
    }
}

/// Elements of the shared array.
const TALLIES: usize = 4;

fn tally() -> &'static SharedAtomics<i32> {
    static TALLY: OnceLock<SharedAtomics<i32>> = OnceLock::new();
    TALLY.get_or_init(|| SharedAtomics::zeros(TALLIES))
}

const THREADS: u32 = 160;
const WORKERS: u32 = 3;

fn compiled() -> Compiled {
    let program = Program { actors: vec![Worker::desc()], overflow_checks: true, ..Program::default() };
    compile(&program).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn setup(memory: &mut Memory, random: &mut Random, compiled: &Compiled) -> (Setup, Array) {
    let kind = TypeShape {
        count: WORKERS,
        state_bytes: compiled.actors[0].state_size as u32,
        slot_bytes: compiled.actors[0].slot_bytes,
    };
    let grid = Grid { blocks: 2, block_threads: THREADS };
    let shape = Shape {
        grid,
        types: vec![kind],
        depth: random.pick(&[1, 2]),
        shards: 1,
        cells: 512,
        pool_shards: 2,
        rings: 1,
        ring: 16,
        host_depth: 8,
        outbox: 8,
        replies: 64,
    };
    let world = World::new(memory, shape);
    for me in 0..WORKERS {
        let worker = Worker { me, refused: 0, sum: u64::from(me), tally: tally().clone(), kept: None };
        write(memory, world.row(0, me), &worker);
    }
    let bytes = TALLIES as u64 * 4;
    let array = memory.allocate(ARRAY, bytes, 4, Space::Device, Discipline::Atomic);
    // The first data of the process that is shared, so the first entry of the table.
    memory.poke(world.params.shared, 8, array.into());
    let params = world.params;
    let drive = move || {
        let client = Client::new(world);
        let mut outbox = client.outbox();
        client.launch();
        for number in 0..24 {
            let slot = host::below(WORKERS);
            let asked = client.replies.take().unwrap_or(0);
            let (tag, message) = match host::below(4) {
                0 => (1, words(&Later { odd: host::below(3) != 0 })),
                // The last may fail.
                1 if number > 20 => (0, words(&Work { kind: 9, left: 7, x: 0 })),
                _ => (0, words(&Work { kind: 0, left: host::below(3), x: u64::from(host::below(1000)) })),
            };
            while !client.try_send(slot, 1, tag, asked, &message) {
                host::pause(50);
            }
            while outbox.poll(|tag| if tag & 0xff == 0 { News::SIZE } else { 24 }).is_some() {}
            client.lines.set_taken(outbox.taken());
            host::pause(u64::from(host::below(2000)));
        }
        // What is not done by then is not compared.
        for _ in 0..200 {
            while outbox.poll(|tag| if tag & 0xff == 0 { News::SIZE } else { 24 }).is_some() {}
            client.lines.set_taken(outbox.taken());
            host::pause(200);
        }
        client.lines.set_full(true);
        client.lines.command(Command::Leave);
        while !host::kernel_ended() {
            host::pause(50);
        }
    };
    let residency = Residency::default();
    let native = std::ptr::from_ref(&tally()[0]) as usize;
    let array = Array { device: array, native, bytes: bytes as usize };
    let hosts: Vec<HostThread> = vec![Box::new(drive)];
    (Setup { grid, residency, params, hosts, observer: None, explain: None, limit: 3_000_000 }, array)
}

/// What handlers do in one run, and how they compare.
fn compared(kernel: &Kernel, compiled: &Compiled, mode: Mode, seed: u64) -> (Vec<Handled>, Result<(), String>) {
    let mut known = None;
    let (outcome, handled) = record(kernel, mode, seed, |memory, random| {
        let (setup, array) = setup(memory, random, compiled);
        known = Some((setup.params, array));
        setup
    });
    assert!(outcome.fault.is_none(), "seed {seed}, {mode:?}: {}", outcome.fault.expect("it").1);
    let (params, array) = known.expect("a run");
    let verdict = conform::check(&handled, &[Type::of::<Worker>()], &[array], compiled, &params);
    (handled, verdict)
}

#[test]
fn native_and_emitted_handlers_do_the_same() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let compiled = compiled();
    let kernel = Source::new(compiled.text.clone(), THREADS).expect("the templates").build().expect("a kernel");
    let (mut refused, mut failed, mut dropped, mut traced, mut told, mut atomics) = (0, 0, 0, 0, 0, 0);
    for mode in [Mode::Interleave, Mode::Weak, Mode::Race] {
        for seed in 0..12 {
            let (handled, verdict) = compared(&kernel, &compiled, mode, seed);
            verdict.unwrap_or_else(|difference| panic!("seed {seed}, {mode:?}: {difference}"));
            failed += handled.iter().filter(|one| one.status == 1).count();
            for did in handled.iter().flat_map(|one| &one.did) {
                match did {
                    Did::Tell { room: Some(false), .. } => refused += 1,
                    Did::TellHost(..) => told += 1,
                    Did::Trace(_) => traced += 1,
                    Did::Atomic { .. } => atomics += 1,
                    Did::Answer { outcome, .. } if *outcome != 1 => dropped += 1,
                    _ => {}
                }
            }
        }
    }
    // Nothing was left out.
    let all = [refused, failed, dropped, traced, told, atomics];
    assert!(all.iter().all(|number| *number != 0), "{all:?}");
}

#[test]
fn every_kind_of_difference_is_seen() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let compiled = compiled();
    let changes = [
        ("rk::try_tell_back(ctx,", "rk::try_tell_back(ctx, 0 * "),
        ("0u /* News */, News{", "1u /* News */, News{"),
        ("rk::trace(ctx, 0u", "rk::trace(ctx, 1u"),
        ("rk::answer(ctx, ctx.reply, value)", "rk::answer(ctx, ctx.reply, value + 1)"),
        ("m.x ^ 5ull", "m.x ^ 4ull"),
        ("rk::atomic_fetch_max<rk::Relaxed, rk::System>", "rk::atomic_fetch_max<rk::Relaxed, rk::Device>"),
        ("rk::atomic_store<rk::Release", "rk::atomic_store<rk::Relaxed"),
        (
            "rk::atomic_compare_exchange<rk::Acquire, rk::Device>(&rk::shared<i32>(ctx, self.tally.id)[0]",
            "rk::atomic_compare_exchange<rk::Acquire, rk::Device>(&rk::shared<i32>(ctx, self.tally.id)[1]",
        ),
    ];
    for (from, to) in changes {
        assert_eq!(compiled.text.matches(from).count(), 1, "{from} in\n{}", compiled.text);
        let text = compiled.text.replace(from, to);
        let kernel =
            Source::new(text, THREADS).expect("the templates").build().unwrap_or_else(|error| panic!("{error}"));
        let seen = (0..12).any(|seed| compared(&kernel, &compiled, Mode::Interleave, seed).1.is_err());
        assert!(seen, "'{to}' for '{from}' is not seen");
    }
}
