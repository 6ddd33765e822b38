//! Reductions are the same to the last bit however the domain is cut.

use ringkernel::prelude::*;
use ringkernel_tests::backend::builder;

use super::oracle::{scatter, scatter_f32};

#[derive(DeviceType, Clone, Copy, Default, Debug, PartialEq)]
struct Extreme {
    value: u32,
    cell: [u32; 3],
}

#[ring_fn]
fn larger(a: Extreme, b: Extreme) -> Extreme {
    if b.value > a.value { b } else { a }
}

#[ring_actor(grid = 3)]
#[derive(Default)]
struct Sums {
    floats: Field<f32, 3>,
    ints: Field<u32, 3>,
    sum: f32,
    exact: u64,
    low: f32,
    high: u32,
    roughness: f64,
    where_high: Extreme,
    times: u32,
}

// A step has neither `is_multiple_of` nor functions as values.
#[allow(clippy::manual_is_multiple_of, clippy::redundant_closure)]
#[ring_actor]
impl Sums {
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        if ctx.step() % 2 == 0 {
            self.sum = ctx.sum(&self.floats, |it| it.here());
            self.exact = ctx.sum(&self.ints, |it| u64::from(it.here()));
            self.low = ctx.min(&self.floats, |it| it.here());
            self.high = ctx.max(&self.ints, |it| it.here());
            self.roughness = ctx.sum((&self.floats, &self.ints), |(f, i)| {
                let d = f64::from(f.at([1, 0, 0]) - f.at([0, -1, 1]));
                d * d * f64::from(i.here() & 3)
            });
            self.where_high =
                ctx.reduce(&self.ints, |it| Extreme { value: it.here(), cell: it.cell() }, |a, b| larger(a, b));
            self.times += 1;
        }
        self.floats.update((), |own, ()| own.here() * 1.5 + 0.125);
        self.ints.update((), |own, ()| own.here() ^ 5);
    }
}

/// Sum, exact, low, high, roughness and where the high is, as bits.
type Results = (u32, u64, u32, u32, u64, Extreme, u32);

fn results(extents: [u32; 3], tile: [u32; 3]) -> Results {
    let init = Sums { floats: Field::from_fn(scatter_f32), ints: Field::from_fn(scatter), ..Sums::default() };
    let system = builder().grid(extents, Boundary::Periodic, init).tile(tile).start().unwrap();
    let grid = system.grid::<Sums>();
    grid.run(4).unwrap();
    grid.state(|it| {
        (it.sum.to_bits(), it.exact, it.low.to_bits(), it.high, it.roughness.to_bits(), it.where_high, it.times)
    })
    .unwrap()
}

#[test]
fn they_do_not_depend_on_the_tiles() {
    for extents in [[20, 17, 9], [3, 2, 1], [64, 8, 8]] {
        let one = results(extents, extents);
        assert_eq!(one.6, 2);
        for tile in [[8, 8, 8], [7, 5, 3], [20, 1, 9]] {
            assert_eq!(results(extents, tile), one, "{extents:?} in tiles of {tile:?}");
        }
    }
}

#[test]
fn they_are_right() {
    let extents = [20, 17, 9];
    let (sum, exact, low, high, _, where_high, _) = results(extents, [6, 6, 6]);
    let cells = || {
        (0..extents[2]).flat_map(move |z| (0..extents[1]).flat_map(move |y| (0..extents[0]).map(move |x| [x, y, z])))
    };
    // The second and last time was after two steps, when `^ 5` had undone itself.
    let float = |cell| (scatter_f32(cell) * 1.5 + 0.125) * 1.5 + 0.125;
    assert_eq!(exact, cells().map(|cell| u64::from(scatter(cell))).sum::<u64>());
    assert_eq!(high, cells().map(scatter).max().unwrap());
    assert_eq!(scatter(where_high.cell), high);
    assert_eq!(f32::from_bits(low), cells().map(float).fold(f32::INFINITY, f32::min));
    let want: f64 = cells().map(|cell| f64::from(float(cell))).sum();
    assert!((f64::from(f32::from_bits(sum)) / want - 1.0).abs() < 1e-5);
}
