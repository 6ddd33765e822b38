//! Random traffic among a few actors of two types and the host: the general test of mailboxes, queues and rings.

use std::cell::RefCell;
use std::mem::offset_of;
use std::rc::Rc;

use ringkernel_codegen::abi::DeviceLine;

use super::oracle::Oracle;
use crate::audit;
use crate::client::{Client, KILL, LEAVE};
use crate::host;
use crate::kernel::Source;
use crate::machine::Grid;
use crate::memory::Memory;
use crate::random::Random;
use crate::run::Setup;
use crate::world::{Shape, TypeShape, World};

/// Threads of a block: the system's block has a control warp and two ingress warps.
pub const BLOCK_THREADS: u32 = 96;
/// Number under which the host sends.
const HOST: u32 = 15;
/// The answer that a question to nobody expects.
const DEAD: u32 = u32::MAX;
const STATE_BYTES: u32 = 32 + 16 * 4;

/// What kind of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Everything, with cells to spare: all must be handled.
    Plenty,
    /// Messages that go round for long, mailboxes of depth one, few cells: all must be handled still.
    Scarce,
    /// The host sends faster than actors handle, with few cells: the ring must hold it back, and all must be handled.
    Flood,
    /// Messages that double without end: the system must say that it is stalled, and stop.
    Doubling,
    /// As `Doubling`, with handlers whose sends are not bounded: they fail loudly when the pool is empty.
    Unbounded,
    /// Handlers that never end: a kill must end them.
    Endless,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Self; 6] =
        [Self::Plenty, Self::Scarce, Self::Flood, Self::Doubling, Self::Unbounded, Self::Endless];

    /// The kernel of this profile.
    ///
    /// # Errors
    /// When the templates cannot be read.
    pub fn source(self) -> std::io::Result<Source> {
        let sends = if self == Self::Unbounded { "MOST_SENDS=0xffffffffu" } else { "MOST_SENDS=2" };
        Ok(Source::new(include_str!("../../kernels/traffic.cu"), BLOCK_THREADS)?.define(sends))
    }

    /// Everything that is sent is handled in the end.
    fn completes(self) -> bool {
        matches!(self, Self::Plenty | Self::Scarce | Self::Flood)
    }

    fn deeds(self, random: &mut Random, peers: u32) -> Vec<Deed> {
        let mut deeds = Vec::new();
        match self {
            Self::Plenty => {
                let fails = random.one_in(4);
                for _ in 0..random.between(4, 24) {
                    let to = random.below(peers);
                    deeds.push(match random.below(16) {
                        0..=7 => Deed::Hop { to, ttl: random.below(5), fan: random.between(1, 2) },
                        8..=11 => Deed::Ask { to },
                        12..=13 => Deed::TellHost { to, messages: random.between(1, 2) },
                        14 if fails => Deed::Fail { to },
                        14 => Deed::Stale { to, nowhere: random.one_in(4) },
                        _ => Deed::Relaunch,
                    });
                }
            }
            Self::Scarce => {
                for _ in 0..random.between(4, 16) {
                    deeds.push(Deed::Hop { to: random.below(peers), ttl: random.between(8, 24), fan: 1 });
                    if random.one_in(10) {
                        deeds.push(Deed::Relaunch);
                    }
                }
            }
            Self::Flood => {
                for _ in 0..random.between(50, 110) {
                    let to = random.below(peers.min(3));
                    deeds.push(if random.one_in(8) { Deed::Ask { to } } else { Deed::Hop { to, ttl: 0, fan: 1 } });
                }
            }
            Self::Doubling | Self::Unbounded => {
                for _ in 0..random.between(1, 4) {
                    deeds.push(Deed::Hop { to: random.below(peers), ttl: 255, fan: random.between(2, self.fan()) });
                }
            }
            Self::Endless => {
                for _ in 0..random.between(1, 6) {
                    deeds.push(Deed::Hop { to: random.below(peers), ttl: 3, fan: 2 });
                }
                deeds.insert(random.below(deeds.len() as u32) as usize, Deed::Loop { to: random.below(peers) });
            }
        }
        deeds
    }

    /// Operations after which a run counts as hanging: several times what the longest of some thousand took.
    fn limit(self) -> u64 {
        match self {
            Self::Endless => 500_000,
            Self::Plenty | Self::Unbounded => 2_000_000,
            Self::Scarce | Self::Doubling => 6_000_000,
            Self::Flood => 12_000_000,
        }
    }

    fn fan(self) -> u32 {
        if self == Self::Unbounded { 14 } else { 2 }
    }

    fn cells(self, random: &mut Random) -> u32 {
        match self {
            Self::Plenty | Self::Endless => random.pick(&[1024, 2048]),
            Self::Scarce => 0,
            Self::Flood => 64,
            Self::Doubling | Self::Unbounded => random.pick(&[16, 64, 256]),
        }
    }

    /// A run with everything at random.
    pub fn setup(self, memory: &mut Memory, random: &mut Random) -> Setup {
        let count = random.between(1, 4);
        let rings = random.between(1, 2);
        let deeds = self.deeds(random, count * 2);
        let cells = match self.cells(random) {
            // What the ingress lanes keep, what one handler needs, each message, and the last cell of each chain.
            0 => rings * 16 + 3 + deeds.len() as u32 + count * 2 + random.pick(&[0, 3, 20]),
            some => some,
        };
        let depth = if self == Self::Scarce { 1 } else { random.pick(&[1, 2, 4]) };
        let kind = TypeShape { count, state_bytes: STATE_BYTES, slot_bytes: 64 };
        let shape = Shape {
            grid: Grid { blocks: random.between(2, 3), block_threads: BLOCK_THREADS },
            types: vec![kind.clone(), kind],
            depth,
            shards: random.pick(&[1, 2]),
            cells,
            pool_shards: random.pick(&[1, 4]),
            rings,
            ring: random.pick(&[4, 16]),
            host_depth: random.pick(&[1, 2, 8]),
            replies: 64,
        };
        let world = World::new(memory, shape);
        let peers = count * 2;
        for peer in 0..peers {
            let row = world.row((peer & 1) as usize, peer >> 1);
            memory.poke(row, 4, peer.into());
            memory.poke(row + 4, 4, peers.into());
        }
        let oracle = Rc::new(RefCell::new(Oracle::default()));
        let (heard, told, shown) = (oracle.clone(), oracle.clone(), world.clone());
        let (grid, params) = (world.shape.grid, world.params);
        Setup {
            grid,
            params,
            hosts: vec![Box::new(move || drive(self, world, &oracle, deeds))],
            observer: Some(Box::new(move |_, kind, a, b| heard.borrow_mut().event(kind, a, b))),
            explain: Some(Box::new(move || explain(&shown, &told.borrow()))),
            limit: self.limit(),
        }
    }
}

