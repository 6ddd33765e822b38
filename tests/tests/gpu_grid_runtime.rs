//! Grids on this device: the bits of the CPU backend, for larger domains and more steps than a simulator bears.

// The programs are Rust as people write it, not as it should be.
#![allow(clippy::all, clippy::pedantic, dead_code)]

#[path = "grid_kernels/programs.rs"]
mod programs;
#[path = "grid_kernels/values.rs"]
mod values;

use std::time::Instant;

use programs::{Fluid, Heat, Life, WEIGHTS, Wave};
use ringkernel::Boundary::{self, Fixed, Periodic, Reflect};
use ringkernel::prelude::*;
use ringkernel::{Builder, Grid};
use ringkernel_tests::{device, skip};
use values::{bytes, scatter, scatter_f32};

/// What a grid has after some steps: all fields, and the members of the first tile.
type Looked = Vec<Vec<u8>>;

fn run<A: Grid>(
    backend: Backend,
    make: &impl Fn(Builder) -> Builder,
    steps: u64,
    look: impl Fn(&GridRef<A>) -> Looked,
) -> Looked {
    let system = make(System::builder().backend(backend)).start().unwrap();
    let grid = system.grid::<A>();
    grid.run(1).unwrap();
    let start = Instant::now();
    assert_eq!(grid.run(steps - 1).unwrap(), steps);
    let time = start.elapsed().as_secs_f64() * 1e6 / (steps - 1) as f64;
    println!("{}: {:.3} us a step", system.device(), time);
    look(&grid)
}

/// The same on both backends.
fn compare<A: Grid>(
    what: &str,
    make: impl Fn(Builder) -> Builder,
    steps: u64,
    look: impl Fn(&GridRef<A>) -> Looked + Copy,
) {
    println!("{what}");
    let [want, got] = [Backend::Cpu, Backend::Cuda].map(|backend| run(backend, &make, steps, look));
    for (number, (got, want)) in got.iter().zip(&want).enumerate() {
        assert_eq!(got.len(), want.len(), "{what}: {number}");
        if let Some(at) = got.iter().zip(want).position(|(got, want)| got != want) {
            panic!("{what}: byte {at} of field {number}");
        }
    }
}

/// Skips a test without a device.
macro_rules! need_device {
    () => {
        if let Err(reason) = device::first() {
            skip!("{reason}");
        }
    };
}

#[test]
fn a_wave() {
    need_device!();
    let look = |grid: &GridRef<Wave>| {
        let now = bytes(&grid.field(|wave| &wave.now).read().unwrap());
        let before = bytes(&grid.field(|wave| &wave.before).read().unwrap());
        vec![now, before, grid.state(|wave| bytes(&[wave.energy])).unwrap()]
    };
    let check = |extents: [u32; 3], sides: [(Boundary, Boundary); 3], tile: Option<[u32; 3]>, steps| {
        let make = |builder: Builder| {
            let now = Field::from_fn(scatter_f32).border(0.25);
            let init = Wave { now, before: Field::filled(0.5).border(0.75), energy: 0.0, c2: 0.1 };
            let builder = builder.grid(extents, sides, init);
            match tile {
                Some(tile) => builder.tile(tile),
                None => builder,
            }
        };
        compare(&format!("wave {extents:?} {sides:?} {tile:?}"), make, steps, look);
    };
    let all = |rule| [(rule, rule); 3];
    for sides in [all(Fixed), all(Reflect), all(Periodic), [(Periodic, Periodic), (Reflect, Fixed), (Fixed, Reflect)]] {
        check([40, 33, 26], sides, Some([16, 16, 8]), 100);
        check([40, 33, 26], sides, None, 100);
    }
    check([64; 3], all(Reflect), None, 1000);
    check([160; 3], all(Reflect), None, 100);
    check([3, 2, 301], all(Periodic), None, 100);
}

#[test]
fn life_which_reads_corners() {
    need_device!();
    let look = |grid: &GridRef<Life>| {
        let cells = bytes(&grid.field(|life| &life.cells).read().unwrap());
        let members = grid.state(|life| bytes(&[life.population, life.oldest])).unwrap();
        vec![cells, bytes(&grid.field(|life| &life.next).read().unwrap()), members]
    };
    for tile in [[32, 25], [200, 10]] {
        let make = |builder: Builder| {
            let init = Life { cells: Field::from_fn(|cell| scatter(cell) % 3 == 0), ..Life::default() };
            builder.grid([200, 150], Periodic, init).tile(tile)
        };
        compare(&format!("life {tile:?}"), make, 200, look);
    }
}

#[test]
fn heat_along_a_line_in_a_loop_around_an_update() {
    need_device!();
    let look = |grid: &GridRef<Heat>| {
        let now = bytes(&grid.field(|heat| &heat.now).read().unwrap());
        vec![now, grid.state(|heat| bytes(&[heat.warmest])).unwrap()]
    };
    for extent in [5000, 41, 1 << 20] {
        let make = |builder: Builder| {
            let now = Field::from_fn(|cell: [u32; 1]| f64::from(scatter(cell) % 1000) / 1000.0);
            builder.grid([extent], Reflect, Heat { now, times: 2, ..Heat::default() })
        };
        compare(&format!("heat {extent}"), make, 100, look);
    }
}

#[test]
fn a_fluid_of_several_fields() {
    need_device!();
    let look = |grid: &GridRef<Fluid>| {
        let now = bytes(&grid.field(|fluid| &fluid.now).read().unwrap());
        let next = bytes(&grid.field(|fluid| &fluid.next).read().unwrap());
        vec![now, next, bytes(&grid.field(|fluid| &fluid.marks).read().unwrap())]
    };
    let make = |builder: Builder| {
        let first = |cell: [u32; 2]| WEIGHTS.map(|weight| weight * (1.0 + 0.1 * scatter_f32(cell)));
        builder.grid([64, 48], Periodic, Fluid { now: Field::from_fn(first), ..Fluid::default() })
    };
    compare("fluid", make, 100, look);
}

/// What a box of a field is, wherever it lies; rows far apart are copied in one call.
#[test]
fn boxes_of_fields_are_read_and_written() {
    need_device!();
    let init = Wave { now: Field::from_fn(scatter_f32), c2: 0.1, ..Wave::default() };
    let system = System::builder().backend(Backend::Cuda).grid([37, 20, 11], Reflect, init).start().unwrap();
    let grid = system.grid::<Wave>();
    let now = grid.field(|wave| &wave.now);
    for (from, extents) in
        [([3, 4, 5], [7, 6, 5]), ([0, 4, 5], [37, 6, 5]), ([0, 0, 2], [37, 20, 3]), ([36, 19, 10], [1; 3])]
    {
        let got = now.read_box(from, extents).unwrap();
        let mut at = 0;
        for z in 0..extents[2] {
            for y in 0..extents[1] {
                for x in 0..extents[0] {
                    assert_eq!(got[at], scatter_f32([from[0] + x, from[1] + y, from[2] + z]));
                    at += 1;
                }
            }
        }
        let other: Vec<f32> = got.iter().map(|value| value + 1.0).collect();
        now.write_box(from, extents, &other).unwrap();
        assert_eq!(now.read_box(from, extents).unwrap(), other);
        now.write_box(from, extents, &got).unwrap();
    }
    assert_eq!(now.read().unwrap().len(), 37 * 20 * 11);
    assert_eq!(now.get([5, 6, 7]).unwrap(), scatter_f32([5, 6, 7]));
}
