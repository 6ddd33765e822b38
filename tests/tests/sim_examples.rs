//! The actors of every example, as the compiler emits them, in the simulator: each mode and seed gives what the example prints.

#[allow(dead_code)]
#[path = "../../examples/bank/account.rs"]
mod account;
#[path = "sim_examples/hello.rs"]
mod hello;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/bank/input.rs"]
mod input;
#[allow(dead_code)]
#[path = "../../examples/bank/replay.rs"]
mod replay;

use account::{Account, Overdraft, Transfer};
use ringkernel::__private::{Actor, DeviceValue};
use ringkernel_codegen::{Compiled, Program, compile};
use ringkernel_sim::client::{Client, Command, Outcome};
use ringkernel_sim::conform::{self, Type};
use ringkernel_sim::kernel::{Kernel, Source, compiler_exists};
use ringkernel_sim::memory::{Memory, Mode};
use ringkernel_sim::random::Random;
use ringkernel_sim::residency::Residency;
use ringkernel_sim::run::{HostThread, Setup, record};
use ringkernel_sim::states::{read, words, write};
use ringkernel_sim::world::{Shape, TypeShape, World};
use ringkernel_sim::{Grid, host};
use ringkernel_tests::skip;

const MODES: [Mode; 3] = [Mode::Interleave, Mode::Weak, Mode::Race];
const SEEDS: u64 = 24;
const THREADS: u32 = 160;

fn built<A: Actor>() -> (Compiled, Kernel) {
    let program = Program { actors: vec![A::desc()], overflow_checks: true, ..Program::default() };
    let compiled = compile(&program).unwrap_or_else(|errors| panic!("{errors:?}"));
    let source = Source::new(compiled.text.clone(), THREADS).expect("the templates");
    let kernel = source.build().unwrap_or_else(|error| panic!("{error}"));
    (compiled, kernel)
}

/// Actors of one type, and what the host does with them.
fn setup<A: DeviceValue>(
    memory: &mut Memory,
    random: &mut Random,
    compiled: &Compiled,
    states: &[A],
    drive: impl FnOnce(World) -> HostThread,
) -> Setup {
    let kind = TypeShape {
        count: states.len() as u32,
        state_bytes: compiled.actors[0].state_size as u32,
        slot_bytes: compiled.actors[0].slot_bytes,
    };
    let grid = Grid { blocks: random.between(2, 3), block_threads: THREADS };
    let shape = Shape {
        grid,
        types: vec![kind],
        depth: random.pick(&[1, 2, 8]),
        shards: random.pick(&[1, 2]),
        cells: 512,
        pool_shards: random.pick(&[1, 4]),
        rings: random.between(1, 2),
        ring: random.pick(&[4, 16]),
        host_depth: random.pick(&[1, 8]),
        outbox: 8,
        replies: 16,
    };
    let world = World::new(memory, shape);
    for (i, state) in states.iter().enumerate() {
        write(memory, world.row(0, i as u32), state);
    }
    let (params, residency) = (world.params, Residency::default());
    let hosts = vec![drive(world)];
    Setup { grid, residency, params, hosts, observer: None, explain: None, limit: 3_000_000 }
}

/// Runs a seed, and each of its handlers once more natively.
fn passes<A: Actor + DeviceValue>(
    kernel: &Kernel,
    compiled: &Compiled,
    mode: Mode,
    seed: u64,
    setup: impl FnOnce(&mut Memory, &mut Random) -> Setup,
) {
    let mut params = None;
    let (outcome, handled) = record(kernel, mode, seed, |memory, random| {
        let setup = setup(memory, random);
        params = Some(setup.params);
        setup
    });
    assert!(outcome.fault.is_none(), "seed {seed}, {mode:?}: {}", outcome.fault.expect("it").1);
    assert!(!handled.is_empty());
    let verdict = conform::check(&handled, &[Type::of::<A>()], &[], compiled, &params.expect("a run"));
    verdict.unwrap_or_else(|difference| panic!("seed {seed}, {mode:?}: {difference}"));
}