/// One thing that the host does.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Hop {
        to: u32,
        ttl: u32,
        fan: u32,
    },
    Ask {
        to: u32,
    },
    Fail {
        to: u32,
    },
    Loop {
        to: u32,
    },
    /// A message to a former tenant of the slot, or to no slot at all.
    Stale {
        to: u32,
        nowhere: bool,
    },
    TellHost {
        to: u32,
        messages: u32,
    },
    Relaunch,
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

struct Driver {
    world: World,
    client: Client,
    received: Vec<u32>,
    from_actors: u64,
    asked: Vec<(u32, u32)>,
}

fn drive(profile: Profile, world: World, oracle: &RefCell<Oracle>, deeds: Vec<Deed>) {
    let peers = world.shape.types[0].count * 2;
    let received = vec![0; peers as usize];
    let mut d = Driver { client: Client::new(world.clone()), world, received, from_actors: 0, asked: Vec::new() };
    d.client.launch();
    let mut left = deeds.into_iter().peekable();
    loop {
        d.listen();
        {
            let mut known = oracle.borrow_mut();
            known.heard = d.from_actors;
            known.unanswered = d.asked.iter().map(|(id, _)| *id).collect();
        }
        let deed = left.peek().copied();
        if let Some(deed) = deed {
            if d.perform(deed, oracle) {
                left.next();
            }
            // A flood comes without pauses.
            if profile != Profile::Flood {
                host::pause(host::below(60).into());
            }
        }
        match profile {
            Profile::Plenty | Profile::Scarce | Profile::Flood if deed.is_none() && d.quiet(oracle) => break,
            // Stalled, or everybody failed, or nothing left to do.
            Profile::Doubling | Profile::Unbounded if d.client.stalled() || d.quiet(oracle) => {
                break;
            }
            Profile::Endless if deed.is_none() && host::below(8) == 0 => break,
            _ => {}
        }
        if profile != Profile::Flood || deed.is_none() {
            host::pause(u64::from(host::below(400)));
        }
    }
    if profile == Profile::Endless {
        if host::below(2) == 0 {
            d.client.command(LEAVE);
            host::pause(u64::from(host::below(3000)));
        }
        d.client.command(KILL);
        while !host::kernel_ended() {
            d.listen();
            host::pause(50);
        }
    } else {
        d.leave();
    }
    d.check(profile, oracle);
}

