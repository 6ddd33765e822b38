//! Every stencil gives, bit for bit, what plain loops give: whatever the boundaries, the tiles and the dimensions.

use ringkernel::Boundary::{self, Fixed, Periodic, Reflect};
use ringkernel::prelude::*;
use ringkernel_tests::backend::builder;

use super::oracle::{Plain, Sides, scatter, scatter_f32};

const STEPS: u64 = 12;

#[ring_actor(grid = 3)]
#[derive(Default)]
struct Wave {
    now: Field<f32, 3>,
    before: Field<f32, 3>,
    c2: f32,
}

#[ring_actor]
impl Wave {
    #[step]
    fn advance(&mut self) {
        let c2 = self.c2;
        self.before.update(&self.now, |before, now| {
            2.0 * now.here() - before.here()
                + c2 * (now.at([-1, 0, 0])
                    + now.at([1, 0, 0])
                    + now.at([0, -1, 0])
                    + now.at([0, 1, 0])
                    + now.at([0, 0, -1])
                    + now.at([0, 0, 1])
                    - 6.0 * now.here())
        });
        swap(&mut self.now, &mut self.before);
    }
}

fn wave(extents: [u32; 3], sides: Sides<3>) -> Vec<f32> {
    let mut now = Plain::new(extents, sides, 0.25, scatter_f32);
    let mut before = Plain::new(extents, sides, 0.25, |_| 0.5);
    for _ in 0..STEPS {
        let next = now.map(0.25, |cell| {
            let at = |offset| now.at(cell, offset);
            2.0 * at([0, 0, 0]) - before.at(cell, [0, 0, 0])
                + 0.1
                    * (at([-1, 0, 0]) + at([1, 0, 0]) + at([0, -1, 0]) + at([0, 1, 0]) + at([0, 0, -1]) + at([0, 0, 1])
                        - 6.0 * at([0, 0, 0]))
        });
        before = std::mem::replace(&mut now, next);
    }
    now.values
}

fn same_bits(got: &[f32], want: &[f32], what: &str) {
    assert_eq!(got.len(), want.len(), "{what}");
    let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    if let Some(at) = bits(got).iter().zip(bits(want)).position(|(got, want)| *got != want) {
        panic!("{what}: cell {at} is {} and should be {}", got[at], want[at]);
    }
}

fn check_wave(extents: [u32; 3], sides: Sides<3>, tiles: &[Option<[u32; 3]>]) {
    let want = wave(extents, sides);
    for tile in tiles {
        let init =
            Wave { now: Field::from_fn(scatter_f32).border(0.25), before: Field::filled(0.5).border(0.25), c2: 0.1 };
        let mut builder = builder().workers(3).grid(extents, sides, init);
        if let Some(tile) = tile {
            builder = builder.tile(tile);
        }
        let system = builder.start().unwrap();
        let grid = system.grid::<Wave>();
        assert_eq!(grid.run(STEPS).unwrap(), STEPS);
        let got = grid.field(|wave| &wave.now).read().unwrap();
        same_bits(&got, &want, &format!("{extents:?} {sides:?} {tile:?}"));
    }
}

#[test]
fn a_wave_is_the_same_for_every_boundary_and_every_tile() {
    let all = |rule| [(rule, rule); 3];
    let tiles = [None, Some([13, 11, 9]), Some([5, 11, 4]), Some([4, 3, 9]), Some([13, 1, 3])];
    for sides in [all(Fixed), all(Reflect), all(Periodic), [(Periodic, Periodic), (Reflect, Fixed), (Fixed, Reflect)]] {
        check_wave([13, 11, 9], sides, &tiles);
    }
}

#[test]
fn domains_narrower_than_their_offsets_are_no_special_case() {
    for rule in [Fixed, Reflect, Periodic] {
        check_wave([1, 2, 17], [(rule, rule); 3], &[None, Some([1, 1, 5])]);
        check_wave([1, 1, 1], [(rule, rule); 3], &[None]);
    }
}

