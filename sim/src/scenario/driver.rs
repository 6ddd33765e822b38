//! The host's threads in random traffic: what they send, what they hear, and what must hold in the end.
//!
//! The first thread launches, asks, listens and stops; the second only sends. Both use the runtime's own queues.

use std::cell::{Cell, RefCell};

use ringkernel_runtime::cuda::host::Outbox;

use super::oracle::Oracle;
use super::traffic::Profile;
use crate::client::{Client, Command, Outcome, Record};
use crate::words::{HostDefect, Shared};
use crate::world::World;
use crate::{audit, host};

/// Numbers under which the host's threads send.
const FIRST: u32 = 15;
const SECOND: u32 = 14;
/// Tags of `context.cuh`.
const DEAD_LETTER: u32 = 0xfd;
const FAILURE: u32 = 0xff;
/// Bytes of every message to the host here.
const HOST_MESSAGE: usize = 16;

/// One thing that the host does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
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
    /// A question to a former tenant of the slot, or to no slot at all.
    Stale {
        to: u32,
        nowhere: bool,
    },
    TellHost {
        to: u32,
        messages: u32,
    },
    /// Listens to no messages for some rounds, because it has no room for them, or has other things to do.
    Deaf {
        rounds: u32,
        full: bool,
    },
    Relaunch,
}

/// What a question expects.
#[derive(Clone, Copy, PartialEq)]
enum Expected {
    Value(u32),
    Dead,
}

/// What both threads share.
pub(super) struct Threads {
    profile: Profile,
    world: World,
    client: Client,
    pub(super) oracle: RefCell<Oracle>,
    /// The second thread is to end, and has ended.
    stop: Cell<bool>,
    ended: Cell<bool>,
}

/// What only the first thread knows.
struct Driver<'a> {
    threads: &'a Threads,
    outbox: Outbox<Shared>,
    /// Rounds for which it does not listen, and whether it has said that it has no room.
    deaf: u32,
    full: bool,
    received: Vec<u32>,
    from_actors: u64,
    asked: Vec<(u32, Expected)>,
}

impl Threads {
    pub(super) fn new(profile: Profile, world: World, defect: Option<HostDefect>) -> Self {
        let client = Client::with(world.clone(), defect);
        Self { profile, world, client, oracle: RefCell::default(), stop: Cell::new(false), ended: Cell::new(false) }
    }

    /// The slot of a peer: even ones are of type 0.
    fn slot(&self, peer: u32) -> u32 {
        (peer & 1) * self.world.shape.types[0].count + (peer >> 1)
    }

    /// A flood comes without pauses.
    fn pause(&self, below: u32) {
        if !self.profile.is_hasty() {
            host::pause(host::below(below).into());
        }
    }

    /// Sends a message that is counted before it is sent, and no more if it is refused.
    fn push(&self, to: u32, generation: u32, tag: u32, reply: u32, payload: &[u32]) -> bool {
        self.oracle.borrow_mut().host_asks();
        let sent = self.client.try_send(to, generation, tag, reply, payload);
        self.oracle.borrow_mut().sent -= u64::from(!sent);
        sent
    }

    fn hop(&self, from: u32, to: u32, ttl: u32, fan: u32) -> bool {
        let seq = self.oracle.borrow_mut().host_sends(from, to);
        let payload = [from, seq, ttl | fan << 8, seq * 7919 + to];
        let sent = self.client.try_send(self.slot(to), 1, 0, 0, &payload);
        if !sent {
            self.oracle.borrow_mut().host_was_refused(from, to);
        }
        sent
    }

    /// The second thread.
    pub(super) fn send(&self, deeds: Vec<Deed>) {
        for deed in deeds {
            let Deed::Hop { to, ttl, fan } = deed else { continue };
            while !self.stop.get() && !self.hop(SECOND, to, ttl, fan) {
                host::pause(u64::from(host::below(200)));
            }
            self.pause(400);
        }
        self.ended.set(true);
    }

