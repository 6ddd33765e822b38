//! Cells on the chip are in registers: the kernels of the wave that an H200 would be given neither spill nor use a stack.

use ringkernel_codegen::tiling::{self, Domain, Room, Side};
use ringkernel_codegen::{Options, compile_grid};
use ringkernel_runtime::cuda::nvrtc::{Arch, Options as Nvrtc, Source};
use ringkernel_tests::{nvrtc, skip};

/// That of the benchmarks.
#[path = "../../../bench/src/gpu/grid/wave.rs"]
mod wave;

/// An H200: 132 multiprocessors, of which one is control's, and what a block may have of one.
const H200: Room = Room { tiles: 131, threads: 1024, shared_bytes: (227 << 10) - 1024, registers: 1 << 16 };

/// Edges of cubes that fit its chip.
const CUBES: [u32; 3] = [64, 128, 160];

#[test]
fn waves_on_the_chip_of_an_h200_have_no_local_memory() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    let compiled =
        compile_grid(&<wave::Wave as ringkernel::Actor>::desc(), false, Options::default()).expect("a kernel");
    for edge in CUBES {
        let domain = Domain { dims: 3, extents: [edge; 3], sides: [(Side::Reflect, Side::Reflect); 3] };
        let (shape, faces) = tiling::fit(&compiled, &domain, None, &H200).expect("a shape that fits");
        let text = shape.text(&compiled, &domain, &faces);
        for nvrtc in &all {
            let source = Source { name: "wave.cu", text: &text, headers: compiled.headers };
            let options = Nvrtc::for_arch(Arch::new(9, 0)).define("RK_BLOCK_THREADS", shape.block());
            let cubin = nvrtc.compile(&source, &options).unwrap_or_else(|error| panic!("{edge}^3: {error}"));
            let used = cubin.resources();
            let stack: u32 = used.iter().map(|kernel| kernel.stack).sum();
            let spilled: u32 = used.iter().map(|kernel| kernel.spill_stores + kernel.spill_loads).sum();
            eprintln!(
                "{edge}^3 by NVRTC {}: {shape:?}, {} registers, {stack} bytes of stack, {spilled} bytes spilled",
                nvrtc.version(),
                used.iter().map(|kernel| kernel.registers).max().unwrap_or(0)
            );
            assert!(
                used.iter().any(|kernel| kernel.name.contains("ringkernel_grid") && kernel.registers > 0),
                "{used:?}"
            );
            assert!(stack + spilled == 0, "{edge}^3 by NVRTC {}: {used:?}", nvrtc.version());
        }
    }
}