/// Reads far and diagonally, of three types of cells.
#[ring_actor(grid = 2)]
#[derive(Default)]
struct Far {
    bytes: Field<u8, 2>,
    next: Field<u8, 2>,
    long: Field<i32, 2>,
    pairs: Field<Pair, 2>,
}

#[derive(DeviceType, Clone, Copy, Default, Debug, PartialEq)]
struct Pair {
    a: f64,
    b: u32,
}

#[ring_actor]
impl Far {
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        let step = ctx.step() as u32;
        (&mut self.next, &mut self.long).update((&self.bytes, &self.pairs), |(next, long), (bytes, pairs)| {
            let near = bytes.at([-4, 4]).wrapping_add(bytes.at([3, -2])).wrapping_mul(3) ^ next.here();
            let far = pairs.at([4, 0]).b.wrapping_add(pairs.at([0, -4]).b) as i32;
            (near, long.here().wrapping_add(far) ^ step as i32)
        });
        self.pairs.update(&self.long, |pair, long| Pair {
            a: pair.here().a + f64::from(long.at([1, 1])),
            b: pair.here().b ^ long.at([-1, -1]) as u32 ^ pair.cell()[0],
        });
        swap(&mut self.bytes, &mut self.next);
    }
}

fn far(extents: [u32; 2], sides: Sides<2>) -> (Vec<u8>, Vec<Pair>) {
    let mut bytes = Plain::new(extents, sides, 7, |cell| scatter(cell) as u8);
    let mut next = Plain::new(extents, sides, 7, |_| 0_u8);
    let mut long = Plain::new(extents, sides, -5, |cell| scatter(cell) as i32);
    let mut pairs = Plain::new(extents, sides, Pair { a: 0.0, b: 9 }, |_| Pair::default());
    for step in 0..STEPS as u32 {
        let new_bytes = bytes.map(7, |cell| {
            bytes.at(cell, [-4, 4]).wrapping_add(bytes.at(cell, [3, -2])).wrapping_mul(3) ^ next.at(cell, [0, 0])
        });
        let new_long = long.map(-5, |cell| {
            let far = pairs.at(cell, [4, 0]).b.wrapping_add(pairs.at(cell, [0, -4]).b) as i32;
            long.at(cell, [0, 0]).wrapping_add(far) ^ step as i32
        });
        (next, long) = (new_bytes, new_long);
        pairs = pairs.map(Pair { a: 0.0, b: 9 }, |cell| {
            let here = pairs.at(cell, [0, 0]);
            Pair { a: here.a + f64::from(long.at(cell, [1, 1])), b: here.b ^ long.at(cell, [-1, -1]) as u32 ^ cell[0] }
        });
        std::mem::swap(&mut bytes, &mut next);
    }
    (bytes.values, pairs.values)
}

#[test]
fn offsets_of_four_cells_and_corners_are_read_across_tiles() {
    let extents = [23, 19];
    for sides in
        [[(Reflect, Reflect); 2], [(Periodic, Periodic), (Fixed, Reflect)], [(Fixed, Fixed), (Periodic, Periodic)]]
    {
        let want = far(extents, sides);
        for tile in [[23, 19], [7, 5], [3, 2], [23, 1]] {
            let init = Far {
                bytes: Field::from_fn(|cell| scatter(cell) as u8).border(7),
                next: Field::default().border(7),
                long: Field::from_fn(|cell| scatter(cell) as i32).border(-5),
                pairs: Field::default().border(Pair { a: 0.0, b: 9 }),
            };
            let system = builder().grid(extents, sides, init).tile(tile).start().unwrap();
            let grid = system.grid::<Far>();
            grid.run(STEPS).unwrap();
            assert_eq!(grid.field(|far| &far.bytes).read().unwrap(), want.0, "{sides:?} {tile:?}");
            assert_eq!(grid.field(|far| &far.pairs).read().unwrap(), want.1, "{sides:?} {tile:?}");
        }
    }
}

