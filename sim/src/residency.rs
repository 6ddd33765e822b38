//! What a device holds at once. A persistent kernel waits for all of its blocks, so one that does not fit never starts.

use crate::machine::{Grid, LANES};

/// What decides how many blocks run at once, beside the grid itself. The limits of a multiprocessor are those of sm_90.
#[derive(Clone, Copy, Debug)]
pub struct Residency {
    /// Multiprocessors of the device.
    pub multiprocessors: u32,
    /// Registers of a thread, as ptxas reports them for the kernel.
    pub registers: u32,
}

impl Default for Residency {
    /// One multiprocessor, and half of the registers that a thread can have.
    fn default() -> Self {
        Self { multiprocessors: 1, registers: 128 }
    }
}

const BLOCKS: u32 = 32;
const THREADS: u32 = 2048;
const REGISTERS: u32 = 65_536;
/// A warp gets registers in portions of this size.
const REGISTER_PORTION: u32 = 256;
const SHARED_BYTES: u32 = 233_472;
/// What every block takes of it for the system.
const SHARED_RESERVED: u32 = 1024;
const SHARED_PORTION: u32 = 128;

impl Residency {
    /// Blocks that a multiprocessor holds, if each declares so many bytes of shared arrays.
    fn in_multiprocessor(self, grid: Grid, shared: u32) -> u32 {
        let warps = grid.block_threads.div_ceil(LANES).max(1);
        let by_registers = REGISTERS / (warps * (self.registers.max(1) * LANES).next_multiple_of(REGISTER_PORTION));
        let by_shared = SHARED_BYTES / (shared + SHARED_RESERVED).next_multiple_of(SHARED_PORTION);
        BLOCKS.min(THREADS / (warps * LANES)).min(by_registers).min(by_shared)
    }

    /// Whether all blocks of a grid run at once.
    ///
    /// # Errors
    /// How many do.
    pub fn check(self, grid: Grid, shared: u32) -> Result<(), String> {
        let at_once = self.in_multiprocessor(grid, shared) * self.multiprocessors;
        if grid.blocks <= at_once {
            return Ok(());
        }
        Err(format!(
            "the device does not hold the grid at once: {} of its {} blocks run, the others never start ({} threads of {} \
             registers, {shared} bytes of shared arrays, {} multiprocessors)",
            at_once, grid.blocks, grid.block_threads, self.registers, self.multiprocessors
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiprocessor_holds_what_the_occupancy_calculator_says() {
        let holds = |block_threads, registers, shared| {
            Residency { multiprocessors: 1, registers }.in_multiprocessor(Grid { blocks: 1, block_threads }, shared)
        };
        assert_eq!(holds(256, 64, 0), 4);
        assert_eq!(holds(256, 65, 0), 3);
        assert_eq!(holds(32, 16, 0), 32);
        assert_eq!(holds(1024, 32, 0), 2);
        assert_eq!(holds(128, 32, 100_000), 2);
    }
}
