//! What the kernels compute in the simulator, and what the CPU backend computes: the same bits.

use ringkernel::__private::{Actor, DeviceValue};
use ringkernel::Boundary::{self, Fixed, Periodic, Reflect};
use ringkernel::prelude::*;
use ringkernel_codegen::CompiledGrid;
use ringkernel_sim::host;
use ringkernel_sim::kernel::{Kernel, compiler_exists};
use ringkernel_sim::memory::Mode;
use ringkernel_tests::skip;

use super::compiled;
use super::device::{Cells, Domain, Driver, Found, kernel, simulate, source};
use super::programs::{Fluid, Heat, Life, Mark, Pond, Pour, Rain, WEIGHTS, Wave};

const STEPS: u64 = 4;

/// A number that depends on the cell, and looks like none of its neighbours'.
fn scatter<const D: usize>(cell: [u32; D]) -> u32 {
    let mixed = cell.iter().fold(0x9e37_79b9_u32, |hash, at| (hash ^ at).wrapping_mul(0x85eb_ca6b).rotate_left(13));
    mixed ^ mixed >> 15
}

fn scatter_f32<const D: usize>(cell: [u32; D]) -> f32 {
    (scatter(cell) >> 8) as f32 / 16_777_216.0
}

fn bytes<T: DeviceValue>(values: &[T]) -> Vec<u8> {
    let mut bytes = vec![0; values.len() * T::SIZE];
    values.iter().zip(bytes.chunks_mut(T::SIZE)).for_each(|(value, to)| value.encode(to));
    bytes
}

fn cells<T: DeviceValue, const D: usize>(extents: [u32; D], border: T, of: impl Fn([u32; D]) -> T) -> Cells {
    let count: u32 = extents.iter().product();
    let cell = |mut index: u32| {
        extents.map(|extent| {
            let along = index % extent;
            index /= extent;
            along
        })
    };
    let values: Vec<T> = (0..count).map(|index| of(cell(index))).collect();
    Cells { values: bytes(&values), border: bytes(&[border]) }
}

/// A kernel, and the CPU backend's opinion of what it should find for a domain.
struct Case {
    compiled: CompiledGrid,
    kernel: Kernel,
}

impl Case {
    fn of<A: Actor>() -> Option<Self> {
        if !compiler_exists() {
            return None;
        }
        let compiled = compiled::<A>();
        let kernel = kernel(&compiled);
        Some(Self { compiled, kernel })
    }

    fn check(&self, domain: &Domain, modes: &[Mode], fields: &[Vec<u8>], members: &[u8]) {
        for (seed, mode) in modes.iter().enumerate() {
            let what = format!("{mode:?} {:?} {:?} {:?}", domain.extents, domain.tile, domain.sides);
            let found = self.run(domain, *mode, seed as u64 + 1);
            assert_eq!(found.completed, STEPS, "{what}");
            for (number, (got, want)) in found.fields.iter().zip(fields).enumerate() {
                let bytes = self.compiled.cell_bytes[number];
                if let Some(at) = got.chunks(bytes).zip(want.chunks(bytes)).position(|(got, want)| got != want) {
                    panic!("{what}: field {number}, cell {at}");
                }
            }
            assert_eq!(found.fields.len(), fields.len());
            for row in &found.rows {
                assert_eq!(&row[..members.len()], members, "{what}");
            }
        }
    }

    fn run(&self, domain: &Domain, mode: Mode, seed: u64) -> Found {
        self.drive(domain, mode, seed, |host| {
            host.run_to(STEPS);
        })
    }

    fn drive(&self, domain: &Domain, mode: Mode, seed: u64, drive: impl FnOnce(&mut Driver) + 'static) -> Found {
        let (outcome, found) = simulate(&self.kernel, &self.compiled, domain, mode, seed, drive);
        if let Some((_, report)) = outcome.fault {
            panic!("{mode:?} {:?} {:?} {:?}: {report}", domain.extents, domain.tile, domain.sides);
        }
        found
    }
}

