//! The host of a run: the runtime's own rings, reply cells, outbox and lines over the run's memory.
//!
//! What threads of a host share is one `Client`; the outbox has one reader. Each access of theirs is an operation of the
//! run, so host threads are interleaved with each other and with the device.

pub use ringkernel_runtime::cuda::host::{Command, Outcome, Record};
use ringkernel_runtime::cuda::host::{Lines, Outbox, Replies, Ring, RingHeader};

use crate::host;
use crate::words::{HostDefect, Shared};
use crate::world::World;

/// The host's side of one system.
pub struct Client {
    world: World,
    defect: Option<HostDefect>,
    rings: Vec<Ring<Shared>>,
    /// Answers.
    pub replies: Replies<Shared>,
    /// Commands and reports.
    pub lines: Lines<Shared>,
}

impl Client {
    /// The client of a fresh world.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self::with(world, None)
    }

    /// The client with a defect, each of which concerns one queue.
    #[must_use]
    pub fn with(world: World, defect: Option<HostDefect>) -> Self {
        use HostDefect::{NumberFirst, NumberUnreleased, RingTooLong, TakenEarly};
        let (p, words) = (&world.params, (world.ring_slot_bytes() / 16) as usize);
        let only = |which: &[HostDefect]| defect.filter(|d| which.contains(d));
        let slots = Shared::new(p.ingress.slots, only(&[NumberFirst, NumberUnreleased]));
        let (taken, capacity) = (Shared::new(p.ingress.taken, only(&[RingTooLong])), p.ingress.mask + 1);
        let rings = (0..p.ingress.rings as usize)
            .map(|ring| Ring::new(slots, ring * capacity as usize * words, taken, ring * 8, words, capacity))
            .collect();
        let replies = Shared::new(p.replies, None);
        let replies = Replies::new(replies, p.reply_bytes as usize / 16, p.reply_count.trailing_zeros());
        let lines = Lines::new(Shared::new(p.host_line, only(&[TakenEarly])), Shared::new(p.device_line, None));
        Self { world, defect, rings, replies, lines }
    }

    /// The reader of what actors send to the host; there is one.
    #[must_use]
    pub fn outbox(&self) -> Outbox<Shared> {
        let (p, words) = (&self.world.params, self.world.params.host.slot_bytes as usize / 16);
        let defect = self.defect.filter(|d| *d == HostDefect::DataReadFirst);
        Outbox::new(Shared::new(p.outbox, defect), words, p.outbox_mask + 1)
    }

    /// Sends to the actor in `slot`, or says that the ring is full.
    pub fn try_send(&self, slot: u32, generation: u32, tag: u32, reply: u32, payload: &[u32]) -> bool {
        let header = RingHeader { slot, generation, tag, reply };
        let ring = &self.rings[slot as usize % self.rings.len()];
        ring.push(header, payload.len() * 4, |out| {
            for (bytes, part) in out.chunks_exact_mut(4).zip(payload) {
                bytes.copy_from_slice(&part.to_le_bytes());
            }
        })
    }

    /// Nobody waits for the answer to a question any more.
    pub fn abandon(&self, id: u32) {
        if self.defect == Some(HostDefect::CellFreedEarly) {
            self.replies.give_back(id);
        } else {
            self.replies.abandon(id);
        }
    }

    /// Messages sent through a ring so far.
    #[must_use]
    pub fn sent(&self, ring: u32) -> u64 {
        self.rings[ring as usize].sent()
    }

    /// The answer to a question, once it is there, and its first payload word.
    #[must_use]
    pub fn answer(&self, id: u32) -> Option<(Outcome, u32)> {
        let mut value = [0; 4];
        let outcome = self.replies.poll(id, &mut value)?;
        Some((outcome, u32::from_le_bytes(value)))
    }

    /// Launches the kernel, the first time or again, and waits until every block of it has shown that it runs.
    pub fn launch(&self) {
        for i in 0..32 {
            host::poke(self.world.params.run_flag + i * 8, 8, 0);
        }
        self.lines.forget_life();
        host::launch();
        while self.lines.blocks_alive() < self.world.shape.grid.blocks {
            host::pause(50);
        }
    }
}