impl Driver {
    /// The slot of a peer: even ones are of type 0.
    fn slot(&self, peer: u32) -> u32 {
        (peer & 1) * self.world.shape.types[0].count + (peer >> 1)
    }

    fn perform(&mut self, deed: Deed, oracle: &RefCell<Oracle>) -> bool {
        match deed {
            Deed::Hop { to, ttl, fan } => {
                let seq = oracle.borrow_mut().host_sends(HOST, to);
                let sent = self.client.try_send(self.slot(to), 1, 0, 0, &[HOST, seq, ttl | fan << 8, seq * 7919 + to]);
                if !sent {
                    // It was never on its way.
                    let _ = oracle.borrow_mut().event(7, u64::from(HOST) << 32 | u64::from(to), seq.into());
                }
                sent
            }
            Deed::Ask { to } => {
                let id = self.client.ask_id();
                oracle.borrow_mut().host_asks();
                let sent = self.client.try_send(self.slot(to), 1, 1, id, &[id * 3]);
                if sent {
                    self.asked.push((id, id * 6 + 1));
                } else {
                    self.client.take_back_id();
                    oracle.borrow_mut().sent -= 1;
                }
                sent
            }
            Deed::Fail { to } | Deed::Loop { to } => {
                let tag = if matches!(deed, Deed::Fail { .. }) { 2 } else { 4 };
                oracle.borrow_mut().host_asks();
                let sent = self.client.try_send(self.slot(to), 1, tag, 0, &[5]);
                if !sent {
                    oracle.borrow_mut().sent -= 1;
                }
                sent
            }
            Deed::Stale { to, nowhere } => {
                let slot = if nowhere { 1000 } else { self.slot(to) };
                oracle.borrow_mut().host_asks();
                let id = self.client.ask_id();
                let sent = self.client.try_send(slot, 2, 1, id, &[5]);
                if sent {
                    self.asked.push((id, DEAD));
                } else {
                    self.client.take_back_id();
                    oracle.borrow_mut().sent -= 1;
                }
                sent
            }
            Deed::TellHost { to, messages } => {
                oracle.borrow_mut().host_asks();
                let sent = self.client.try_send(self.slot(to), 1, 3, 0, &[messages]);
                if !sent {
                    oracle.borrow_mut().sent -= 1;
                }
                sent
            }
            Deed::Relaunch => {
                self.leave();
                if let Err(message) = audit::pool(&self.world).and_then(|()| audit::ready(&self.world)) {
                    host::fail(format!("between two launches: {message}"));
                }
                self.client.launch();
                true
            }
        }
    }

