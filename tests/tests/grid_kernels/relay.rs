//! A grid whose tiles meet at barriers and read what others wrote.

use ringkernel::prelude::*;

use Ordering::Relaxed;

/// Each writes three notes: for all, for those beside it, and for its group; and folds those that it may read.
#[ring_actor(grid = 1)]
pub(crate) struct Relay {
    pub(crate) cells: Field<i32, 1>,
    pub(crate) next: Field<i32, 1>,
    /// Of each of three kinds two halves, used in turn, with a note of each tile.
    pub(crate) notes: SharedAtomics<u32>,
    pub(crate) order: u64,
}

pub(crate) const TILES: u32 = 4;
pub(crate) const NOTES: u32 = 3 * 2 * TILES;

#[ring_message]
pub(crate) struct Told;

#[ring_actor]
impl Relay {
    #[step]
    fn pass(&mut self, ctx: &mut Context<Self>) {
        let me = (ctx.me().raw() >> 24) as u32;
        let half = (ctx.step() % 2) as u32;
        let note = ctx.step() as u32 * 100 + me;

        self.notes[place(0, half, me)].store(note, Relaxed, Scope::Device);
        ctx.barrier(Group::Grid);
        for other in 0..TILES {
            self.order = folded(self.order, self.notes[place(0, half, other)].load(Relaxed, Scope::Device));
        }

        // All threads of the tile have read the same.
        let said = self.notes[place(0, half, TILES - 1 - me)].load(Relaxed, Scope::Device) as i32;
        self.next.update(&self.cells, |_, cells| cells.at([1]) + cells.at([-1]) - cells.here() + said);
        swap(&mut self.cells, &mut self.next);

        self.notes[place(1, half, me)].store(note, Relaxed, Scope::Device);
        ctx.barrier(Group::Near([3]));
        let first = if me == 0 { 0 } else { me - 1 };
        for other in first..(me + 2).min(TILES) {
            self.order = folded(self.order, self.notes[place(1, half, other)].load(Relaxed, Scope::Device));
        }

        // The odd ones.
        if ctx.is_in(Group::Named(0)) {
            self.notes[place(2, half, me)].store(note, Relaxed, Scope::Device);
        }
        ctx.barrier(Group::Named(0));
        if ctx.is_in(Group::Named(0)) {
            for other in 0..TILES {
                self.order = folded(self.order, self.notes[place(2, half, other)].load(Relaxed, Scope::Device));
            }
        }
        let greatest = ctx.max(&self.cells, |cells| cells.here());
        self.order = folded(self.order, greatest as u32);
    }

    #[handler]
    fn order(&mut self, _: Told) -> u64 {
        self.order
    }
}

#[ring_fn]
fn place(kind: u32, half: u32, tile: u32) -> usize {
    ((kind * 2 + half) * TILES + tile) as usize
}

#[ring_fn]
fn folded(order: u64, note: u32) -> u64 {
    (order ^ u64::from(note)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17)
}
