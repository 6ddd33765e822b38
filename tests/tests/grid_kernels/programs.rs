//! The grids that are compiled and run: each shows what the others do not.

use ringkernel::prelude::*;

/// A wave in three dimensions, with an impulse from outside and its energy now and then.
#[ring_actor(grid = 3)]
#[derive(Default)]
pub(crate) struct Wave {
    /// What it is at this step.
    pub(crate) now: Field<f32, 3>,
    /// What it was one step before.
    pub(crate) before: Field<f32, 3>,
    pub(crate) energy: f64,
    /// The square of the speed.
    pub(crate) c2: f32,
}

#[ring_actor]
impl Wave {
    /// One step of time.
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        let c2 = self.c2;
        self.before.update(&self.now, |before, now| 2.0 * now.here() - before.here() + c2 * laplace(now));
        swap(&mut self.now, &mut self.before);
        if ctx.step() % 2 == 1 {
            self.energy = ctx.sum((&self.now, &self.before), |(now, before)| {
                let speed = f64::from(now.here() - before.here());
                speed * speed
            });
        }
    }
}

/// A wave, and nothing besides.
#[ring_actor(grid = 3)]
#[derive(Default)]
pub(crate) struct Plain {
    pub(crate) now: Field<f32, 3>,
    pub(crate) before: Field<f32, 3>,
    pub(crate) c2: f32,
}

#[ring_actor]
impl Plain {
    #[step]
    fn advance(&mut self) {
        let c2 = self.c2;
        self.before.update(&self.now, |before, now| 2.0 * now.here() - before.here() + c2 * laplace(now));
        swap(&mut self.now, &mut self.before);
    }
}

/// Nobody reads a neighbour.
#[ring_actor(grid = 2)]
#[derive(Default)]
pub(crate) struct Still {
    pub(crate) ticks: Field<u32, 2>,
}

#[ring_actor]
impl Still {
    #[step]
    fn tick(&mut self) {
        self.ticks.update((), |own, ()| own.here() + 1);
    }
}

/// Cells of three bytes, and of eighteen.
#[ring_actor(grid = 2)]
#[derive(Default)]
pub(crate) struct Odd {
    pub(crate) small: Field<[u8; 3], 2>,
    pub(crate) large: Field<[u16; 9], 2>,
}

#[ring_actor]
impl Odd {
    #[step]
    fn advance(&mut self) {
        self.large.update(&self.small, |own, small| {
            let mut out = own.here();
            for i in 0..3 {
                out[i] = out[i].wrapping_add(u16::from(small.at([-1, 0])[i]));
                out[3 + i] = out[3 + i].wrapping_add(u16::from(small.at([1, 1])[i]));
                out[6 + i] = out[6 + i].wrapping_mul(3).wrapping_add(u16::from(small.at([0, -2])[i]));
            }
            out
        });
        self.small.update(&self.large, |own, large| {
            let (mut out, around) = (own.here(), large.here());
            for i in 0..3 {
                out[i] = out[i].wrapping_add((around[i] ^ around[8 - i]) as u8);
            }
            out
        });
    }
}

/// The sum of the differences to the six neighbours.
#[ring_fn]
fn laplace(near: Near<f32, 3>) -> f32 {
    near.at([-1, 0, 0])
        + near.at([1, 0, 0])
        + near.at([0, -1, 0])
        + near.at([0, 1, 0])
        + near.at([0, 0, -1])
        + near.at([0, 0, 1])
        - 6.0 * near.here()
}

/// Conway's.
#[ring_actor(grid = 2)]
#[derive(Default)]
pub(crate) struct Life {
    pub(crate) cells: Field<bool, 2>,
    pub(crate) next: Field<bool, 2>,
    pub(crate) population: u32,
    pub(crate) oldest: u32,
}

#[ring_actor]
impl Life {
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        self.next.update(&self.cells, |_, cells| {
            let mut alive = 0_u32;
            for y in -1..=1 {
                for x in -1..=1 {
                    if (x != 0 || y != 0) && cells.at([x, y]) {
                        alive += 1;
                    }
                }
            }
            alive == 3 || (alive == 2 && cells.here())
        });
        swap(&mut self.cells, &mut self.next);
        self.population = ctx.sum(&self.cells, |cells| u32::from(cells.here()));
        self.oldest =
            ctx.max(&self.cells, |cells| if cells.here() { cells.cell()[0] + 100 * cells.cell()[1] } else { 0 });
    }
}

/// Heat along a line, twice a step when it is asked to.
#[ring_actor(grid = 1)]
#[derive(Default)]
pub(crate) struct Heat {
    pub(crate) now: Field<f64, 1>,
    pub(crate) next: Field<f64, 1>,
    pub(crate) warmest: f64,
    pub(crate) times: u32,
}

#[ring_fn]
fn far(near: &Near<f64, 1>) -> f64 {
    0.25 * near.at([4])
}

#[ring_actor]
impl Heat {
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        for _ in 0..self.times {
            self.spread();
            swap(&mut self.now, &mut self.next);
        }
        self.warmest = ctx.reduce(&self.now, |now| now.here(), |a, b| if a > b { a } else { b });
        if self.warmest < 0.5 {
            self.times = 1;
        }
    }

    fn spread(&mut self) {
        let from = &self.now;
        self.next.update(from, |_, now| 0.25 * now.at([-1]) + 0.5 * now.here() + far(&now));
    }
}

/// A lattice Boltzmann step on nine directions, and a second field beside it.
#[ring_actor(grid = 2)]
#[derive(Default)]
pub(crate) struct Fluid {
    pub(crate) now: Field<[f32; 9], 2>,
    pub(crate) next: Field<[f32; 9], 2>,
    pub(crate) marks: Field<Mark, 2>,
}