    /// The first thread.
    pub(super) fn drive(&self, deeds: Vec<Deed>) {
        let received = vec![0; self.world.shape.types[0].count as usize * 2];
        let outbox = self.client.outbox();
        let mut d = Driver { threads: self, outbox, deaf: 0, full: false, received, from_actors: 0, asked: Vec::new() };
        self.client.launch();
        let mut left = deeds.into_iter().peekable();
        // Of three ends of a run with a deaf host: all is done, it listens, or it has no room.
        let end = host::below(3);
        loop {
            d.wait_deaf();
            d.listen();
            let deed = left.peek().copied();
            if let Some(deed) = deed {
                if d.perform(deed) {
                    left.next();
                }
                self.pause(60);
            }
            let all_sent = deed.is_none() && self.ended.get();
            match self.profile {
                _ if self.profile.completes() && all_sent && d.quiet() => break,
                Profile::Deaf if all_sent && (end != 0 || d.deaf == 0 && d.quiet()) => {
                    d.be_deaf(u32::from(end == 2), end == 2);
                    break;
                }
                // Stalled, or everybody failed, or nothing left to do.
                Profile::Doubling | Profile::Unbounded if self.client.lines.report().stalled || d.quiet() => break,
                Profile::Endless if deed.is_none() && host::below(8) == 0 => break,
                _ => {}
            }
            if !self.profile.is_hasty() || deed.is_none() {
                host::pause(u64::from(host::below(400)));
            }
        }
        if self.profile == Profile::Endless {
            if host::below(2) == 0 {
                self.client.lines.command(Command::Leave);
                host::pause(u64::from(host::below(3000)));
            }
            self.client.lines.command(Command::Kill);
        } else {
            self.client.lines.command(Command::Leave);
        }
        d.wait_for_end();
        if self.profile == Profile::Deaf {
            let full = d.full;
            d.count_told(full);
            d.be_deaf(0, false);
            d.listen();
            d.count_told(full);
        }
        self.stop.set(true);
        while !self.ended.get() {
            host::pause(50);
        }
        d.check();
    }
}

