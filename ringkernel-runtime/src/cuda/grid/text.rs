//! The text that a grid's kernel is compiled from, with the constants of a domain and a device in front, and its cubin.

use ringkernel_codegen::{CompiledGrid, abi};

use super::super::driver::Device;
use super::super::nvrtc::{Arch, Cubin, Jit, Options, Source};
use super::chip::Chip;
use super::memory;
use super::start::{Given, cut_for};
use crate::error::StartError;

/// With `1`, tiles look for nothing that the host wants while they do the steps they were let do: for benchmarks, since then neither
/// messages nor a hold come through before.
const BLIND: &str = "RINGKERNEL_BLIND";

/// A kernel before it is compiled.
pub(super) struct Text {
    pub(super) text: String,
    /// Threads of a block.
    pub(super) threads: u32,
}

impl Text {
    /// With fields on the chip, or in device memory.
    pub(super) fn new(
        given: &Given<'_>,
        device: &Device,
        compiled: &CompiledGrid,
        chip: Option<&Chip>,
    ) -> Result<Self, StartError> {
        // What is not known before the kernel is: how many of its blocks fit. The number of threads does not depend on it.
        let threads = match chip {
            Some(chip) => chip.shape.block(),
            None => cut_for(given, device, u32::MAX, u32::MAX)?.threads,
        };
        let in_memory = || memory::text(compiled, given.extents, given.sides);
        let mut text = chip.map_or_else(in_memory, |chip| chip.text.clone());
        if std::env::var_os(BLIND).is_some_and(|value| value == "1") {
            text.insert_str(0, "#define RK_BLIND true\n");
        }
        Ok(Self { text, threads })
    }

    /// Compiles it, or finds it compiled.
    pub(super) fn cubin(&self, device: &Device, compiled: &CompiledGrid, jit: &Jit) -> Result<Cubin, StartError> {
        let (major, minor) = device.info().capability;
        let source = Source { name: "ringkernel_grid.cu", text: &self.text, headers: compiled.headers };
        let options = Options::for_arch(Arch::new(major, minor)).define("RK_BLOCK_THREADS", self.threads);
        jit.compile(&source, &options, abi::ABI).map_err(|error| StartError::Compile(error.to_string()))
    }
}
