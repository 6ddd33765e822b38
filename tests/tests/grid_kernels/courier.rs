//! A grid whose tiles tell their neighbours.

use ringkernel::prelude::*;

/// Tiles that write to each other, some steps more than others, and answer what they get.
#[ring_actor(grid = 2)]
#[derive(Default)]
pub(crate) struct Courier {
    pub(crate) level: Field<i32, 2>,
    pub(crate) next: Field<i32, 2>,
    /// What this tile heard, in the order of hearing.
    pub(crate) order: u64,
    pub(crate) given_back: u32,
}

/// The extents of its tiles.
pub(crate) const COURIERS: [u32; 2] = [5, 4];

/// Sixty-four bytes.
#[ring_message]
pub(crate) struct Parcel {
    from: u64,
    step: u64,
    items: [u32; 12],
}

#[ring_message]
#[derive(Clone, Copy)]
pub(crate) struct Receipt {
    of: u64,
}

#[ring_message]
pub(crate) struct Order;

#[ring_actor]
impl Courier {
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        self.next.update(&self.level, |_, level| level.at([1, 0]) + level.at([0, -1]) - level.here());
        swap(&mut self.level, &mut self.next);
        let (from, step) = (ctx.me().raw(), ctx.step());
        if step % 4 == 3 {
            let all = ctx.exchange(Receipt { of: from });
            assert!(all.sent + all.alone == 4 && all.full == 0);
            self.given_back += 100 * all.alone;
        }
        for number in 0..(step % 3) as u32 {
            for side in [Dir::East, Dir::West, Dir::North, Dir::South] {
                if let Err(NotSent::NoNeighbour(parcel)) = ctx.send(side, Parcel { from, step, items: [number; 12] }) {
                    self.given_back += parcel.items[11] + 1;
                }
            }
        }
    }

    #[handler]
    fn parcel(&mut self, m: Parcel, ctx: &mut Context<Self>) {
        for item in m.items {
            self.order = mixed(self.order, m.from ^ m.step ^ u64::from(item));
        }
        if m.items[0] == 0 {
            let side = if m.from > ctx.me().raw() { Dir::West } else { Dir::North };
            let _ = ctx.send(side, Receipt { of: m.from });
        }
    }

    #[handler]
    fn receipt(&mut self, m: Receipt, ctx: &mut Context<Self>) {
        self.order = mixed(self.order, m.of ^ ctx.sender().raw());
        // The first cell of this tile, of three in a row.
        let tile = (ctx.me().raw() >> 24) as u32;
        self.level.add([tile % 3 * COURIERS[0], tile / 3 * COURIERS[1]], (m.of >> 24) as i32 + 1);
    }

    #[handler]
    fn order(&mut self, _: Order) -> (u64, u32) {
        (self.order, self.given_back)
    }
}

#[ring_fn]
fn mixed(order: u64, value: u64) -> u64 {
    (order ^ value).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17)
}