    fn leave(&mut self) {
        self.client.command(LEAVE);
        while !host::kernel_ended() {
            self.listen();
            host::pause(50);
        }
    }

    /// Takes messages and answers that are there.
    fn listen(&mut self) {
        while let Some(m) = self.client.receive() {
            // News of dead letters are a courtesy: the counters say how many there were.
            if m.tag == 0xfd {
                continue;
            }
            self.from_actors += 1;
            let slot = (m.sender >> 24) as u32;
            match m.tag {
                1 => {
                    let [from, seq, ..] = m.payload;
                    if self.slot(from) != slot || self.received[from as usize] != seq {
                        host::fail(format!(
                            "the host hears message {seq} of {from} from slot {slot}; the next is {}",
                            self.received[from as usize]
                        ));
                    }
                    self.received[from as usize] += 1;
                }
                0xff => {
                    // The actor's own failure, or the pool is exhausted.
                    if (m.payload[2] != 77 || m.payload[0] != 5) && m.payload[2] != 0xffff_ff00 {
                        host::fail(format!("the news of a failure says {:?}", m.payload));
                    }
                }
                other => host::fail(format!("the host hears a message with tag {other}")),
            }
        }
        let client = &self.client;
        self.asked.retain(|(id, expected)| match client.answer(*id) {
            None => true,
            Some(a) if a.outcome == 1 && a.value != *expected => {
                host::fail(format!("question {id} is answered {} instead of {expected}", a.value))
            }
            Some(a) if a.outcome != 3 && *expected == DEAD => {
                host::fail(format!("question {id} to nobody is answered with outcome {}", a.outcome))
            }
            Some(_) => false,
        });
    }

    /// Messages of the host that the device has not taken.
    fn in_rings(&self) -> u64 {
        let p = &self.world.params;
        (0..p.ingress.rings)
            .map(|r| u64::from(self.client.sent(r) - host::peek(p.ingress.heads + u64::from(r) * 128, 4) as u32))
            .sum()
    }

    /// Everything that was sent was handled, counted dead, answered and heard.
    fn quiet(&self, oracle: &RefCell<Oracle>) -> bool {
        let known = oracle.borrow();
        let dead = audit::counters(&self.world)[1];
        let host_waits = host::peek(self.world.params.host.mailboxes, 4) as u32;
        self.asked.is_empty()
            && known.sent == known.handled() + dead
            && known.told == self.from_actors
            && host_waits == 0
            && audit::undelivered(&self.world) == 0
    }

    fn check(&mut self, profile: Profile, oracle: &RefCell<Oracle>) {
        let known = oracle.borrow();
        let [handled, dead, _, _, failed] = audit::counters(&self.world);
        let waiting =
            if profile.completes() { 0 } else { audit::undelivered(&self.world).max(0) as u64 + self.in_rings() };
        if known.sent != handled + dead + waiting || handled != known.handled() {
            host::fail(format!(
                "sent {}, handled {} (counted {handled}), dead {dead}, waiting {waiting}; open: {}",
                known.sent,
                known.handled(),
                known.open()
            ));
        }
        if failed != known.failed + known.unsent {
            host::fail(format!("{failed} actors failed, {} were told to", known.failed));
        }
        for (peer, entered) in &known.entered {
            let row = self.world.row((peer & 1) as usize, *peer as u32 >> 1);
            let counted = host::peek(row + 8, 4) as u64;
            if counted != *entered {
                host::fail(format!("actor {peer} ran {entered} times and its state says {counted}"));
            }
        }
        let line = self.client.device_line(offset_of!(DeviceLine, handled));
        if line != handled {
            host::fail(format!("the device's line says {line} handled, the warps {handled}"));
        }
        if let Err(message) = audit::pool(&self.world).and_then(|()| audit::ready(&self.world)) {
            host::fail(format!("at the end: {message}"));
        }
    }
}
