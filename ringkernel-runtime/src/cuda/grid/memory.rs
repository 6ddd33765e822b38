//! Fields in device memory: the text of a grid's kernel with its constants in front.

use ringkernel_codegen::{CompiledGrid, memory};

use crate::lang::Boundary;
use crate::lang::boundary::Sides;

/// The text for a domain.
pub(super) fn text(compiled: &CompiledGrid, extents: &[u32], sides: &[Sides]) -> String {
    let fixed = |side: Boundary| matches!(side, Boundary::Fixed | Boundary::Open);
    let has_border = sides.iter().any(|(low, high)| fixed(*low) || fixed(*high));
    let cell_bytes = [compiled.cell_bytes.as_slice(), &[compiled.reduction_bytes]].concat();
    let constants = memory::constants(&compiled.exchanges, &cell_bytes, extents, has_border);
    let lines: String = constants.iter().map(|(name, value)| format!("#define {name} {value}\n")).collect();
    lines + &compiled.text
}