fn check_wave(case: &Case, extents: [u32; 3], sides: [(Boundary, Boundary); 3], tile: [u32; 3], modes: &[Mode]) {
    let init = Wave {
        now: Field::from_fn(scatter_f32).border(0.25),
        before: Field::filled(0.5).border(0.75),
        energy: 0.0,
        c2: 0.1,
    };
    let system = System::builder().grid(extents, sides, init).tile(tile).start().unwrap();
    let grid = system.grid::<Wave>();
    grid.run(STEPS).unwrap();
    let read = |which: fn(&Wave) -> &Field<f32, 3>| bytes(&grid.field(which).read().unwrap());
    let members =
        grid.state(|wave| [wave.energy.to_le_bytes().to_vec(), wave.c2.to_le_bytes().to_vec()].concat()).unwrap();
    let domain = Domain {
        extents: extents.to_vec(),
        tile: tile.to_vec(),
        sides: sides.to_vec(),
        fields: vec![cells(extents, 0.25, scatter_f32), cells(extents, 0.75, |_| 0.5_f32)],
        members: [0_f64.to_le_bytes().to_vec(), 0.1_f32.to_le_bytes().to_vec()].concat(),
    };
    case.check(&domain, modes, &[read(|wave| &wave.now), read(|wave| &wave.before)], &members);
}

#[test]
fn a_wave() {
    let Some(case) = Case::of::<Wave>() else { skip!("no g++") };
    let all = |rule| [(rule, rule); 3];
    let mixed = [(Periodic, Periodic), (Reflect, Fixed), (Fixed, Reflect)];
    for sides in [all(Fixed), all(Reflect), all(Periodic), mixed] {
        check_wave(&case, [10, 9, 11], sides, [6, 9, 4], &[Mode::Interleave, Mode::Race]);
    }
    check_wave(&case, [10, 9, 11], mixed, [10, 9, 11], &[Mode::Weak]);
    check_wave(&case, [10, 9, 11], mixed, [4, 5, 6], &[Mode::Weak]);
    // Narrower than the offsets.
    check_wave(&case, [1, 2, 9], all(Periodic), [1, 1, 4], &[Mode::Race]);
}

#[test]
fn life_which_reads_corners() {
    let Some(case) = Case::of::<Life>() else { skip!("no g++") };
    let extents = [37, 19];
    let alive = |cell| scatter(cell) % 3 == 0;
    for (sides, tile) in [([(Periodic, Periodic); 2], [12, 7]), ([(Fixed, Reflect), (Periodic, Periodic)], [37, 5])] {
        let init = Life { cells: Field::from_fn(alive), ..Life::default() };
        let system = System::builder().grid(extents, sides, init).tile(tile).start().unwrap();
        let grid = system.grid::<Life>();
        grid.run(STEPS).unwrap();
        let read = |which: fn(&Life) -> &Field<bool, 2>| bytes(&grid.field(which).read().unwrap());
        let members = grid.state(|life| bytes(&[life.population, life.oldest])).unwrap();
        let domain = Domain {
            extents: extents.to_vec(),
            tile: tile.to_vec(),
            sides: sides.to_vec(),
            fields: vec![cells(extents, false, alive), cells(extents, false, |_| false)],
            members: bytes(&[0_u32; 2]),
        };
        // Races are seen in words of four bytes, and these are cells of one.
        let modes = [Mode::Interleave, Mode::Weak];
        case.check(&domain, &modes, &[read(|life| &life.cells), read(|life| &life.next)], &members);
    }
}

#[test]
fn heat_along_a_line_in_a_loop_around_an_update() {
    let Some(case) = Case::of::<Heat>() else { skip!("no g++") };
    let first = |cell: [u32; 1]| f64::from(scatter(cell) % 1000) / 1000.0;
    for (extent, tile) in [(1100, 300), (41, 6)] {
        let init = Heat { now: Field::from_fn(first), times: 2, ..Heat::default() };
        let system = System::builder().grid([extent], Reflect, init).tile([tile]).start().unwrap();
        let grid = system.grid::<Heat>();
        grid.run(STEPS).unwrap();
        let read = |which: fn(&Heat) -> &Field<f64, 1>| bytes(&grid.field(which).read().unwrap());
        let row = |times: u32, warmest: f64| [bytes(&[times]), vec![0; 4], bytes(&[warmest])].concat();
        let members = grid.state(|heat| row(heat.times, heat.warmest)).unwrap();
        let domain = Domain {
            extents: vec![extent],
            tile: vec![tile],
            sides: vec![(Reflect, Reflect)],
            fields: vec![cells([extent], 0.0, first), cells([extent], 0.0, |_| 0.0_f64)],
            members: row(2, 0.0),
        };
        let modes = [Mode::Interleave, Mode::Weak, Mode::Race];
        case.check(&domain, &modes, &[read(|heat| &heat.now), read(|heat| &heat.next)], &members);
    }
}

