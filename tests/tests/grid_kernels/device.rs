//! A device for one grid, in the simulator: memory as a runtime would lay it out, and a host that lets it do some steps.

use std::sync::{Arc, Mutex};

use ringkernel::Boundary;
use ringkernel_codegen::CompiledGrid;
use ringkernel_codegen::abi::{
    GridArray, GridControl, GridDeviceLine, GridHostLine, GridParams, GridProgress, GridTile, Params,
};
use ringkernel_sim::access::Order;
use ringkernel_sim::kernel::{Kernel, Source};
use ringkernel_sim::memory::{Discipline, Memory, Mode, Space};
use ringkernel_sim::residency::Residency;
use ringkernel_sim::run::{Outcome, Setup, run};
use ringkernel_sim::{Grid, host};

/// Two warps a tile, so that a barrier of the block means something.
pub(crate) const THREADS: u32 = 64;

/// A field before the first step, in canonical layout.
#[derive(Clone)]
pub(crate) struct Cells {
    pub(crate) values: Vec<u8>,
    pub(crate) border: Vec<u8>,
}

/// A domain, how it is cut, and what is in it.
#[derive(Clone)]
pub(crate) struct Domain {
    pub(crate) extents: Vec<u32>,
    pub(crate) tile: Vec<u32>,
    pub(crate) sides: Vec<(Boundary, Boundary)>,
    pub(crate) fields: Vec<Cells>,
    /// Members that are no fields, in canonical layout.
    pub(crate) members: Vec<u8>,
}

/// What the host finds in the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Found {
    /// The cells of each field, in the order of members.
    pub(crate) fields: Vec<Vec<u8>>,
    /// The row of each tile.
    pub(crate) rows: Vec<Vec<u8>>,
    pub(crate) completed: u64,
    /// Site, tile and cell of a failure.
    pub(crate) failed: Option<(u32, u32, [u32; 3])>,
}

/// What the simulator starts has other parameters: these lie where one of them points to.
const ENTRY: &str = r#"
extern "C" void ringkernel_main(rk::Params params) { ringkernel_grid(*(const rk::GridParams*)params.host_line); }
"#;

