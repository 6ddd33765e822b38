//! The wave that is measured, and what the host tells it. A test compiles it, too, and asks for its registers.

use ringkernel::prelude::*;

/// The wave equation in three dimensions: seven points, second order in time.
#[ring_actor(grid = 3)]
#[derive(Default)]
pub(crate) struct Wave {
    pub(crate) now: Field<f32, 3>,
    pub(crate) before: Field<f32, 3>,
    pub(crate) c2: f32,
}

/// Adds to a cell, and asks what is then in it, and after how many steps.
#[ring_message]
pub(crate) struct Impulse {
    pub(crate) cell: [u32; 3],
    pub(crate) amplitude: f32,
}

/// Asks what is in a cell, and after how many steps.
#[ring_message]
pub(crate) struct Look {
    pub(crate) cell: [u32; 3],
}

#[ring_actor]
impl Wave {
    #[step]
    fn advance(&mut self) {
        let c2 = self.c2;
        self.before.update(&self.now, |before, now| {
            let around = now.at([-1, 0, 0])
                + now.at([1, 0, 0])
                + now.at([0, -1, 0])
                + now.at([0, 1, 0])
                + now.at([0, 0, -1])
                + now.at([0, 0, 1]);
            2.0 * now.here() - before.here() + c2 * (around - 6.0 * now.here())
        });
        swap(&mut self.now, &mut self.before);
    }

    #[handler]
    fn impulse(&mut self, m: Impulse, ctx: &mut Context<Self>) -> (f32, u64) {
        self.now.add(m.cell, m.amplitude);
        (self.now.get(m.cell), ctx.step())
    }

    #[handler]
    fn look(&mut self, m: Look, ctx: &mut Context<Self>) -> (f32, u64) {
        (self.now.get(m.cell), ctx.step())
    }
}
