//! What the kernels compute in the simulator, and what the CPU backend computes: the same bits.

use ringkernel::__private::Actor;
use ringkernel::Boundary::{Fixed, Periodic, Reflect};
use ringkernel::prelude::*;
use ringkernel_codegen::tiling::Lists;
use ringkernel_codegen::{CompiledGrid, memory};
use ringkernel_sim::host;
use ringkernel_sim::kernel::{Kernel, compiler_exists};
use ringkernel_sim::memory::Mode;
use ringkernel_tests::skip;

use super::cases::{self, Expected, cells, compiled};
use super::device::{Driver, Found, kernel, simulate, source};
use super::domain::{Chip, Domain};
use super::programs::{Fluid, Heat, Life, Pond, Pour, Rain, Teller, WEIGHTS, Wave};
use super::values::{bytes, scatter, scatter_f32};

pub(crate) const STEPS: u64 = 4;
pub(crate) const MODES: [Mode; 3] = [Mode::Interleave, Mode::Weak, Mode::Race];

/// A program, and its kernel for fields in device memory, which is the same for all domains.
pub(crate) struct Case {
    pub(crate) compiled: CompiledGrid,
    kernel: Kernel,
}

impl Case {
    pub(crate) fn of<A: Actor>() -> Option<Self> {
        if !compiler_exists() {
            return None;
        }
        Some(Self::from(compiled::<A>()))
    }

    /// With a kernel that knows what the runtime tells it of a domain.
    pub(crate) fn knowing<A: Actor>(domain: &Domain) -> Option<Self> {
        compiler_exists().then(|| Self::from(knowing::<A>(domain)))
    }

    /// With some lines in front of its text.
    pub(crate) fn with<A: Actor>(lines: &str) -> Self {
        let mut compiled = compiled::<A>();
        compiled.text.insert_str(0, lines);
        Self::from(compiled)
    }

    fn from(compiled: CompiledGrid) -> Self {
        let nowhere = Domain {
            extents: Vec::new(),
            tile: Vec::new(),
            sides: Vec::new(),
            fields: Vec::new(),
            members: Vec::new(),
            chip: None,
        };
        let kernel = kernel(&compiled, &nowhere);
        Self { compiled, kernel }
    }

    pub(crate) fn check(&self, expected: &Expected, modes: &[Mode]) {
        for (seed, mode) in modes.iter().enumerate() {
            let found = self.run(&expected.domain, *mode, seed as u64 + 1);
            expected.compare(&self.compiled, &found.fields, &found.rows, found.completed, &format!("{mode:?}"));
        }
    }

    pub(crate) fn run(&self, domain: &Domain, mode: Mode, seed: u64) -> Found {
        self.drive(domain, mode, seed, |host| {
            host.run_to(STEPS);
        })
    }

    pub(crate) fn drive(
        &self,
        domain: &Domain,
        mode: Mode,
        seed: u64,
        drive: impl FnOnce(&mut Driver) + 'static,
    ) -> Found {
        let own = domain.chip.map(|_| kernel(&self.compiled, domain));
        let (outcome, found) =
            simulate(own.as_ref().unwrap_or(&self.kernel), &self.compiled, domain, mode, seed, drive);
        if let Some((_, report)) = outcome.fault {
            panic!("{mode:?} {:?} {:?} {:?}: {report}", domain.extents, domain.tile, domain.sides);
        }
        found
    }
}

/// A program whose text has the constants in front that the runtime gives it.
pub(crate) fn knowing<A: Actor>(domain: &Domain) -> CompiledGrid {
    let mut compiled = compiled::<A>();
    let has_border = domain.sides.iter().any(|(low, high)| *low == Fixed || *high == Fixed);
    let cell_bytes = [compiled.cell_bytes.as_slice(), &[compiled.reduction_bytes]].concat();
    let constants = memory::constants(&compiled.exchanges, &cell_bytes, &domain.extents, has_border);
    let lines: String = constants.iter().map(|(name, value)| format!("#define {name} {value}\n")).collect();
    compiled.text.insert_str(0, &lines);
    compiled
}

