//! Fields in device memory: the constants that the device's half, `templates/field.cuh`, is compiled with.
//!
//! They are few and coarse, so that domains of one kind share a kernel.

use crate::exchange::Exchange;

/// With cells as large as this, a multiprocessor has one block of such a kernel: of two, threads have too few registers.
const LARGE_CELL: usize = 64;

/// The constants for a program and a domain. Cells are of its fields and of what its reductions make of them; `has_border` if some side of
/// the domain is fixed.
#[must_use]
pub fn constants(
    exchanges: &[Exchange],
    cell_bytes: &[usize],
    extents: &[u32],
    has_border: bool,
) -> Vec<(&'static str, String)> {
    let offsets = || exchanges.iter().flat_map(|exchange| &exchange.offsets);
    let reach = offsets().flatten().map(|cells| cells.unsigned_abs()).max().unwrap_or(0);
    let column = || offsets().filter(|offset| offset.len() == 3 && offset[..2] == [0, 0]).map(|offset| offset[2]);
    let below = column().map(|cells| cells.min(0).unsigned_abs()).max().unwrap_or(0);
    let above = column().map(|cells| cells.max(0).unsigned_abs()).max().unwrap_or(0);
    let largest = cell_bytes.iter().copied().max().unwrap_or(0).max(1);
    let plane = extents.iter().take(2).map(|extent| u128::from(*extent)).product::<u128>() * largest as u128;
    vec![
        ("RK_REACH", reach.to_string()),
        ("RK_BELOW", below.to_string()),
        ("RK_ABOVE", above.to_string()),
        ("RK_PLACE", if plane <= u128::from(u32::MAX) { "u32" } else { "u64" }.to_owned()),
        ("RK_BORDER", has_border.to_string()),
        ("RK_MIN_BLOCKS", if largest < LARGE_CELL { 2 } else { 1 }.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn star() -> Exchange {
        Exchange {
            file: String::new(),
            line: 1,
            fields: [0].into(),
            offsets: [vec![1, -1, 2], vec![0, 0, -1], vec![0, 0, 1], vec![-3, 0, 0]].into(),
            cell_bytes: 4,
            cell_align: 4,
        }
    }

    #[test]
    fn what_is_read_around_is_known() {
        let made = constants(&[star()], &[4, 4], &[512, 512, 512], false);
        let values: Vec<&str> = made.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["3", "1", "1", "u32", "false", "2"]);
    }

    #[test]
    fn numbers_of_cells_and_registers_are_enough() {
        let made = constants(&[], &[4, 72], &[1 << 16, 1 << 16], true);
        let values: Vec<&str> = made.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["0", "0", "0", "u64", "true", "1"]);
    }
}
