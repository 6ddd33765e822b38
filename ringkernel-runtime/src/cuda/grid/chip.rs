//! Fields on the chip: whether a grid's fit there, and what its kernel is then compiled and launched with.

use ringkernel_codegen::CompiledGrid;
use ringkernel_codegen::tiling::{self, Domain, Faces, Room, Shape, Side};

use super::super::driver::Device;
use super::areas::declared_shared;
use super::start::{EMULATED, Given, full};
use crate::lang::Boundary;

/// With `memory`, fields stay in device memory although they would fit on the chip: to compare the two.
const VARIABLE: &str = "RINGKERNEL_FIELDS";

/// A grid whose fields are on the chip.
#[derive(Clone)]
pub(super) struct Chip {
    pub(super) shape: Shape,
    /// Tiles along each axis.
    pub(super) along: [u32; 3],
    /// The words of each exchange.
    pub(super) faces: Vec<Faces>,
    /// The text with its constants in front.
    pub(super) text: String,
    /// Shared memory of a block beside what the kernel declares.
    pub(super) shared_bytes: u32,
}

/// Finds the cheapest way to keep fields on the chip; none if they do not fit.
pub(super) fn choose(given: &Given<'_>, device: &Device, compiled: &CompiledGrid) -> Option<Chip> {
    let (room, domain) = (room(given, device, compiled)?, domain(given, compiled)?);
    let found = tiling::fit(compiled, &domain, given.tile.map(full), &room)?;
    Some(Chip::new(compiled, &domain, found))
}

/// Ways to keep fields on the chip that are worth measuring, that one first.
pub(super) fn candidates(given: &Given<'_>, device: &Device, compiled: &CompiledGrid) -> Vec<Chip> {
    let Some((room, domain)) = room(given, device, compiled).zip(domain(given, compiled)) else { return Vec::new() };
    let found = tiling::candidates(compiled, &domain, &room);
    found.into_iter().map(|found| Chip::new(compiled, &domain, found)).collect()
}

impl Chip {
    fn new(compiled: &CompiledGrid, domain: &Domain, (shape, faces): (Shape, Vec<Faces>)) -> Self {
        let text = shape.text(compiled, domain, &faces);
        let shared_bytes = shape.arena(&compiled.exchanges, &compiled.cell_bytes, &faces).bytes;
        Self { along: shape.tiles(domain), shape, faces, text, shared_bytes }
    }
}

/// What there is for tiles: each has a multiprocessor for itself.
fn room(given: &Given<'_>, device: &Device, compiled: &CompiledGrid) -> Option<Room> {
    let info = device.info();
    let most = given.options.multiprocessors.unwrap_or(info.multiprocessors).min(device.roster().room(1));
    Some(if device.is_emulated() {
        Room {
            tiles: if given.tile.is_some() { most.checked_sub(1)? } else { EMULATED.1 - 1 },
            threads: EMULATED.0,
            shared_bytes: info.shared_bytes,
            registers: info.registers,
        }
    } else {
        Room {
            tiles: most.checked_sub(1)?,
            threads: 1024,
            shared_bytes: info.shared_bytes.saturating_sub(declared_shared(compiled.neighbour_words)),
            registers: info.registers,
        }
    })
}

/// The domain, if its fields may be on the chip at all.
fn domain(given: &Given<'_>, compiled: &CompiledGrid) -> Option<Domain> {
    if std::env::var_os(VARIABLE).is_some_and(|value| value == "memory") {
        return None;
    }
    if let Some(why) = tiling::obstacle(&compiled.exchanges, &compiled.cell_bytes) {
        tracing::debug!(target: "ringkernel", "fields are in device memory: {why}");
        return None;
    }
    let side = |side: Boundary| match side {
        Boundary::Fixed | Boundary::Open => Side::Fixed,
        Boundary::Reflect => Side::Reflect,
        Boundary::Periodic => Side::Periodic,
    };
    let fixed = (Side::Fixed, Side::Fixed);
    Some(Domain {
        dims: given.extents.len(),
        extents: full(given.extents),
        sides: std::array::from_fn(|axis| given.sides.get(axis).map_or(fixed, |(low, high)| (side(*low), side(*high)))),
    })
}