#[test]
fn a_fluid_of_several_fields_and_a_check_in_its_closure() {
    let Some(case) = Case::of::<Fluid>() else { skip!("no g++") };
    let extents = [11, 10];
    let first = |cell: [u32; 2]| WEIGHTS.map(|weight| weight * (1.0 + 0.1 * scatter_f32(cell)));
    let sides = [(Periodic, Periodic); 2];
    let init = Fluid { now: Field::from_fn(first), ..Fluid::default() };
    let system = System::builder().grid(extents, sides, init).tile([6, 4]).start().unwrap();
    let grid = system.grid::<Fluid>();
    grid.run(STEPS).unwrap();
    let read = |which: fn(&Fluid) -> &Field<[f32; 9], 2>| bytes(&grid.field(which).read().unwrap());
    let marks = bytes(&grid.field(|fluid| &fluid.marks).read().unwrap());
    let mut domain = Domain {
        extents: extents.to_vec(),
        tile: vec![6, 4],
        sides: sides.to_vec(),
        fields: vec![
            cells(extents, [0.0; 9], first),
            cells(extents, [0.0; 9], |_| [0.0_f32; 9]),
            cells(extents, Mark::default(), |_| Mark::default()),
        ],
        members: Vec::new(),
    };
    let want = [read(|fluid| &fluid.now), read(|fluid| &fluid.next), marks];
    case.check(&domain, &[Mode::Interleave, Mode::Weak, Mode::Race], &want, &[]);
    // A cell without anything, far from the others': its assertion fails, and all tiles leave.
    domain.fields[0] = cells(extents, [0.0; 9], |cell| {
        let far = cell[0].abs_diff(5) > 1 || cell[1].abs_diff(5) > 1;
        if far { first(cell) } else { [0.0; 9] }
    });
    for mode in [Mode::Interleave, Mode::Weak, Mode::Race] {
        let found = case.run(&domain, mode, 7);
        let (site, tile, cell) = found.failed.expect("a failure");
        assert_eq!(case.compiled.sites[site as usize].message, "a cell is empty");
        assert_eq!((tile, cell), (2, [5, 5, 0]));
    }
}

const POND: [u32; 2] = [13, 10];
const MODES: [Mode; 3] = [Mode::Interleave, Mode::Weak, Mode::Race];

fn pond() -> Domain {
    let first = |cell| (scatter(cell) % 50) as i32;
    Domain {
        extents: POND.to_vec(),
        tile: vec![5, 10],
        sides: vec![(Reflect, Fixed), (Periodic, Periodic)],
        fields: vec![cells(POND, 3, first), cells(POND, 3, |_| 0_i32)],
        members: vec![0; 24],
    }
}

