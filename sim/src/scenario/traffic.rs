//! Random traffic among a few actors of two types and the host: the general test of mailboxes, queues and rings.

use std::rc::Rc;

use super::driver::{Deed, Threads};
use super::emitted;
use super::oracle::Oracle;
use crate::audit;
use crate::kernel::{Kernel, Source};
use crate::machine::Grid;
use crate::memory::{Memory, Mode};
use crate::random::Random;
use crate::residency::Residency;
use crate::run::{Outcome, Setup, run};
use crate::words::HostDefect;
use crate::world::{Shape, TypeShape, World};

/// Threads of a block: the system's block has control, a forwarder, one or two ingress warps, and workers beside.
pub const BLOCK_THREADS: u32 = 160;
/// Operations without news after which a run counts as hanging: several times what the longest of some thousand took.
const LIMIT: u64 = 3_000_000;
const STATE_BYTES: u32 = 32 + 16 * 4;

/// What kind of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Everything, with cells to spare: all must be handled.
    Plenty,
    /// Messages that go round for long, mailboxes of depth one, few cells: all must be handled still.
    Scarce,
    /// Actors that fail while much is under way to them: what they get is dead, and every question is answered.
    Failing,
    /// The host sends faster than actors handle, with few cells: the ring must hold it back, and all must be handled.
    Flood,
    /// The host sends more messages than there are cells, each of which goes round for a while: no more may be under way than
    /// leave a cell for each, and all must be handled.
    Surge,
    /// Two actors send each other much at once through short mailboxes: what one sends must not overtake what it sent before.
    Crowd,
    /// Actors tell the host, which does not listen for long, and relaunches the kernel meanwhile: nothing may be lost.
    Deaf,
    /// Messages that double without end: the system must say that it is stalled, and stop.
    Doubling,
    /// As `Doubling`, with handlers whose sends are not bounded: they fail loudly when the pool is empty.
    Unbounded,
    /// Handlers that never end: a kill must end them.
    Endless,
    /// Actors in Rust as the compiler emits them, some of which fail: all ends as computed without actors.
    Emitted,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 11] = [
        Self::Plenty,
        Self::Scarce,
        Self::Failing,
        Self::Flood,
        Self::Surge,
        Self::Crowd,
        Self::Deaf,
        Self::Doubling,
        Self::Unbounded,
        Self::Endless,
        Self::Emitted,
    ];

    /// The kernel of this profile.
    ///
    /// # Errors
    /// When the templates cannot be read.
    pub fn source(self) -> Result<Source, String> {
        if self == Self::Emitted {
            return emitted::source();
        }
        let sends = if self == Self::Unbounded { "MOST_SENDS=0xffffffffu" } else { "MOST_SENDS=2" };
        let source = Source::new(include_str!("../../kernels/traffic.cu"), BLOCK_THREADS)
            .map_err(|error| error.to_string())?
            .define(sends);
        Ok(match self.long_chain() {
            Some(messages) => source.define(format!("RK_LONG_CHAIN={messages}")),
            None => source,
        })
    }

    /// Messages after which a chain is long, in half of the profiles: few.
    pub(super) fn long_chain(self) -> Option<u32> {
        matches!(self, Self::Scarce | Self::Failing | Self::Doubling | Self::Unbounded).then_some(3)
    }

    /// Everything that is sent is handled in the end.
    pub(super) fn completes(self) -> bool {
        matches!(self, Self::Plenty | Self::Scarce | Self::Failing | Self::Flood | Self::Surge | Self::Crowd)
    }

    /// The host sends without pauses.
    pub(super) fn is_hasty(self) -> bool {
        matches!(self, Self::Flood | Self::Surge)
    }

    /// What the host does.
    fn deeds(self, random: &mut Random, peers: u32) -> Vec<Deed> {
        let fails = self == Self::Plenty && random.one_in(4);
        let (least, most) = self.lengths();
        let mut deeds = Vec::new();
        for _ in 0..random.between(least, most) {
            deeds.push(self.deed(random, peers, fails));
            let often = match self {
                Self::Scarce => 10,
                Self::Crowd => 16,
                _ => 0,
            };
            if random.one_in(often) {
                deeds.push(Deed::Relaunch);
            }
        }
        if self == Self::Endless {
            deeds.insert(random.below(deeds.len() as u32) as usize, Deed::Loop { to: random.below(peers) });
        }
        deeds
    }

    /// Least and most deeds.
    fn lengths(self) -> (u32, u32) {
        match self {
            Self::Plenty => (4, 24),
            Self::Scarce => (4, 16),
            Self::Failing => (6, 20),
            Self::Flood => (50, 110),
            Self::Surge => (70, 110),
            Self::Crowd => (6, 16),
            Self::Deaf => (8, 32),
            Self::Doubling | Self::Unbounded => (1, 4),
            Self::Endless => (1, 6),
            Self::Emitted => (0, 0),
        }
    }

    fn deed(self, random: &mut Random, peers: u32, fails: bool) -> Deed {
        let to = random.below(if self == Self::Flood { peers.min(3) } else { peers });
        match self {
            Self::Plenty => match random.below(16) {
                0..=7 => Deed::Hop { to, ttl: random.below(5), fan: random.between(1, 2) },
                8..=11 => Deed::Ask { to },
                12..=13 => Deed::TellHost { to, messages: random.between(1, 2) },
                14 if fails => Deed::Fail { to },
                14 => Deed::Stale { to, nowhere: random.one_in(4) },
                _ => Deed::Relaunch,
            },
            Self::Scarce => Deed::Hop { to, ttl: random.between(8, 24), fan: 1 },
            Self::Failing => match random.below(8) {
                0..=3 => Deed::Hop { to, ttl: random.between(3, 6), fan: 2 },
                4..=5 => Deed::Fail { to },
                6 => Deed::Ask { to },
                _ => Deed::TellHost { to, messages: 1 },
            },
            Self::Flood if random.one_in(8) => Deed::Ask { to },
            Self::Flood => Deed::Hop { to, ttl: 0, fan: 1 },
            Self::Surge => Deed::Hop { to, ttl: random.between(1, 3), fan: 1 },
            Self::Crowd => Deed::Hop { to, ttl: random.between(2, 4), fan: 2 },
            Self::Deaf => match random.below(16) {
                0..=8 => Deed::TellHost { to, messages: random.between(1, 2) },
                9 => Deed::Ask { to },
                10 => Deed::Hop { to, ttl: random.below(3), fan: 2 },
                11..=13 => Deed::Deaf { rounds: random.between(1, 40), full: random.one_in(2) },
                _ => Deed::Relaunch,
            },
            Self::Doubling => Deed::Hop { to, ttl: 255, fan: random.between(2, 2) },
            Self::Unbounded => Deed::Hop { to, ttl: 255, fan: random.between(2, 14) },
            Self::Endless | Self::Emitted => Deed::Hop { to, ttl: 3, fan: 2 },
        }
    }

    fn cells(self, random: &mut Random) -> u32 {
        match self {
            Self::Plenty | Self::Failing | Self::Crowd | Self::Deaf | Self::Endless | Self::Emitted => {
                random.pick(&[1024, 2048])
            }
            Self::Scarce | Self::Surge => 0,
            Self::Flood => 80,
            Self::Doubling | Self::Unbounded => random.pick(&[16, 64, 256]),
        }
    }

    /// Runs one seed of this traffic; of emitted actors also each handler natively.
    #[must_use]
    pub fn run(self, kernel: &Kernel, mode: Mode, seed: u64) -> Outcome {
        self.run_with(None, kernel, mode, seed)
    }

    /// The same with a defect of the host's.
    pub(crate) fn run_with(self, defect: Option<HostDefect>, kernel: &Kernel, mode: Mode, seed: u64) -> Outcome {
        if self == Self::Emitted {
            return emitted::run(kernel, mode, seed, LIMIT);
        }
        run(kernel, mode, seed, |memory, random| self.setup(defect, memory, random))
    }

    fn setup(self, defect: Option<HostDefect>, memory: &mut Memory, random: &mut Random) -> Setup {
        let count = match self {
            Self::Crowd => 1,
            Self::Surge => random.between(2, 4),
            _ => random.between(1, 4),
        };
        let rings = random.between(1, 2);
        let deeds = self.deeds(random, count * 2);
        let cells = match self.cells(random) {
            // What control leaves out of account, and for each of the few messages that it lets in one more.
            0 if self == Self::Surge => rings * 16 + 8 + 2 * random.pick(&[6, 12, 18]),
            // What the ingress lanes keep, what one handler needs, each message, and the last cell of each chain.
            0 => rings * 16 + 3 + deeds.len() as u32 + count * 2 + random.pick(&[0, 3, 20]),
            some => some,
        };
        let depth = match self {
            Self::Scarce | Self::Failing => 1,
            Self::Crowd => random.pick(&[2, 4]),
            Self::Surge => random.pick(&[4, 8]),
            _ => random.pick(&[1, 2, 4]),
        };
        let kind = TypeShape { count, state_bytes: STATE_BYTES, slot_bytes: 64 };
        let shape = Shape {
            grid: Grid { blocks: random.between(2, 3), block_threads: BLOCK_THREADS },
            types: vec![kind.clone(), kind],
            depth,
            shards: random.pick(&[1, 2]),
            cells,
            pool_shards: random.pick(&[1, 4]),
            rings,
            ring: if self == Self::Surge { 64 } else { random.pick(&[4, 16]) },
            host_depth: random.pick(&[1, 2, 8]),
            outbox: random.pick(&[1, 2, 8]),
            replies: random.pick(&[2, 8, 64]),
        };
        let world = World::new(memory, shape);
        let peers = count * 2;
        for peer in 0..peers {
            let row = world.row((peer & 1) as usize, peer >> 1);
            memory.poke(row, 4, peer.into());
            memory.poke(row + 4, 4, peers.into());
        }
        // Some messages come from a second thread of the host, which shares the rings.
        let (second, first) = deeds.into_iter().partition(|deed| matches!(deed, Deed::Hop { .. }) && random.one_in(3));
        let threads = Rc::new(Threads::new(self, world.clone(), defect));
        let (heard, told, sender) = (threads.clone(), threads.clone(), threads.clone());
        Setup {
            grid: world.shape.grid,
            residency: Residency::default(),
            params: world.params,
            hosts: vec![Box::new(move || threads.drive(first)), Box::new(move || sender.send(second))],
            observer: Some(Box::new(move |_, kind, a, b| heard.oracle.borrow_mut().event(kind, a, b))),
            explain: Some(Box::new(move || explain(&world, &told.oracle.borrow()))),
            limit: LIMIT,
        }
    }
}

fn explain(world: &World, known: &Oracle) -> String {
    let [handled, dead, spilled, starved, failed] = audit::counters(world);
    format!(
        "  sent {}, handled {} (counted {handled}), dead {dead}, spilled {spilled}, starved {starved}, failed {failed}, \
         told the host {}, heard {}; unanswered {:?}; open: {}\n{}",
        known.sent,
        known.handled(),
        known.told,
        known.heard,
        known.unanswered,
        known.open(),
        audit::describe(world)
    )
}
