//! A ball between two tiles. A test compiles it, too, and asks for its registers.

use ringkernel::prelude::*;

/// Tiles that throw a ball to each other: who gets it throws it on, so that a step is a throw.
#[ring_actor(grid = 1)]
#[derive(Default)]
pub(crate) struct Pair {
    pub(crate) cells: Field<u32, 1>,
    pub(crate) throws: u64,
}

/// Sixty-four bytes.
#[ring_message]
pub(crate) struct Ball {
    pub(crate) throws: u64,
    pub(crate) weight: [u32; 14],
}

#[ring_message]
pub(crate) struct Throws;

#[ring_actor]
impl Pair {
    #[step]
    fn wait(&mut self) {}

    #[handler]
    fn ball(&mut self, m: Ball, ctx: &mut Context<Self>) {
        self.throws = m.throws;
        let thrown = ctx.send(Dir::East, Ball { throws: m.throws + 1, weight: m.weight });
        assert!(thrown.is_ok(), "there is one ball");
    }

    #[handler]
    fn throws(&mut self, _: Throws) -> u64 {
        self.throws
    }
}