pub(crate) fn kernel(compiled: &CompiledGrid) -> Kernel {
    source(compiled).build().unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn source(compiled: &CompiledGrid) -> Source {
    Source::new(format!("{}{ENTRY}", compiled.text), THREADS).expect("the templates")
}

impl Domain {
    fn full(of: &[u32]) -> [u32; 3] {
        std::array::from_fn(|axis| of.get(axis).copied().unwrap_or(1))
    }

    fn tiles(&self) -> Vec<([u32; 3], [u32; 3])> {
        let (extents, tile) = (Self::full(&self.extents), Self::full(&self.tile));
        let firsts = |axis: usize| (0..extents[axis]).step_by(tile[axis] as usize);
        let mut tiles = Vec::new();
        for z in firsts(2) {
            for y in firsts(1) {
                for x in firsts(0) {
                    let from = [x, y, z];
                    tiles.push((from, std::array::from_fn(|axis| (from[axis] + tile[axis]).min(extents[axis]))));
                }
            }
        }
        tiles
    }

    /// Whether cells of one tile are at most four cells away from cells of another.
    fn are_near(&self, a: &([u32; 3], [u32; 3]), b: &([u32; 3], [u32; 3])) -> bool {
        (0..self.extents.len()).all(|axis| {
            let extent = i64::from(self.extents[axis]);
            let reach = |shift: i64| {
                i64::from(b.0[axis]) + shift < i64::from(a.1[axis]) + 4
                    && i64::from(b.1[axis]) + shift > i64::from(a.0[axis]) - 4
            };
            let times = if self.sides[axis].0 == Boundary::Periodic { 1 + 4 / extent } else { 0 };
            (-times..=times).any(|times| reach(times * extent))
        })
    }
}

fn put(memory: &mut Memory, at: u64, bytes: &[u8]) {
    for (k, byte) in bytes.iter().enumerate() {
        memory.poke(at + k as u64, 1, (*byte).into());
    }
}

fn bytes_of<T: Copy>(value: &T) -> &[u8] {
    // SAFETY: structures of the ABI have no padding, and any byte may be read.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

fn got(at: u64, bytes: usize) -> Vec<u8> {
    (0..bytes as u64).map(|k| host::peek(at + k, 1) as u8).collect()
}

/// Lays out the memory of a grid.
fn lay_out(memory: &mut Memory, compiled: &CompiledGrid, domain: &Domain) -> GridParams {
    let tiles = domain.tiles();
    let count = tiles.len() as u64;
    let cells = domain.extents.iter().map(|extent| u64::from(*extent)).product::<u64>();
    let device = |memory: &mut Memory, name: &str, bytes: u64, stride: u64, discipline| {
        memory.allocate(name, bytes.max(16), stride, Space::Device, discipline)
    };
    let mut p = GridParams { count: count as u32, extents: Domain::full(&domain.extents), ..GridParams::default() };
    for (axis, (low, high)) in domain.sides.iter().enumerate() {
        let rule = |side: &Boundary| match side {
            Boundary::Reflect => 1,
            Boundary::Periodic => 2,
            _ => 0,
        };
        (p.sides[2 * axis], p.sides[2 * axis + 1]) = (rule(low), rule(high));
    }
    p.tiles =
        device(memory, "tile", count * size_of::<GridTile>() as u64, size_of::<GridTile>() as u64, Discipline::Ordered);
    let mut all = Vec::new();
    for (index, tile) in tiles.iter().enumerate() {
        let first_neighbour = all.len() as u32;
        let near = |other: &usize| *other != index && domain.are_near(tile, &tiles[*other]);
        all.extend((0..tiles.len()).filter(near).map(|other| other as u32));
        let neighbours = all.len() as u32 - first_neighbour;
        let record = GridTile { from: tile.0, to: tile.1, first_neighbour, neighbours };
        put(memory, p.tiles + (index * size_of::<GridTile>()) as u64, bytes_of(&record));
    }
    p.neighbours = device(memory, "neighbour", all.len() as u64 * 4, 4, Discipline::Ordered);
    all.iter().enumerate().for_each(|(k, other)| put(memory, p.neighbours + 4 * k as u64, &other.to_le_bytes()));
    let progress = size_of::<GridProgress>() as u64;
    p.progress = device(memory, "progress", count * progress, progress, Discipline::Atomic);
    let array = size_of::<GridArray>() as u64;
    p.arrays = device(memory, "array", domain.fields.len() as u64 * array, array, Discipline::Ordered);
    for (k, field) in domain.fields.iter().enumerate() {
        let bytes = compiled.cell_bytes[k] as u64;
        assert_eq!(field.values.len() as u64, cells * bytes, "field {k}");
        let made = GridArray {
            cells: device(memory, &format!("field{k}"), cells * bytes, bytes, Discipline::Ordered),
            border: device(memory, "border", bytes, bytes, Discipline::Ordered),
        };
        put(memory, made.cells, &field.values);
        put(memory, made.border, &field.border);
        put(memory, p.arrays + k as u64 * array, bytes_of(&made));
    }
    p.row_bytes = (compiled.tile_bytes as u32).next_multiple_of(16);
    p.rows = device(memory, "row", count * u64::from(p.row_bytes), p.row_bytes.into(), Discipline::Ordered);
    for tile in 0..count {
        let row = p.rows + tile * u64::from(p.row_bytes);
        put(memory, row, &domain.members);
        for (k, offset) in compiled.field_offsets.iter().enumerate() {
            put(memory, row + *offset as u64, &(k as u32).to_le_bytes());
        }
    }
    let value = compiled.reduction_bytes as u64;
    p.cell_values = device(memory, "cell_value", cells * value, value.max(1), Discipline::Ordered);
    p.brick_values = device(memory, "brick_value", cells * value, value.max(1), Discipline::Ordered);
    p.lane_values = device(memory, "lane_value", count * 256 * value, value.max(1), Discipline::Ordered);
    p.control = device(memory, "control", size_of::<GridControl>() as u64, 128, Discipline::Atomic);
    memory.poke(p.control + 8, 8, u64::MAX.into());
    let mapped = |memory: &mut Memory, name: &str, bytes: usize| {
        memory.allocate(name, bytes as u64, 128, Space::Mapped, Discipline::Atomic)
    };
    p.host_line = mapped(memory, "host_line", size_of::<GridHostLine>());
    p.device_line = mapped(memory, "device_line", size_of::<GridDeviceLine>());
    if compiled.message_bytes > 0 {
        p.mail_bytes = 16 + (compiled.message_bytes as u32).next_multiple_of(16);
        p.mail_mask = 3;
        p.mail = mapped(memory, "mail", 4 * p.mail_bytes as usize);
        p.inboxes = device(memory, "inbox", count * u64::from(p.mail_bytes), p.mail_bytes.into(), Discipline::Atomic);
    }
    p
}

/// What the host does besides.
pub(crate) struct Driver {
    p: GridParams,
    commands: u32,
    sent: u32,
}

impl Driver {
    fn line(&self, offset: usize, bytes: u8) -> u64 {
        host::load(self.p.device_line + offset as u64, bytes, Order::Acquire)
    }

    /// Lets it do steps until so many are done or a step asks to hold, and waits for it; gives how many are then done, or
    /// nothing if it failed.
    pub(crate) fn run_to(&mut self, step: u64) -> Option<u64> {
        self.command(step);
        while !self.failed() {
            let end = self.line(std::mem::offset_of!(GridDeviceLine, end), 8);
            if self.completed() == end {
                return Some(end);
            }
            host::pause(200);
        }
        None
    }

    /// Steps that all tiles have done.
    pub(crate) fn completed(&self) -> u64 {
        self.line(std::mem::offset_of!(GridDeviceLine, completed), 8)
    }

    /// Tells it where to hold, and waits until that was heard.
    pub(crate) fn command(&mut self, target: u64) {
        self.commands += 1;
        host::store(self.p.host_line, 8, target, Order::Relaxed);
        host::store(self.p.host_line + 8, 4, self.commands.into(), Order::Release);
        while self.line(std::mem::offset_of!(GridDeviceLine, command), 4) != u64::from(self.commands) && !self.failed()
        {
            host::pause(100);
        }
    }

    /// Gives a message to a tile, and waits until it was taken from the ring.
    pub(crate) fn send(&mut self, tile: u32, tag: u32, payload: &[u8]) {
        let slot = self.p.mail + u64::from((self.sent & self.p.mail_mask) * self.p.mail_bytes);
        host::store(slot + 4, 4, tile.into(), Order::Relaxed);
        host::store(slot + 8, 4, tag.into(), Order::Relaxed);
        for (k, word) in payload.chunks(4).enumerate() {
            let mut bytes = [0; 4];
            bytes[..word.len()].copy_from_slice(word);
            host::store(slot + 16 + 4 * k as u64, 4, u32::from_le_bytes(bytes).into(), Order::Relaxed);
        }
        self.sent += 1;
        host::store(slot, 4, self.sent.into(), Order::Release);
        while self.line(std::mem::offset_of!(GridDeviceLine, taken), 4) != u64::from(self.sent) && !self.failed() {
            host::pause(100);
        }
    }

    pub(crate) fn failed(&self) -> bool {
        self.line(std::mem::offset_of!(GridDeviceLine, failed), 4) != 0
    }

    fn leave(&self) {
        host::store(self.p.host_line + 12, 4, 1, Order::Relaxed);
        while !host::kernel_ended() {
            host::pause(100);
        }
    }

    fn found(&self, compiled: &CompiledGrid, cells: usize) -> Found {
        let rows: Vec<_> = (0..u64::from(self.p.count))
            .map(|tile| got(self.p.rows + tile * u64::from(self.p.row_bytes), compiled.tile_bytes))
            .collect();
        let fields = compiled.field_offsets.iter().zip(&compiled.cell_bytes).map(|(offset, bytes)| {
            let of = |row: &Vec<u8>| u32::from_le_bytes(row[*offset..*offset + 4].try_into().expect("four bytes"));
            let array = self.p.arrays + u64::from(of(&rows[0])) * size_of::<GridArray>() as u64;
            got(host::peek(array, 8) as u64, cells * bytes)
        });
        let word = |offset: usize| host::peek(self.p.device_line + offset as u64, 4) as u32;
        let cell = std::mem::offset_of!(GridDeviceLine, cell);
        let failed = (word(std::mem::offset_of!(GridDeviceLine, failed)) != 0).then(|| {
            (
                word(std::mem::offset_of!(GridDeviceLine, site)),
                word(std::mem::offset_of!(GridDeviceLine, tile)),
                [word(cell), word(cell + 4), word(cell + 8)],
            )
        });
        let completed = host::peek(self.p.device_line, 8) as u64;
        Found { fields: fields.collect(), rows, completed, failed }
    }
}

/// Runs a grid as `drive` says, and looks at what is left.
pub(crate) fn simulate(
    kernel: &Kernel,
    compiled: &CompiledGrid,
    domain: &Domain,
    mode: Mode,
    seed: u64,
    drive: impl FnOnce(&mut Driver) + 'static,
) -> (Outcome, Found) {
    let found = Arc::new(Mutex::new(Found::default()));
    let seen = Arc::clone(&found);
    let (compiled, domain) = (compiled.clone(), domain.clone());
    let outcome = run(kernel, mode, seed, move |memory, _| {
        let p = lay_out(memory, &compiled, &domain);
        let at = memory.allocate("params", size_of::<GridParams>() as u64, 8, Space::Device, Discipline::Atomic);
        put(memory, at, bytes_of(&p));
        let params = Params { host_line: at, ..Params::default() };
        let grid = Grid { blocks: p.count + 1, block_threads: THREADS };
        let cells = domain.extents.iter().product::<u32>() as usize;
        let main = move || {
            let mut driver = Driver { p, commands: 0, sent: 0 };
            host::launch();
            drive(&mut driver);
            driver.leave();
            *seen.lock().expect("a lock") = driver.found(&compiled, cells);
        };
        Setup {
            grid,
            residency: Residency { multiprocessors: 16, ..Residency::default() },
            params,
            hosts: vec![Box::new(main)],
            observer: None,
            explain: None,
            limit: 30_000_000,
        }
    });
    let found = found.lock().expect("a lock").clone();
    (outcome, found)
}
