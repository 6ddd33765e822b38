//! One run: a scenario, a mode and a seed in; an outcome out.

use crate::kernel::Kernel;
use crate::machine::{Fault, Grid, Machine, run as run_machine};
use crate::memory::{Memory, Mode};
use crate::random::Random;
use crate::record::{Handled, Records};
use crate::residency::Residency;
use crate::strategy::{Kind, Strategy};
use crate::trace::{Operation, What};

/// A thread of the host.
pub type HostThread = Box<dyn FnOnce()>;
/// Hears the events of test actors: step, kind and two values. An error is a fault of the run.
pub type Observer = Box<dyn FnMut(u64, u32, u64, u64) -> Result<(), String>>;

/// What a scenario sets up for one seed.
pub struct Setup {
    /// The launch.
    pub grid: Grid,
    /// What runs at once, which must be all of it.
    pub residency: Residency,
    /// What every lane gets.
    pub params: ringkernel_codegen::abi::Params,
    /// Threads of the host; one of them launches the kernel and stops it.
    pub hosts: Vec<HostThread>,
    /// Hears the actors.
    pub observer: Option<Observer>,
    /// Tells what is still open when a run fails.
    pub explain: Option<Box<dyn Fn() -> String>>,
    /// Operations after which the run counts as hanging, from the last event of a test actor or `host::news` on.
    pub limit: u64,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The schedule.
    pub strategy: Kind,
    /// Operations.
    pub steps: u64,
    /// A hash over all operations.
    pub hash: u64,
    /// What was wrong, with the last operations of the fibers involved.
    pub fault: Option<(Fault, String)>,
}

/// Bytes of the arena; only what is used is touched.
const ARENA: usize = 16 << 20;

/// Runs one seed.
pub fn run(kernel: &Kernel, mode: Mode, seed: u64, setup: impl FnOnce(&mut Memory, &mut Random) -> Setup) -> Outcome {
    run_with(kernel, mode, seed, None, setup).0
}

/// The same, and what each handler did.
pub fn record(
    kernel: &Kernel,
    mode: Mode,
    seed: u64,
    setup: impl FnOnce(&mut Memory, &mut Random) -> Setup,
) -> (Outcome, Vec<Handled>) {
    run_with(kernel, mode, seed, Some(Records::default()), setup)
}

fn run_with(
    kernel: &Kernel,
    mode: Mode,
    seed: u64,
    records: Option<Records>,
    setup: impl FnOnce(&mut Memory, &mut Random) -> Setup,
) -> (Outcome, Vec<Handled>) {
    let mut random = Random::new(seed);
    let mut memory = Memory::new(ARENA, mode);
    let Setup { grid, residency, params, hosts, observer, explain, limit } = setup(&mut memory, &mut random);
    let strategy = Strategy::of(seed, &mut random, grid.blocks, grid.block_threads / 32, hosts.len() as u32);
    let kind = strategy.kind;
    let mut machine = Machine::new(memory, grid, strategy, random, hosts.len() as u32, limit);
    machine.observer = observer;
    machine.records = records;
    machine.residency = Some(residency);
    machine.watch = std::env::var("RINGKERNEL_SIM_WATCH").ok();
    let notes = run_machine(&mut machine, hosts, &|| kernel.body(&params), explain.as_deref());
    machine.observer = None;
    let fault = machine.fault.clone().map(|fault| {
        let report = report(&machine, &fault, &notes);
        (fault, report)
    });
    let handled = machine.records.take().map(Records::finish).unwrap_or_default();
    (Outcome { seed, strategy: kind, steps: machine.step, hash: machine.trace.hash(), fault }, handled)
}

/// The last operations of the fibers involved, and those at the address involved.
fn report(machine: &Machine, fault: &Fault, notes: &str) -> String {
    /// Of each fiber, and of the address.
    const SHOWN: usize = 16;
    // Votes and shuffles only matter as the last thing that a lane did.
    let matters = |o: &&Operation| !matches!(o.what, What::Collective(_)) || machine.step < o.step + 100;
    let at_address =
        |o: &&Operation| fault.address.is_some_and(|a| matches!(o.what, What::Access(_)) && o.address / 16 == a / 16);
    let mut shown: Vec<&Operation> = Vec::new();
    let keep = |all: Vec<&'_ Operation>| {
        let from = all.len().saturating_sub(SHOWN);
        all[from..].iter().map(|o| (o.step, o.fiber)).collect::<Vec<_>>()
    };
    let mut steps = keep(machine.trace.operations().filter(at_address).collect());
    for fiber in &fault.fibers {
        steps.extend(keep(machine.trace.operations().filter(|o| o.fiber == *fiber).filter(matters).collect()));
    }
    // The operation that the other lane did there is what the first pair is about.
    shown.extend(machine.trace.operations().filter(|o| steps.contains(&(o.step, o.fiber))));
    let mut text = format!("{}\n{notes}", fault.message);
    for o in shown {
        let what = match o.what {
            What::Access(access) => {
                let values = if access.reads() && access.writes() {
                    format!("{:#x} -> {:#x}", o.old, o.new)
                } else if access.reads() {
                    format!("= {:#x}", o.old)
                } else {
                    format!("<- {:#x}", o.new)
                };
                format!("{access} {:<24} {values}", machine.memory.name(o.address))
            }
            What::Fence(scope) => format!("fence    {scope:?}").to_lowercase(),
            What::Collective(kind) => {
                ["vote", "shuffle", "match", "warp_sync"].get(kind as usize).unwrap_or(&"?").to_string()
            }
            What::BlockSync => "block_sync".into(),
            What::Event(kind) => format!("event {kind} {:#x} {:#x}", o.old, o.new),
        };
        let caller = o.caller.text().map_or_else(String::new, |line| format!("   for {line}"));
        text += &format!("  {:>9}  {:<24} {:<22} {what}{caller}\n", o.step, machine.fiber_name(o.fiber), o.place());
    }
    text
}
