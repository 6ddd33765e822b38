//! The host of a run: the runtime's own rings, reply cells, outbox and lines over the run's memory.
//!
//! What threads of a host share is one `Client`; the outbox has one reader. Each access of theirs is an operation of the
//! run, so host threads are interleaved with each other and with the device.

pub use ringkernel_runtime::cuda::host::{Command, Outcome, Record};
use ringkernel_runtime::cuda::host::{Lines, Outbox, Replies, Ring, RingHeader};

use crate::host;
use crate::words::Mapped;
use crate::world::World;

/// The host's side of one system.
pub struct Client {
    world: World,
    rings: Vec<Ring<Mapped>>,
    /// Answers.
    pub replies: Replies<Mapped>,
    /// Commands and reports.
    pub lines: Lines<Mapped>,
}

impl Client {
    /// The client of a fresh world.
    #[must_use]
    pub fn new(world: World) -> Self {
        let (p, words) = (&world.params, (world.ring_slot_bytes() / 16) as usize);
        let (slots, taken, capacity) = (Mapped(p.ingress.slots), Mapped(p.ingress.taken), p.ingress.mask + 1);
        let rings = (0..p.ingress.rings as usize)
            .map(|ring| Ring::new(slots, ring * capacity as usize * words, taken, ring * 8, words, capacity))
            .collect();
        let replies = Replies::new(Mapped(p.replies), p.reply_bytes as usize / 16, p.reply_count.trailing_zeros());
        let lines = Lines::new(Mapped(p.host_line), Mapped(p.device_line));
        Self { world, rings, replies, lines }
    }

    /// The reader of what actors send to the host; there is one.
    #[must_use]
    pub fn outbox(&self) -> Outbox<Mapped> {
        let p = &self.world.params;
        Outbox::new(Mapped(p.outbox), p.host.slot_bytes as usize / 16, p.outbox_mask + 1)
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