#[test]
fn a_wave() {
    let Some(case) = Case::of::<Wave>() else { skip!("no g++") };
    let all = |rule| [(rule, rule); 3];
    let mixed = [(Periodic, Periodic), (Reflect, Fixed), (Fixed, Reflect)];
    for sides in [all(Fixed), all(Reflect), all(Periodic), mixed] {
        case.check(&cases::wave([10, 9, 11], sides, [6, 9, 4], STEPS), &[Mode::Interleave, Mode::Race]);
    }
    case.check(&cases::wave([10, 9, 11], mixed, [10, 9, 11], STEPS), &[Mode::Weak]);
    case.check(&cases::wave([10, 9, 11], mixed, [4, 5, 6], STEPS), &[Mode::Weak]);
    // Narrower than the offsets.
    case.check(&cases::wave([1, 2, 9], all(Periodic), [1, 1, 4], STEPS), &[Mode::Race]);
}

#[test]
fn life_which_reads_corners() {
    let Some(case) = Case::of::<Life>() else { skip!("no g++") };
    // Races are seen in words of four bytes, and these are cells of one.
    let modes = [Mode::Interleave, Mode::Weak];
    case.check(&cases::life([37, 19], [(Periodic, Periodic); 2], [12, 7], STEPS), &modes);
    case.check(&cases::life([37, 19], [(Fixed, Reflect), (Periodic, Periodic)], [37, 5], STEPS), &modes);
}

#[test]
fn heat_along_a_line_in_a_loop_around_an_update() {
    let Some(case) = Case::of::<Heat>() else { skip!("no g++") };
    for (extent, tile) in [(1100, 300), (41, 6)] {
        case.check(&cases::heat(extent, tile, STEPS), &MODES);
    }
}

#[test]
fn a_fluid_of_several_fields_and_a_check_in_its_closure() {
    let Some(case) = Case::of::<Fluid>() else { skip!("no g++") };
    let Expected { mut domain, .. } = {
        let expected = cases::fluid([11, 10], [6, 4], STEPS);
        case.check(&expected, &MODES);
        expected
    };
    // A cell without anything, far from the others': its assertion fails, and all tiles leave.
    let first = |cell: [u32; 2]| WEIGHTS.map(|weight| weight * (1.0 + 0.1 * scatter_f32(cell)));
    domain.fields[0] = cases::cells([11, 10], [0.0; 9], |cell| {
        let far = cell[0].abs_diff(5) > 1 || cell[1].abs_diff(5) > 1;
        if far { first(cell) } else { [0.0; 9] }
    });
    for mode in MODES {
        let found = case.run(&domain, mode, 7);
        let (site, tile, cell) = found.failed.expect("a failure");
        assert_eq!(case.compiled.sites[site as usize].message, "a cell is empty");
        assert_eq!((tile, cell), (2, [5, 5, 0]));
    }
}

const POND: [u32; 2] = [13, 10];

pub(crate) fn pond() -> Domain {
    let first = |cell| (scatter(cell) % 50) as i32;
    Domain {
        extents: POND.to_vec(),
        tile: vec![5, 10],
        sides: vec![(Reflect, Fixed), (Periodic, Periodic)],
        fields: vec![cells(POND, 3, first), cells(POND, 3, |_| 0_i32)],
        members: vec![0; 24],
        chip: None,
    }
}

