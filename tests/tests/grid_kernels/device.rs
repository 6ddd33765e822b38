//! A grid in the simulator, and a host that lets it do some steps.

use std::sync::{Arc, Mutex};

use ringkernel_codegen::CompiledGrid;
use ringkernel_codegen::abi::{GridArray, GridDeviceLine, GridHostLine, GridParams, Params, TIMED};
use ringkernel_sim::access::Order;
use ringkernel_sim::kernel::{Kernel, Source};
use ringkernel_sim::memory::{Discipline, Memory, Mode, Space};
use ringkernel_sim::residency::Residency;
use ringkernel_sim::run::{Outcome, Setup, run};
use ringkernel_sim::{Grid, host};

use super::domain::{self, Domain, Memory as _, bytes_of, lay_out};

/// Two warps a tile, so that a barrier of the block means something.
pub(crate) const THREADS: u32 = 64;

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

pub(crate) fn kernel(compiled: &CompiledGrid, domain: &Domain) -> Kernel {
    source(compiled, domain).build().unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn source(compiled: &CompiledGrid, domain: &Domain) -> Source {
    Source::new(format!("{}{ENTRY}", domain.text(compiled).0), THREADS).expect("the templates")
}

/// The simulator's.
struct Arena<'a>(&'a mut Memory);

impl domain::Memory for Arena<'_> {
    fn device(&mut self, name: &str, bytes: u64, stride: u64, order: domain::Order) -> u64 {
        let discipline = match order {
            domain::Order::Atomic => Discipline::Atomic,
            domain::Order::Meetings => Discipline::Ordered,
        };
        self.0.allocate(name, bytes.max(16), stride, Space::Device, discipline)
    }

    fn mapped(&mut self, name: &str, bytes: usize) -> u64 {
        self.0.allocate(name, bytes as u64, 128, Space::Mapped, Discipline::Atomic)
    }

    fn put(&mut self, at: u64, bytes: &[u8]) {
        for (k, byte) in bytes.iter().enumerate() {
            self.0.poke(at + k as u64, 1, (*byte).into());
        }
    }
}

fn got(at: u64, bytes: usize) -> Vec<u8> {
    (0..bytes as u64).map(|k| host::peek(at + k, 1) as u8).collect()
}

/// What the host does besides.
pub(crate) struct Driver {
    p: GridParams,
    commands: u32,
    sent: u32,
    written: u32,
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
        self.say(target);
        self.wait_until_seen();
    }

    fn wait_until_seen(&self) {
        while self.line(std::mem::offset_of!(GridDeviceLine, command), 4) != u64::from(self.commands) && !self.failed()
        {
            host::pause(100);
        }
    }

    /// Tells it where to hold, once it has heard the last command.
    pub(crate) fn say(&mut self, target: u64) {
        self.wait_until_seen();
        self.commands += 1;
        let low = (target & 0xffff_ffff) << 32 | u64::from(self.commands);
        host::store(self.p.host_line + 8, 8, u64::from(self.sent) << 32 | target >> 32, Order::Relaxed);
        host::store(self.p.host_line, 8, low, Order::Release);
    }

    /// Gives a message to a tile, and waits until it was taken from the ring.
    pub(crate) fn send(&mut self, tile: u32, tag: u32, payload: &[u8]) {
        self.put(tile, tag, payload, 0);
        while self.line(std::mem::offset_of!(GridDeviceLine, taken), 4) != u64::from(self.sent) && !self.failed() {
            host::pause(100);
        }
    }

    /// Waits until tiles have handled what was sent; whether that was soon.
    pub(crate) fn all_heard(&self) -> bool {
        let heard = || self.line(std::mem::offset_of!(GridDeviceLine, heard), 4) == u64::from(self.sent);
        (0..2000).any(|_| {
            host::pause(100);
            heard()
        })
    }

    /// Puts a message into the ring, for a tile that has done so many steps.
    pub(crate) fn put(&mut self, tile: u32, tag: u32, payload: &[u8], step: u32) {
        let slot = self.p.mail + u64::from((self.sent & self.p.mail_mask) * self.p.mail_bytes);
        self.sent += 1;
        // As the runtime does: each word's half with the number after the other.
        let store = |at: u64, [a, b, c]: [u32; 3]| {
            host::store(slot + at + 8, 8, u64::from(c) << 32 | u64::from(b), Order::Relaxed);
            host::store(slot + at, 8, u64::from(a) << 32 | u64::from(self.sent), Order::Release);
        };
        for k in 0..self.p.mail_bytes as usize / 16 - 2 {
            let mut bytes = [0; 12];
            let rest = payload.get(12 * k..).unwrap_or_default();
            bytes[..rest.len().min(12)].copy_from_slice(&rest[..rest.len().min(12)]);
            let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
            store(16 * (k as u64 + 2), [word(0), word(4), word(8)]);
        }
        store(16, [step, 0, if step == 0 { self.written } else { self.commands }]);
        store(0, [tile, if step == 0 { tag } else { tag | TIMED }, 0]);
    }

    /// Writes a word of a field's cells while tiles hold, and waits until tiles know.
    pub(crate) fn write(&mut self, array: u64, at: u64, value: u32) {
        let array = self.p.arrays + array * size_of::<GridArray>() as u64;
        // As a copy engine does, which is nobody of the run.
        host::poke(host::peek(array, 8) as u64 + at, 4, value.into());
        self.written += 1;
        let written = self.p.host_line + std::mem::offset_of!(GridHostLine, written) as u64;
        host::store(written, 4, self.written.into(), Order::Release);
        while self.line(std::mem::offset_of!(GridDeviceLine, written), 4) != u64::from(self.written) && !self.failed() {
            host::pause(100);
        }
    }

    pub(crate) fn failed(&self) -> bool {
        self.line(std::mem::offset_of!(GridDeviceLine, failed), 4) != 0
    }

    /// Takes what a tile told the host next, if it is there: the tile, the tag, and the first word.
    pub(crate) fn take(&self, taken: u32) -> Option<(u32, u32, u32)> {
        let slot = self.p.outbox + u64::from((taken & self.p.outbox_mask) * self.p.outbox_bytes);
        // The half with the number first, as the runtime reads it.
        let half = |at: u64| host::load(slot + at, 8, Order::Acquire);
        let (head, body) = (half(0), half(16));
        if head as u32 != taken + 1 || body as u32 != taken + 1 {
            return None;
        }
        let tag = (half(8) >> 32) as u32;
        let host_taken = self.p.host_line + std::mem::offset_of!(GridHostLine, taken) as u64;
        host::store(host_taken, 4, u64::from(taken) + 1, Order::Release);
        Some(((head >> 32) as u32, tag, (body >> 32) as u32))
    }

    /// Lets others run for a while.
    pub(crate) fn pause(&self) {
        host::pause(100);
    }

    fn leave(&self) {
        host::store(self.p.host_line + std::mem::offset_of!(GridHostLine, leave) as u64, 4, 1, Order::Relaxed);
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
        let mut arena = Arena(memory);
        let p = lay_out(&mut arena, &compiled, &domain);
        let at = arena.device("params", size_of::<GridParams>() as u64, 8, domain::Order::Atomic);
        arena.put(at, bytes_of(&p));
        let params = Params { host_line: at, ..Params::default() };
        let grid = Grid { blocks: p.count + 1, block_threads: THREADS };
        let cells = domain.extents.iter().product::<u32>() as usize;
        let main = move || {
            let mut driver = Driver { p, commands: 0, sent: 0, written: 0 };
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