fn end(client: &Client) {
    client.lines.command(Command::Leave);
    while !host::kernel_ended() {
        host::pause(50);
    }
}

#[test]
fn hello_greets_ten_times() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let (compiled, kernel) = built::<hello::Greeter>();
    let drive = |world: World| -> HostThread {
        Box::new(move || {
            let client = Client::new(world);
            client.launch();
            for times in 1..=4 {
                while !client.try_send(7, 1, 0, 0, &words(&hello::Greet { times })) {
                    host::pause(50);
                }
            }
            let id = client.replies.take().expect("a cell");
            while !client.try_send(7, 1, 1, id, &words(&hello::HowOften)) {
                host::pause(50);
            }
            let answer = loop {
                match client.answer(id) {
                    Some(answer) => break answer,
                    None => host::pause(50),
                }
            };
            assert_eq!(answer, (Outcome::Value, 10));
            end(&client);
        })
    };
    let greeters: Vec<_> = (0..20).map(|_| hello::Greeter { greeted: 0 }).collect();
    for mode in MODES {
        for seed in 0..SEEDS {
            passes::<hello::Greeter>(&kernel, &compiled, mode, seed, |memory, random| {
                setup(memory, random, &compiled, &greeters, drive)
            });
        }
    }
}

/// The actor of the example is the one that is tested here.
#[test]
fn the_example_hello_has_this_actor() {
    let without = |text: &str| text.replace("pub(crate) ", "");
    let (example, here) = (include_str!("../../examples/hello.rs"), include_str!("sim_examples/hello.rs"));
    let actor = without(here).split_once("\n\n").expect("a line on top").1.to_owned();
    assert!(example.contains(&actor), "tests/tests/sim_examples/hello.rs is not what examples/hello.rs has");
}

#[test]
fn bank_ends_as_its_replay() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let (compiled, kernel) = built::<Account>();
    for mode in MODES {
        for seed in 0..SEEDS {
            passes::<Account>(&kernel, &compiled, mode, seed, |memory, random| {
                let book = input::generate(Some(8), Some(30), Some(seed)).expect("a book");
                let new =
                    |(i, cents): (usize, &u64)| Account { number: i as u32, cents: *cents, limit: book.limits[i] };
                let accounts: Vec<_> = book.opening.iter().enumerate().map(new).collect();
                setup(memory, random, &compiled, &accounts, |world| Box::new(move || bank(&world, &book)))
            });
        }
    }
}

fn bank(world: &World, book: &input::Book) {
    let expected = replay::replay(book).expect("a replay");
    let client = Client::new(world.clone());
    let mut outbox = client.outbox();
    let mut overdrafts = Vec::new();
    client.launch();
    let balances =
        || (0..book.opening.len() as u32).map(|i| read::<Account>(world.row(0, i)).cents).collect::<Vec<_>>();
    let mut left = book.transfers.iter().enumerate().peekable();
    while left.peek().is_some() || overdrafts.len() < expected.overdrafts.len() || balances() != expected.balances {
        if let Some((number, t)) = left.peek() {
            let transfer = Transfer { cents: t.cents, to: t.to, number: *number as u32 };
            if client.try_send(t.from, 1, 0, 0, &words(&transfer)) {
                left.next();
            }
        }
        while let Some(record) = outbox.poll(|tag| if tag & 0xff == 0 { Overdraft::SIZE } else { 16 }) {
            assert_eq!(record.tag, 0, "nobody fails, and no message is for nobody");
            let overdraft = Overdraft::decode(&record.payload[..Overdraft::SIZE]).expect("an overdraft");
            overdrafts.push((overdraft.number, overdraft.account));
        }
        client.lines.set_taken(outbox.taken());
        host::pause(100);
    }
    overdrafts.sort_unstable();
    assert_eq!(overdrafts, expected.overdrafts);
    end(&client);
    assert_eq!(balances(), expected.balances);
}