#[test]
fn messages_between_steps_and_a_step_that_asks_to_hold() {
    let Some(case) = Case::of::<Pond>() else { skip!("no g++") };
    let pours = [([0, 0], 7), ([12, 9], -4), ([6, 5], 500), ([6, 5], -3)];
    let init = Pond {
        level: Field::from_fn(|cell| (scatter(cell) % 50) as i32).border(3),
        before: Field::default().border(3),
        ..Pond::default()
    };
    let system =
        System::builder().grid(POND, [(Reflect, Fixed), (Periodic, Periodic)], init).tile([5, 10]).start().unwrap();
    let grid = system.grid::<Pond>();
    grid.run(2).unwrap();
    for (cell, amount) in pours {
        grid.at(cell).tell(Pour { cell, amount }).unwrap();
    }
    grid.tell_all(|_| Rain { amount: 2, hold_at: 5 }).unwrap();
    assert_eq!(grid.run(10).unwrap(), 5);
    let level = bytes(&grid.field(|pond| &pond.level).read().unwrap());
    let highest = grid.state(|pond| pond.highest).unwrap();
    for (mode, seed) in MODES.into_iter().zip(3..) {
        let found = case.drive(&pond(), mode, seed, move |host| {
            assert_eq!(host.run_to(2), Some(2));
            for (cell, amount) in pours {
                host.send(cell[0] / 5, 0, &bytes(&[Pour { cell, amount }]));
            }
            for tile in 0..3 {
                host.send(tile, 1, &bytes(&[Rain { amount: 2, hold_at: 5 }]));
            }
            assert_eq!(host.run_to(12), Some(5));
        });
        assert_eq!(found.completed, 5, "{mode:?}");
        assert!(found.fields[0] == level, "{mode:?}");
        let heard: Vec<_> = found.rows.iter().map(|row| row[0]).collect();
        assert_eq!(heard, [1, 2, 1], "{mode:?}");
        assert!(found.rows.iter().all(|row| row[8..12] == highest.to_le_bytes()), "{mode:?}");
    }
}

#[test]
fn a_grid_that_runs_freely_holds_when_it_is_told_to() {
    let Some(case) = Case::of::<Pond>() else { skip!("no g++") };
    let domain =
        Domain { extents: vec![4, 3], tile: vec![2, 3], fields: vec![cells([4, 3], 0, |_| 0_i32); 2], ..pond() };
    for (mode, seed) in MODES.into_iter().zip(5..) {
        let found = case.drive(&domain, mode, seed, |host| {
            host.command(u64::MAX);
            while host.completed() < 3 {
                host::pause(100);
            }
            let held = host.run_to(0).expect("no failure");
            host::pause(3000);
            assert_eq!(host.completed(), held);
            assert_eq!(host.run_to(held + 2), Some(held + 2));
        });
        assert!(found.completed >= 5 && found.failed.is_none(), "{mode:?}");
    }
}

#[test]
fn a_cell_of_another_tile_fails_the_grid_and_names_the_cell() {
    let Some(case) = Case::of::<Pond>() else { skip!("no g++") };
    let found = case.drive(&pond(), Mode::Interleave, 1, |host| {
        host.run_to(1);
        host.send(0, 0, &bytes(&[Pour { cell: [11, 4], amount: 1 }]));
        assert_eq!(host.run_to(3), None);
    });
    let (site, tile, cell) = found.failed.expect("a failure");
    assert!(case.compiled.sites[site as usize].message.starts_with("the cell is not in this tile"));
    assert_eq!((tile, cell), (0, [11, 4, 0]));
}

/// Each change takes away something that another tile relies on.
#[test]
fn what_tiles_wait_for_is_needed() {
    let Some(case) = Case::of::<Pond>() else { skip!("no g++") };
    let changes = [
        ("tile.cuh", "load_acquire(&it->meetings)", "load_relaxed(&it->meetings)"),
        ("tile.cuh", "store_release(&own->meetings, at)", "store_relaxed(&own->meetings, at)"),
        ("field.cuh", "RK_TRY(meet_neighbours(ctx, site));", ""),
        ("grid.cuh", "if (G::HAS_HANDLERS) status = meet_neighbours(ctx, NO_SITE);", ""),
    ];
    for (file, from, to) in changes {
        let mut source = source(&case.compiled);
        let (_, text) = source.headers.iter_mut().find(|(name, _)| name == file).expect("the header");
        assert_eq!(text.matches(from).count(), 1, "{from}");
        *text = text.replace(from, to);
        let kernel = source.build().unwrap_or_else(|error| panic!("{error}"));
        let seen = (0..6).any(|seed| {
            let drive = |host: &mut Driver| {
                host.command(9);
                for (cell, amount) in [([4, 3], 7), ([5, 3], 9), ([9, 9], 2)] {
                    host.send(cell[0] / 5, 0, &bytes(&[Pour { cell, amount }]));
                }
                host.run_to(9);
            };
            simulate(&kernel, &case.compiled, &pond(), Mode::Race, seed, drive).0.fault.is_some()
        });
        assert!(seen, "'{to}' for '{from}' in {file} is not seen");
    }
}
