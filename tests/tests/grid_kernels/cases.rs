//! Domains, what is in them at first, and what the CPU backend finds after some steps.

use ringkernel::__private::{Actor, DeviceValue};
use ringkernel::Boundary::{self, Periodic, Reflect};
use ringkernel::prelude::*;
use ringkernel_codegen::tiling::Lists;
use ringkernel_codegen::{CompiledGrid, Options, compile_grid};

use super::domain::{Cells, Chip, Domain};
use super::programs::{Fluid, Heat, Life, Mark, Odd, Plain, Star, WEIGHTS, Wave};
use super::values::{bytes, scatter, scatter_f32};

pub(crate) fn compiled<A: Actor>() -> CompiledGrid {
    compile_grid(&A::desc(), true, Options::default())
        .unwrap_or_else(|errors| panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>()))
}

pub(crate) fn cells<T: DeviceValue, const D: usize>(extents: [u32; D], border: T, of: impl Fn([u32; D]) -> T) -> Cells {
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

/// What a kernel should find.
pub(crate) struct Expected {
    pub(crate) domain: Domain,
    pub(crate) steps: u64,
    /// The cells of each field, in the order of members.
    fields: Vec<Vec<u8>>,
    /// Members that are no fields, the same in each tile.
    members: Vec<u8>,
    /// A field whose cells end with padding, and how many bytes are before it.
    meant: Option<(usize, usize)>,
}

impl Expected {
    /// The same with fields on the chip.
    pub(crate) fn on_chip(mut self, threads: [u32; 3], cells: [u32; 3], published: u32) -> Self {
        let lists = if published == 1 { Lists::Registers } else { Lists::Fetched };
        self.domain.chip = Some(Chip { threads, cells, published, shared: 0, aside: 0, lists, hears_in_memory: false });
        self
    }

    /// With some fields in shared memory, so many cells of a thread's other fields aside, and lists in shared memory.
    pub(crate) fn in_shared(mut self, shared: u32, aside: u32) -> Self {
        let chip = self.domain.chip.as_mut().expect("fields on the chip");
        (chip.shared, chip.aside, chip.lists) = (shared, aside, Lists::Shared);
        self
    }

    /// Whether these are the cells.
    pub(crate) fn is_found(&self, fields: &[Vec<u8>]) -> bool {
        fields == self.fields
    }

    /// Panics at the first difference.
    pub(crate) fn compare(
        &self,
        compiled: &CompiledGrid,
        fields: &[Vec<u8>],
        rows: &[Vec<u8>],
        completed: u64,
        what: &str,
    ) {
        let Domain { extents, tile, sides, .. } = &self.domain;
        let what = format!("{what} {extents:?} {tile:?} {sides:?}");
        assert_eq!(completed, self.steps, "{what}");
        assert_eq!(fields.len(), self.fields.len(), "{what}");
        for (number, (got, want)) in fields.iter().zip(&self.fields).enumerate() {
            let bytes = compiled.cell_bytes[number];
            // What is in the padding of a cell nobody says.
            let count = self.meant.map_or(bytes, |(field, meant)| if field == number { meant } else { bytes });
            let differ = |(got, want): (&[u8], &[u8])| got[..count] != want[..count];
            if let Some(at) = got.chunks(bytes).zip(want.chunks(bytes)).position(differ) {
                panic!("{what}: field {number}, cell {at}");
            }
        }
        for row in rows {
            assert_eq!(row[..self.members.len()], self.members, "{what}");
        }
    }
}

pub(crate) fn wave(extents: [u32; 3], sides: [(Boundary, Boundary); 3], tile: [u32; 3], steps: u64) -> Expected {
    let init = Wave {
        now: Field::from_fn(scatter_f32).border(0.25),
        before: Field::filled(0.5).border(0.75),
        energy: 0.0,
        c2: 0.1,
    };
    let system = System::builder().backend(Backend::Cpu).grid(extents, sides, init).start().unwrap();
    let grid = system.grid::<Wave>();
    grid.run(steps).unwrap();
    let read = |which: fn(&Wave) -> &Field<f32, 3>| bytes(&grid.field(which).read().unwrap());
    let row = |energy: f64, c2: f32| [bytes(&[energy]), bytes(&[c2])].concat();
    let domain = Domain {
        extents: extents.to_vec(),
        tile: tile.to_vec(),
        sides: sides.to_vec(),
        fields: vec![cells(extents, 0.25, scatter_f32), cells(extents, 0.75, |_| 0.5_f32)],
        members: row(0.0, 0.1),
        chip: None,
    };
    let members = grid.state(|wave| row(wave.energy, wave.c2)).unwrap();
    Expected { domain, steps, fields: vec![read(|wave| &wave.now), read(|wave| &wave.before)], members, meant: None }
}

/// The same without its energy.
pub(crate) fn plain(extents: [u32; 3], sides: [(Boundary, Boundary); 3], tile: [u32; 3], steps: u64) -> Expected {
    let init =
        Plain { now: Field::from_fn(scatter_f32).border(0.25), before: Field::filled(0.5).border(0.75), c2: 0.1 };
    let system = System::builder().backend(Backend::Cpu).grid(extents, sides, init).start().unwrap();
    let grid = system.grid::<Plain>();
    grid.run(steps).unwrap();
    let read = |which: fn(&Plain) -> &Field<f32, 3>| bytes(&grid.field(which).read().unwrap());
    let row = |c2: f32| bytes(&[c2]);
    let domain = Domain {
        extents: extents.to_vec(),
        tile: tile.to_vec(),
        sides: sides.to_vec(),
        fields: vec![cells(extents, 0.25, scatter_f32), cells(extents, 0.75, |_| 0.5_f32)],
        members: row(0.1),
        chip: None,
    };
    let members = grid.state(|wave| row(wave.c2)).unwrap();
    Expected { domain, steps, fields: vec![read(|wave| &wave.now), read(|wave| &wave.before)], members, meant: None }
}

pub(crate) fn life(extents: [u32; 2], sides: [(Boundary, Boundary); 2], tile: [u32; 2], steps: u64) -> Expected {
    let alive = |cell| scatter(cell) % 3 == 0;
    let init = Life { cells: Field::from_fn(alive), ..Life::default() };
    let system = System::builder().backend(Backend::Cpu).grid(extents, sides, init).start().unwrap();
    let grid = system.grid::<Life>();
    grid.run(steps).unwrap();
    let read = |which: fn(&Life) -> &Field<bool, 2>| bytes(&grid.field(which).read().unwrap());
    let domain = Domain {
        extents: extents.to_vec(),
        tile: tile.to_vec(),
        sides: sides.to_vec(),
        fields: vec![cells(extents, false, alive), cells(extents, false, |_| false)],
        members: bytes(&[0_u32; 2]),
        chip: None,
    };
    let members = grid.state(|life| bytes(&[life.population, life.oldest])).unwrap();
    Expected { domain, steps, fields: vec![read(|life| &life.cells), read(|life| &life.next)], members, meant: None }
}

pub(crate) fn odd(extents: [u32; 2], sides: [(Boundary, Boundary); 2], tile: [u32; 2], steps: u64) -> Expected {
    let first = |cell| {
        let bytes = scatter(cell).to_le_bytes();
        [bytes[0], bytes[1], bytes[2]]
    };
    let init = Odd { small: Field::from_fn(first), ..Odd::default() };
    let system = System::builder().grid(extents, sides, init).start().unwrap();
    let grid = system.grid::<Odd>();
    grid.run(steps).unwrap();
    let domain = Domain {
        extents: extents.to_vec(),
        tile: tile.to_vec(),
        sides: sides.to_vec(),
        fields: vec![cells(extents, [0_u8; 3], first), cells(extents, [0_u16; 9], |_| [0_u16; 9])],
        members: Vec::new(),
        chip: None,
    };
    let small = bytes(&grid.field(|odd| &odd.small).read().unwrap());
    let large = bytes(&grid.field(|odd| &odd.large).read().unwrap());
    Expected { domain, steps, fields: vec![small, large], members: Vec::new(), meant: None }
}

pub(crate) fn star(extents: [u32; 3], sides: [(Boundary, Boundary); 3], tile: [u32; 3], steps: u64) -> Expected {
    let first = |cell| scatter(cell) as i32;
    let init = Star { now: Field::from_fn(first).border(77), ..Star::default() };
    let system = System::builder().backend(Backend::Cpu).grid(extents, sides, init).start().unwrap();
    let grid = system.grid::<Star>();
    grid.run(steps).unwrap();
    let domain = Domain {
        extents: extents.to_vec(),
        tile: tile.to_vec(),
        sides: sides.to_vec(),
        fields: vec![cells(extents, 77, first), cells(extents, 0, |_| 0_i32), cells(extents, 0, |_| 0_u8)],
        members: Vec::new(),
        chip: None,
    };
    let read = |which: fn(&Star) -> &Field<i32, 3>| bytes(&grid.field(which).read().unwrap());
    let small = bytes(&grid.field(|star| &star.small).read().unwrap());
    let fields = vec![read(|star| &star.now), read(|star| &star.next), small];
    Expected { domain, steps, fields, members: Vec::new(), meant: None }
}

pub(crate) fn heat(extent: u32, tile: u32, steps: u64) -> Expected {
    let first = |cell: [u32; 1]| f64::from(scatter(cell) % 1000) / 1000.0;
    let init = Heat { now: Field::from_fn(first), times: 2, ..Heat::default() };
    let system = System::builder().backend(Backend::Cpu).grid([extent], Reflect, init).start().unwrap();
    let grid = system.grid::<Heat>();
    grid.run(steps).unwrap();
    let read = |which: fn(&Heat) -> &Field<f64, 1>| bytes(&grid.field(which).read().unwrap());
    let row = |times: u32, warmest: f64| [bytes(&[warmest]), bytes(&[times])].concat();
    let domain = Domain {
        extents: vec![extent],
        tile: vec![tile],
        sides: vec![(Reflect, Reflect)],
        fields: vec![cells([extent], 0.0, first), cells([extent], 0.0, |_| 0.0_f64)],
        members: row(2, 0.0),
        chip: None,
    };
    let members = grid.state(|heat| row(heat.times, heat.warmest)).unwrap();
    Expected { domain, steps, fields: vec![read(|heat| &heat.now), read(|heat| &heat.next)], members, meant: None }
}

pub(crate) fn fluid(extents: [u32; 2], tile: [u32; 2], steps: u64) -> Expected {
    let first = |cell: [u32; 2]| WEIGHTS.map(|weight| weight * (1.0 + 0.1 * scatter_f32(cell)));
    let sides = [(Periodic, Periodic); 2];
    let init = Fluid { now: Field::from_fn(first), ..Fluid::default() };
    let system = System::builder().backend(Backend::Cpu).grid(extents, sides, init).start().unwrap();
    let grid = system.grid::<Fluid>();
    grid.run(steps).unwrap();
    let read = |which: fn(&Fluid) -> &Field<[f32; 9], 2>| bytes(&grid.field(which).read().unwrap());
    let marks = bytes(&grid.field(|fluid| &fluid.marks).read().unwrap());
    let domain = Domain {
        extents: extents.to_vec(),
        tile: tile.to_vec(),
        sides: sides.to_vec(),
        fields: vec![
            cells(extents, [0.0; 9], first),
            cells(extents, [0.0; 9], |_| [0.0_f32; 9]),
            cells(extents, Mark::default(), |_| Mark::default()),
        ],
        members: Vec::new(),
        chip: None,
    };
    let fields = vec![read(|fluid| &fluid.now), read(|fluid| &fluid.next), marks];
    Expected { domain, steps, fields, members: Vec::new(), meant: Some((2, 10)) }
}