/// Where something was. Without padding, whose bytes are nobody's.
#[derive(DeviceType, Clone, Copy, Default, Debug, PartialEq)]
pub(crate) struct Mark {
    pub(crate) density: f64,
    pub(crate) count: u16,
    pub(crate) zeros: [u16; 3],
}

const DIRECTIONS: [[i32; 2]; 9] = [[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1], [1, 1], [-1, 1], [-1, -1], [1, -1]];
pub(crate) const WEIGHTS: [f32; 9] =
    [4.0 / 9.0, 1.0 / 9.0, 1.0 / 9.0, 1.0 / 9.0, 1.0 / 9.0, 1.0 / 36.0, 1.0 / 36.0, 1.0 / 36.0, 1.0 / 36.0];

#[ring_fn]
fn collide(f: [f32; 9]) -> [f32; 9] {
    let mut density = 0.0;
    let mut flow = [0.0, 0.0];
    for i in 0..9 {
        density += f[i];
        flow[0] += f[i] * DIRECTIONS[i][0] as f32;
        flow[1] += f[i] * DIRECTIONS[i][1] as f32;
    }
    let (u, v) = (flow[0] / density, flow[1] / density);
    let mut out = f;
    for i in 0..9 {
        let along = 3.0 * (DIRECTIONS[i][0] as f32 * u + DIRECTIONS[i][1] as f32 * v);
        let rest = WEIGHTS[i] * density * (1.0 + along + 0.5 * along * along - 1.5 * (u * u + v * v));
        out[i] += (rest - f[i]) / 0.6;
    }
    out
}

#[ring_actor]
impl Fluid {
    #[step]
    fn advance(&mut self) {
        (&mut self.next, &mut self.marks).update(&self.now, |(_, marks), now| {
            let mut arrived = [0.0; 9];
            let mut density = 0.0;
            for i in 0..9 {
                arrived[i] = now.at([-DIRECTIONS[i][0], -DIRECTIONS[i][1]])[i];
                density += f64::from(arrived[i]);
            }
            let mark = marks.here();
            assert!(density > 0.0, "a cell is empty");
            (collide(arrived), Mark { density, count: mark.count + 1, zeros: mark.zeros })
        });
        swap(&mut self.now, &mut self.next);
    }
}

/// A pond that it rains into, told by the host between steps.
#[ring_actor(grid = 2)]
#[derive(Default)]
pub(crate) struct Pond {
    pub(crate) level: Field<i32, 2>,
    pub(crate) before: Field<i32, 2>,
    /// Messages that this tile had.
    pub(crate) heard: u32,
    pub(crate) rain: i32,
    pub(crate) highest: i32,
    pub(crate) hold_at: u64,
}

#[ring_message]
pub(crate) struct Pour {
    pub(crate) cell: [u32; 2],
    pub(crate) amount: i32,
}

#[ring_message]
pub(crate) struct Rain {
    pub(crate) amount: i32,
    pub(crate) hold_at: u64,
}

#[ring_actor]
impl Pond {
    #[step]
    fn flow(&mut self, ctx: &mut Context<Self>) {
        let rain = self.rain;
        self.before.update(&self.level, |_, level| {
            let [x, y] = level.cell();
            (level.at([1, 0]) + level.at([-1, 1]) + 2 * level.here()) / 4 + rain + (x % 2 + y) as i32
        });
        swap(&mut self.level, &mut self.before);
        if ctx.step() + 1 == self.hold_at {
            ctx.hold();
        }
    }

    #[handler]
    fn pour(&mut self, m: Pour) {
        self.heard += 1;
        self.level.add(m.cell, m.amount);
        // Which neighbours have read in the step that is done.
        self.before.set(m.cell, m.amount);
        let level = self.level.get(m.cell);
        let limit = 100;
        if level > limit {
            self.level.set(m.cell, limit);
        }
    }

    #[handler]
    fn rain(&mut self, m: Rain, ctx: &mut Context<Self>) {
        self.rain = m.amount;
        self.hold_at = m.hold_at;
        self.highest = ctx.max(&self.level, |level| level.here());
        let [width, height] = ctx.domain();
        assert!(width * height > 1);
    }
}

#[ring_actor(grid = 1)]
#[derive(Default)]
pub(crate) struct Teller {
    cells: Field<u8, 1>,
}

#[ring_actor]
impl Teller {
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        self.cells.update((), |own, ()| own.here() ^ 1);
        trace!(ctx, "one more");
    }
}

/// Reads as far as can be, corners too, and writes two fields.
#[ring_actor(grid = 3)]
#[derive(Default)]
pub(crate) struct Star {
    pub(crate) now: Field<i32, 3>,
    pub(crate) next: Field<i32, 3>,
    pub(crate) small: Field<u8, 3>,
}

#[ring_actor]
impl Star {
    #[step]
    fn advance(&mut self) {
        (&mut self.next, &mut self.small).update(&self.now, |(next, small), now| {
            let far = now.at([-4, 4, -4]).wrapping_add(now.at([3, -2, 1])) ^ now.at([0, 0, -4]);
            let near = now.at([0, 1, 0]).wrapping_sub(now.at([1, 0, 0])) ^ now.at([0, 0, 4]).wrapping_mul(3);
            (
                next.here().wrapping_mul(5).wrapping_add(far ^ near),
                small.here() ^ now.here() as u8 ^ now.cell()[2] as u8,
            )
        });
        swap(&mut self.now, &mut self.next);
    }
}
