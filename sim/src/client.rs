//! The host's side of the protocols, as the runtime performs it: rings, replies, mailbox, commands.
//!
//! One `Client` belongs to one host thread of a run. All its accesses go through [`crate::host`].

use std::mem::offset_of;

use ringkernel_codegen::abi::DeviceLine;

use crate::access::Order;
use crate::host;
use crate::world::World;

/// Commands to the control warp.
pub const LEAVE: u32 = 1;
/// Kills handlers at their next safe point, too.
pub const KILL: u32 = 2;

/// A message to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromActor {
    /// Address of the sender.
    pub sender: u64,
    /// Its tag; `0xff` is a failure.
    pub tag: u32,
    /// The first payload words.
    pub payload: [u32; 6],
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 1 value, 2 failed, 3 dead, 4 dropped.
    pub outcome: u32,
    /// Where it failed.
    pub site: u32,
    /// First payload word.
    pub value: u32,
}

/// The host's side of one system.
pub struct Client {
    world: World,
    tails: Vec<u32>,
    taken: u32,
    commands: u32,
    ids: u32,
}

impl Client {
    /// The client of a fresh world.
    #[must_use]
    pub fn new(world: World) -> Self {
        let rings = world.shape.rings as usize;
        Self { world, tails: vec![0; rings], taken: 0, commands: 0, ids: 0 }
    }

    /// Sends to the actor in `slot`, or says that the ring is full.
    pub fn try_send(&mut self, slot: u32, generation: u32, tag: u32, reply: u32, payload: &[u32]) -> bool {
        let (p, words) = (&self.world.params, self.world.ring_slot_bytes() / 16);
        let ring = slot % p.ingress.rings;
        let tail = self.tails[ring as usize];
        let taken = host::load(p.ingress.taken + u64::from(ring) * 128, Order::Acquire);
        if tail.wrapping_sub(taken) > p.ingress.mask {
            return false;
        }
        let index = u64::from(ring) * u64::from(p.ingress.mask + 1) + u64::from(tail & p.ingress.mask);
        let to = p.ingress.slots + index * words * 16;
        let part = |i: usize| payload.get(i).copied().unwrap_or(0);
        for k in 1..words {
            let i = (k as usize - 1) * 3;
            host::store_word(to + k * 16, [tail.wrapping_add(1), part(i), part(i + 1), part(i + 2)]);
        }
        host::store_word(to, [tail.wrapping_add(1), slot, generation | tag << 24, reply]);
        self.tails[ring as usize] = tail.wrapping_add(1);
        true
    }

    /// The number of a new question; its reply cell must be free.
    pub fn ask_id(&mut self) -> u32 {
        // Zero means nobody; a cell's first use must not meet its initial zero either.
        self.ids += 1;
        self.ids
    }

    /// The last question was not sent.
    pub fn take_back_id(&mut self) {
        self.ids -= 1;
    }

    /// The answer to a question, once it is there.
    #[must_use]
    pub fn answer(&self, id: u32) -> Option<Answer> {
        let p = &self.world.params;
        let cell = p.replies + u64::from(id & (p.reply_count - 1)) * u64::from(p.reply_bytes);
        let [seq, outcome, site, _] = host::load_word(cell);
        if seq != id {
            return None;
        }
        if outcome != 1 && outcome != 2 {
            return Some(Answer { outcome, site, value: 0 });
        }
        let [seq, value, _, _] = host::load_word(cell + 16);
        (seq == id).then_some(Answer { outcome, site, value })
    }

    /// The next message to the host, if it is there. All have two payload words here.
    pub fn receive(&mut self) -> Option<FromActor> {
        let p = &self.world.params;
        let at = p.host.slots + u64::from(self.taken & p.host.depth_mask) * u64::from(p.host.slot_bytes);
        let seq = self.taken.wrapping_add(1);
        let [s0, low, high, tag] = host::load_word(at);
        if s0 != seq {
            return None;
        }
        let mut payload = [0; 6];
        for k in 0..2 {
            let w = host::load_word(at + 16 + k * 16);
            if w[0] != seq {
                return None;
            }
            payload[k as usize * 3..][..3].copy_from_slice(&w[1..]);
        }
        self.taken = seq;
        host::store(p.host_line + 8, self.taken, Order::Release);
        Some(FromActor { sender: u64::from(high) << 32 | u64::from(low), tag: tag & 0xff, payload })
    }

    /// Messages sent through a ring so far.
    #[must_use]
    pub fn sent(&self, ring: u32) -> u32 {
        self.tails[ring as usize]
    }

    /// Gives a command.
    pub fn command(&mut self, command: u32) {
        host::store(self.world.params.host_line + 4, command, Order::Relaxed);
        self.commands += 1;
        host::store(self.world.params.host_line, self.commands, Order::Release);
    }

    /// Launches the kernel, the first time or again.
    pub fn launch(&self) {
        for i in 0..32 {
            host::poke(self.world.params.run_flag + i * 8, 8, 0);
        }
        host::launch();
    }

    /// A counter of the device's line by its offset, as the host sees it.
    #[must_use]
    pub fn device_line(&self, offset: usize) -> u64 {
        host::load_long(self.world.params.device_line + offset as u64)
    }

    /// Nothing moves for want of spare cells, the device says.
    #[must_use]
    pub fn stalled(&self) -> bool {
        host::load(self.world.params.device_line + offset_of!(DeviceLine, stalled) as u64, Order::Relaxed) == 1
    }
}