/// A lattice Boltzmann step on nine directions, written with loops over constants.
#[ring_actor(grid = 2)]
#[derive(Default)]
struct Fluid {
    now: Field<[f32; 9], 2>,
    next: Field<[f32; 9], 2>,
}

const DIRECTIONS: [[i32; 2]; 9] = [[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1], [1, 1], [-1, 1], [-1, -1], [1, -1]];
const WEIGHTS: [f32; 9] =
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
        self.next.update(&self.now, |_, now| {
            let mut arrived = [0.0; 9];
            for i in 0..9 {
                arrived[i] = now.at([-DIRECTIONS[i][0], -DIRECTIONS[i][1]])[i];
            }
            collide(arrived)
        });
        swap(&mut self.now, &mut self.next);
    }
}

#[test]
fn a_lattice_boltzmann_step_keeps_its_mass_and_is_the_same_for_every_tile() {
    let extents = [24, 18];
    let first = |cell: [u32; 2]| {
        let bump = 1.0 + 0.1 * scatter_f32(cell);
        WEIGHTS.map(|weight| weight * bump)
    };
    let sides = [(Periodic, Periodic); 2];
    let mut plain = Plain::new(extents, sides, [0.0; 9], first);
    for _ in 0..STEPS {
        plain = plain.map([0.0; 9], |cell| {
            let mut arrived = [0.0; 9];
            for (i, [x, y]) in DIRECTIONS.into_iter().enumerate() {
                arrived[i] = plain.at(cell, [-x, -y])[i];
            }
            collide(arrived)
        });
    }
    let mass = |cells: &[[f32; 9]]| cells.iter().flatten().map(|f| f64::from(*f)).sum::<f64>();
    for tile in [[24, 18], [7, 4]] {
        let init = Fluid { now: Field::from_fn(first), ..Fluid::default() };
        let system = builder().grid(extents, Boundary::Periodic, init).tile(tile).start().unwrap();
        let grid = system.grid::<Fluid>();
        let before = mass(&grid.field(|fluid| &fluid.now).read().unwrap());
        grid.run(STEPS).unwrap();
        let got = grid.field(|fluid| &fluid.now).read().unwrap();
        same_bits(got.as_flattened(), plain.values.as_flattened(), &format!("{tile:?}"));
        assert!((mass(&got) / before - 1.0).abs() < 1e-6);
    }
}

/// Fields of one dimension, and a step that updates one field twice.
#[ring_actor(grid = 1)]
struct Line {
    values: Field<i64, 1>,
    other: Field<i64, 1>,
}

#[ring_actor]
impl Line {
    #[step]
    fn advance(&mut self) {
        self.other.update(&self.values, |_, it| it.at([-4]).wrapping_add(it.at([1])));
        self.values.update(&self.other, |own, it| own.here() ^ it.at([-1]));
        self.values.update((), |own, ()| own.here().wrapping_mul(5) + i64::from(own.cell()[0]));
    }
}

#[test]
fn a_line_goes_back_and_forth() {
    let sides = [(Reflect, Reflect)];
    let mut values = Plain::new([41], sides, 0_i64, |cell| i64::from(scatter(cell)));
    for _ in 0..STEPS {
        let other = values.map(0, |cell| values.at(cell, [-4]).wrapping_add(values.at(cell, [1])));
        let mixed = values.map(0, |cell| values.at(cell, [0]) ^ other.at(cell, [-1]));
        values = mixed.map(0, |cell| mixed.at(cell, [0]).wrapping_mul(5) + i64::from(cell[0]));
    }
    for tile in [41, 6, 1] {
        let init = Line { values: Field::from_fn(|cell| i64::from(scatter(cell))), other: Field::default() };
        let system = builder().grid([41], Boundary::Reflect, init).tile([tile]).start().unwrap();
        let grid = system.grid::<Line>();
        grid.run(STEPS).unwrap();
        assert_eq!(grid.field(|line| &line.values).read().unwrap(), values.values, "tiles of {tile}");
    }
}