impl Driver<'_> {
    fn ask(
        &mut self,
        slot: u32,
        generation: u32,
        value: impl FnOnce(u32) -> u32,
        expected: impl FnOnce(u32) -> Expected,
    ) -> bool {
        let Some(id) = self.threads.client.replies.take() else { return false };
        let sent = self.threads.push(slot, generation, 1, id, &[value(id)]);
        if !sent {
            self.threads.client.replies.give_back(id);
        } else if host::below(8) == 0 {
            self.threads.client.abandon(id);
        } else {
            self.asked.push((id, expected(id)));
        }
        sent
    }

    fn perform(&mut self, deed: Deed) -> bool {
        let threads = self.threads;
        match deed {
            Deed::Hop { to, ttl, fan } => threads.hop(FIRST, to, ttl, fan),
            Deed::Ask { to } => {
                self.ask(threads.slot(to), 1, |id| id.wrapping_mul(3), |id| Expected::Value(id.wrapping_mul(6) + 1))
            }
            Deed::Fail { to } => threads.push(threads.slot(to), 1, 2, 0, &[5]),
            Deed::Loop { to } => threads.push(threads.slot(to), 1, 4, 0, &[5]),
            Deed::Stale { to, nowhere } => {
                self.ask(if nowhere { 1000 } else { threads.slot(to) }, 2, |_| 5, |_| Expected::Dead)
            }
            Deed::TellHost { to, messages } => threads.push(threads.slot(to), 1, 3, 0, &[messages]),
            Deed::Deaf { rounds, full } => {
                self.be_deaf(rounds, full);
                true
            }
            Deed::Relaunch => {
                threads.client.lines.command(Command::Leave);
                self.wait_for_end();
                if let Err(message) = audit::pool(&threads.world).and_then(|()| audit::ready(&threads.world)) {
                    host::fail(format!("between two launches: {message}"));
                }
                if threads.profile == Profile::Deaf {
                    self.count_told(self.full);
                }
                threads.client.launch();
                true
            }
        }
    }

    fn wait_for_end(&mut self) {
        while !host::kernel_ended() {
            // A kernel that leaves waits for who is only busy, not for who has no room.
            if !self.full {
                self.wait_deaf();
            }
            self.listen();
            host::pause(50);
        }
    }

    fn be_deaf(&mut self, rounds: u32, full: bool) {
        (self.deaf, self.full) = (rounds, full);
        self.threads.client.lines.set_full(full);
    }

    /// One round less.
    fn wait_deaf(&mut self) {
        if self.deaf == 1 {
            self.be_deaf(0, false);
        }
        self.deaf = self.deaf.saturating_sub(1);
    }

    /// While no kernel runs: what actors told the host and it has not heard is in the outbox, or in its mailbox
    /// if it had no room when the kernel left.
    fn count_told(&self, full: bool) {
        let p = &self.threads.world.params;
        // What the forwarder keeps beside the run flag: base, consumed since, position in the outbox.
        let [done, out] = [1, 2].map(|field| host::peek(p.run_flag + (96 + field) * 4, 4) as u32);
        let in_mailbox = (host::peek(p.host.mailboxes, 4) as u32).wrapping_sub(done);
        let in_outbox = out.wrapping_sub(self.outbox.taken());
        let told = self.threads.oracle.borrow().told;
        if told != self.from_actors + u64::from(in_outbox) + u64::from(in_mailbox) {
            host::fail(format!(
                "told the host {told}, heard {}; {in_outbox} are in the outbox and {in_mailbox} in its mailbox",
                self.from_actors
            ));
        }
        if in_mailbox != 0 && !full {
            host::fail(format!("the kernel has left {in_mailbox} messages to a host that had room"));
        }
    }

    /// Takes messages and answers that are there.
    fn listen(&mut self) {
        let before = self.outbox.taken();
        while self.deaf == 0
            && let Some(record) = self.outbox.poll(|_| HOST_MESSAGE)
        {
            self.hear(&record);
        }
        if self.outbox.taken() != before {
            self.threads.client.lines.set_taken(self.outbox.taken());
        }
        let client = &self.threads.client;
        self.asked.retain(|(id, expected)| match (client.answer(*id), *expected) {
            (None, _) => true,
            (Some((Outcome::Value, value)), Expected::Value(right)) if value != right => {
                host::fail(format!("question {id} is answered {value} instead of {right}"))
            }
            (Some((outcome, _)), Expected::Dead) if outcome != Outcome::Dead => {
                host::fail(format!("question {id} to nobody is answered with {outcome:?}"))
            }
            _ => false,
        });
        let mut known = self.threads.oracle.borrow_mut();
        known.heard = self.from_actors;
        known.unanswered = self.asked.iter().map(|(id, _)| *id).collect();
    }

    fn hear(&mut self, record: &Record) {
        let word = |i: usize| record.payload[i * 4..][..4].iter().rev().fold(0, |n, byte| n << 8 | u32::from(*byte));
        match record.tag & 0xff {
            // News of dead letters are a courtesy: the counters say how many there were.
            DEAD_LETTER => return,
            1 => {
                let (from, seq, slot) = (word(0), word(1), (record.sender >> 24) as u32);
                let next = self.received.get(from as usize).copied();
                if next != Some(seq) || self.threads.slot(from) != slot {
                    host::fail(format!(
                        "the host hears message {seq} of {from} from slot {slot}; the next is {next:?}"
                    ));
                }
                self.received[from as usize] += 1;
            }
            // The actor's own failure, or the pool is exhausted.
            FAILURE if (word(2) == 77 && word(0) == 5) || word(2) == 0xffff_ff00 => {}
            FAILURE => host::fail(format!("the news of a failure says site {:#x}, value {}", word(2), word(0))),
            other => host::fail(format!("the host hears a message with tag {other}")),
        }
        self.from_actors += 1;
    }

    /// Messages of the host that the device has not taken.
    fn in_rings(&self) -> u64 {
        let p = &self.threads.world.params;
        let taken = |ring: u32| host::peek(p.ingress.heads + u64::from(ring) * 128, 4) as u64;
        (0..p.ingress.rings).map(|ring| self.threads.client.sent(ring) - taken(ring)).sum()
    }

    /// Everything that was sent was handled, counted dead, answered and heard.
    fn quiet(&self) -> bool {
        let world = &self.threads.world;
        let known = self.threads.oracle.borrow();
        let dead = audit::counters(world)[1];
        let host_waits = host::peek(world.params.host.mailboxes, 4) as u32;
        self.asked.is_empty()
            && known.sent == known.handled() + dead
            // News of failures for want of cells go where there is room.
            && (known.told..=known.told + known.unsent).contains(&self.from_actors)
            && host_waits == 0
            && audit::undelivered(world) == 0
    }

    fn check(&self) {
        let (world, client) = (&self.threads.world, &self.threads.client);
        let completes = self.threads.profile.completes();
        let known = self.threads.oracle.borrow();
        let [handled, dead, _, _, failed] = audit::counters(world);
        let waiting = if completes { 0 } else { audit::undelivered(world).max(0) as u64 + self.in_rings() };
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
            let row = world.row((peer & 1) as usize, *peer as u32 >> 1);
            let counted = host::peek(row + 8, 4) as u64;
            if counted != *entered {
                host::fail(format!("actor {peer} ran {entered} times and its state says {counted}"));
            }
        }
        let line = client.lines.report().handled;
        if line != handled {
            host::fail(format!("the device's line says {line} handled, the warps {handled}"));
        }
        // What an actor may have in its slots, what makes its chain long, one run of it, and a few turns in which a release did
        // not succeed.
        let most = self.threads.profile.long_chain().map_or(u32::MAX, |long| world.shape.depth + long + 64 + 16);
        if audit::unreleased(world) > most {
            host::fail(format!("an actor has {} messages consumed and in its count", audit::unreleased(world)));
        }
        // The first cell is never used.
        let free = std::iter::from_fn(|| client.replies.take()).count() as u32 + 1;
        if completes && free != world.shape.replies {
            host::fail(format!("{free} of {} reply cells are free", world.shape.replies));
        }
        if let Err(message) = audit::pool(world).and_then(|()| audit::ready(world)) {
            host::fail(format!("at the end: {message}"));
        }
    }
}
