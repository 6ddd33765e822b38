//! What the compiler emits, run by the simulator: a token goes round, and every mode and seed gives the native result.

use ringkernel::__private::{Actor, DeviceValue};
use ringkernel::prelude::*;
use ringkernel_codegen::{Program, compile};
use ringkernel_sim::client::{Client, Command};
use ringkernel_sim::kernel::{Source, compiler_exists};
use ringkernel_sim::memory::{Memory, Mode};
use ringkernel_sim::residency::Residency;
use ringkernel_sim::run::{Setup, run};
use ringkernel_sim::world::{Shape, TypeShape, World};
use ringkernel_sim::{Grid, host};
use ringkernel_tests::skip;

#[ring_message]
struct Token {
    left: u32,
    value: u64,
}

#[ring_actor]
struct Station {
    next: u32,
    salt: u64,
    sum: u64,
}

#[ring_actor]
impl Station {
    #[handler]
    fn token(&mut self, m: Token, ctx: &mut Context<Self>) {
        self.sum = self.sum.wrapping_mul(31).wrapping_add(m.value ^ self.salt);
        if m.left > 0 {
            ctx.tell(ctx.actor::<Station>(self.next), Token { left: m.left - 1, value: self.sum.rotate_left(7) });
        }
    }
}

const STATIONS: u32 = 5;
const ROUNDS: u32 = 40;

fn stations() -> Vec<Station> {
    (0..STATIONS).map(|i| Station { next: (i * 2 + 1) % STATIONS, salt: (u64::from(i) << 40) + 77, sum: 0 }).collect()
}

/// The states in the end, by the same arithmetic without actors.
fn expected() -> Vec<Vec<u8>> {
    let (mut all, mut at, mut value) = (stations(), 0, 1);
    for _ in 0..=ROUNDS {
        let station = &mut all[at as usize];
        station.sum = station.sum.wrapping_mul(31).wrapping_add(value ^ station.salt);
        (at, value) = (station.next, station.sum.rotate_left(7));
    }
    all.iter().map(encoded).collect()
}

fn encoded(station: &Station) -> Vec<u8> {
    let mut bytes = vec![0; Station::SIZE];
    station.encode(&mut bytes);
    bytes
}

fn setup(memory: &mut Memory, slot_bytes: u32) -> Setup {
    let state_bytes = Station::SIZE as u32;
    let types = vec![TypeShape { count: STATIONS, state_bytes, slot_bytes }];
    let grid = Grid { blocks: 2, block_threads: 128 };
    let shape = Shape {
        grid,
        types,
        depth: 2,
        shards: 1,
        cells: 256,
        pool_shards: 1,
        rings: 1,
        ring: 8,
        host_depth: 8,
        outbox: 8,
        replies: 16,
    };
    let world = World::new(memory, shape);
    for (i, station) in stations().iter().enumerate() {
        for (k, byte) in encoded(station).iter().enumerate() {
            memory.poke(world.row(0, i as u32) + k as u64, 1, (*byte).into());
        }
    }
    let params = world.params;
    let drive = move || {
        let client = Client::new(world.clone());
        client.launch();
        // A token with `left`, padding, `value`.
        assert!(client.try_send(0, 1, 0, 0, &[ROUNDS, 0, 1, 0]));
        let row = |i: u32| {
            let at = world.row(0, i);
            (0..Station::SIZE as u64).map(|k| host::peek(at + k, 1) as u8).collect::<Vec<u8>>()
        };
        let expected = expected();
        while (0..STATIONS).any(|i| row(i) != expected[i as usize]) {
            host::pause(200);
        }
        client.lines.command(Command::Leave);
        while !host::kernel_ended() {
            host::pause(50);
        }
    };
    let residency = Residency::default();
    Setup { grid, residency, params, hosts: vec![Box::new(drive)], observer: None, explain: None, limit: 1_000_000 }
}

#[test]
fn a_token_goes_round_as_natively() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let program = Program { actors: vec![Station::desc()], overflow_checks: true, ..Program::default() };
    let compiled = compile(&program).unwrap_or_else(|errors| panic!("{errors:?}"));
    let kernel =
        Source::new(compiled.text, 128).expect("the templates").build().unwrap_or_else(|error| panic!("{error}"));
    for mode in [Mode::Interleave, Mode::Weak, Mode::Race] {
        for seed in 0..10 {
            let outcome = run(&kernel, mode, seed, |memory, _| setup(memory, compiled.actors[0].slot_bytes));
            assert!(outcome.fault.is_none(), "seed {seed}, {mode:?}: {}", outcome.fault.expect("it").1);
        }
    }
}
