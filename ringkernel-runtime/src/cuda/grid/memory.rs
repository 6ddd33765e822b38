//! Fields in device memory: what a grid's kernel is then compiled with.

use ringkernel_codegen::CompiledGrid;

use crate::lang::Boundary;
use crate::lang::boundary::Sides;

/// With cells as large as this, a multiprocessor has one block of such a kernel: of two, threads have too few registers.
const LARGE_CELL: usize = 64;

/// The text with its constants in front, which `templates/field.cuh` names. They are few, so that domains of one kind share a kernel.
pub(super) fn text(compiled: &CompiledGrid, extents: &[u32], sides: &[Sides]) -> String {
    let offsets = compiled.exchanges.iter().flat_map(|exchange| &exchange.offsets).flatten();
    let reach = offsets.map(|cells| cells.unsigned_abs()).max().unwrap_or(0);
    let largest = compiled.cell_bytes.iter().copied().max().unwrap_or(1).max(compiled.reduction_bytes).max(1);
    let plane = extents.iter().take(2).map(|extent| u128::from(*extent)).product::<u128>() * largest as u128;
    let place = if plane <= u128::from(u32::MAX) { "u32" } else { "u64" };
    let fixed = |side: Boundary| matches!(side, Boundary::Fixed | Boundary::Open);
    let border = sides.iter().any(|(low, high)| fixed(*low) || fixed(*high));
    let blocks = if largest < LARGE_CELL { 2 } else { 1 };
    format!(
        "#define RK_REACH {reach}\n#define RK_PLACE {place}\n#define RK_BORDER {border}\n#define RK_MIN_BLOCKS {blocks}\n{}",
        compiled.text
    )
}
