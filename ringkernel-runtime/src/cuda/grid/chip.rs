//! Fields on the chip: whether a grid's fit there, and what its kernel is then compiled and launched with.

use ringkernel_codegen::CompiledGrid;
use ringkernel_codegen::tiling::{self, Faces, Room, Shape, Side};

use crate::lang::Boundary;
use crate::lang::boundary::Sides;

/// With `memory`, fields stay in device memory although they would fit on the chip: to compare the two.
const VARIABLE: &str = "RINGKERNEL_FIELDS";

/// A grid whose fields are on the chip.
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
pub(super) fn choose(
    compiled: &CompiledGrid,
    extents: &[u32],
    sides: &[Sides],
    tile: Option<[u32; 3]>,
    room: &Room,
) -> Option<Chip> {
    let (exchanges, cell_bytes) = (&compiled.exchanges, &compiled.cell_bytes);
    if std::env::var_os(VARIABLE).is_some_and(|value| value == "memory") {
        return None;
    }
    if let Some(why) = tiling::obstacle(exchanges, cell_bytes) {
        tracing::debug!(target: "ringkernel", "fields are in device memory: {why}");
        return None;
    }
    let side = |side: Boundary| match side {
        Boundary::Fixed | Boundary::Open => Side::Fixed,
        Boundary::Reflect => Side::Reflect,
        Boundary::Periodic => Side::Periodic,
    };
    let domain = tiling::Domain {
        dims: extents.len(),
        extents: std::array::from_fn(|axis| extents.get(axis).copied().unwrap_or(1)),
        sides: std::array::from_fn(|axis| {
            sides.get(axis).map_or((Side::Fixed, Side::Fixed), |(low, high)| (side(*low), side(*high)))
        }),
    };
    let (shape, faces) = tiling::fit(compiled, &domain, tile, room)?;
    let text = shape.text(compiled, &domain, &faces);
    let shared_bytes = shape.arena(exchanges, cell_bytes, &faces).bytes;
    Some(Chip { along: shape.tiles(&domain), shape, faces, text, shared_bytes })
}