/// The pond after two steps, messages, and some more.
fn pour_and_rain(domain: &Domain, rains: bool, modes: &[Mode]) {
    let Some(case) = Case::of::<Pond>() else { skip!("no g++") };
    let pours = [([0, 0], 7), ([12, 9], -4), ([6, 5], 500), ([6, 5], -3)];
    let init = Pond {
        level: Field::from_fn(|cell| (scatter(cell) % 50) as i32).border(3),
        before: Field::default().border(3),
        ..Pond::default()
    };
    let system = System::builder()
        .backend(Backend::Cpu)
        .grid(POND, [(Reflect, Fixed), (Periodic, Periodic)], init)
        .tile([5, 10])
        .start()
        .unwrap();
    let grid = system.grid::<Pond>();
    grid.run(2).unwrap();
    for (cell, amount) in pours {
        grid.at(cell).tell(Pour { cell, amount }).unwrap();
    }
    if rains {
        grid.tell_all(|_| Rain { amount: 2, hold_at: 5 }).unwrap();
    }
    assert_eq!(grid.run(3).unwrap(), 5);
    let level = bytes(&grid.field(|pond| &pond.level).read().unwrap());
    let highest = grid.state(|pond| pond.highest).unwrap();
    for (seed, mode) in (3..).zip(modes) {
        let found = case.drive(domain, *mode, seed, move |host| {
            assert_eq!(host.run_to(2), Some(2));
            for (cell, amount) in pours {
                host.send(cell[0] / 5, 0, &bytes(&[Pour { cell, amount }]));
            }
            if rains {
                for tile in 0..3 {
                    host.send(tile, 1, &bytes(&[Rain { amount: 2, hold_at: 5 }]));
                }
            }
            assert_eq!(host.run_to(if rains { 12 } else { 5 }), Some(5));
        });
        assert_eq!(found.completed, 5, "{mode:?}");
        assert!(found.fields[0] == level, "{mode:?} {:?}", domain.chip);
        let heard: Vec<_> = found.rows.iter().map(|row| row[0]).collect();
        assert_eq!(heard, [1, 2, 1], "{mode:?}");
        assert!(found.rows.iter().all(|row| row[8..12] == highest.to_le_bytes()), "{mode:?}");
    }
}

#[test]
fn messages_between_steps_and_a_step_that_asks_to_hold() {
    pour_and_rain(&pond(), true, &MODES);
}

/// Handlers find fields where they are: in registers, in shared memory, or in device memory for as long as they run.
#[test]
fn messages_change_fields_on_the_chip() {
    let lists = Lists::Shared;
    let chip =
        Chip { threads: [8, 8, 1], cells: [1, 2, 1], published: 2, shared: 0, aside: 0, lists, hears_in_memory: false };
    let on = |chip| Domain { chip: Some(chip), ..pond() };
    for (shared, aside) in [(0, 0), (0, 1), (1, 0), (2, 1)] {
        let chip = Chip { shared, aside, ..chip };
        pour_and_rain(&on(chip), true, &MODES);
        pour_and_rain(&on(Chip { hears_in_memory: true, ..chip }), false, &MODES);
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

/// The ring has fewer places than there are tiles.
#[test]
fn what_tiles_tell_the_host_arrives_once_and_whole() {
    let Some(case) = Case::of::<Teller>() else { skip!("no g++") };
    let domain = Domain {
        extents: vec![5],
        tile: vec![2],
        sides: vec![(Fixed, Fixed)],
        fields: vec![cells([5], 0, |_| 0_u8)],
        members: Vec::new(),
        ..pond()
    };
    // Races are seen in words of four bytes, and these are cells of one.
    for (mode, seed) in [(Mode::Interleave, 11), (Mode::Weak, 12)] {
        let found = case.drive(&domain, mode, seed, |host| {
            host.command(3);
            let (mut taken, mut by_tile) = (0, [0; 3]);
            while taken < 9 {
                match host.take(taken) {
                    None => host::pause(50),
                    Some((tile, tag, number)) => {
                        assert_eq!((tag, number), (0xfe, 0), "the first trace");
                        by_tile[tile as usize] += 1;
                        taken += 1;
                    }
                }
            }
            assert_eq!((by_tile, host.run_to(3)), ([3; 3], Some(3)));
            assert_eq!(host.take(taken), None);
        });
        assert_eq!(found.completed, 3, "{mode:?}");
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
        ("operations.cuh", "RK_TRY(exchange(ctx, site, out, in));", ""),
        ("grid.cuh", "if (G::HAS_HANDLERS) status = meet_neighbours(ctx, NO_SITE);", ""),
    ];
    for (file, from, to) in changes {
        let mut source = source(&case.compiled, &pond());
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
