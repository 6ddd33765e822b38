//! Cells on the chip are in registers: the kernels of the wave that an H200 would be given neither spill nor use a stack.

use ringkernel::prelude::*;
use ringkernel_codegen::tiling::{self, Domain, Room, Side};
use ringkernel_codegen::{Options, compile_grid};
use ringkernel_runtime::cuda::nvrtc::{Arch, Options as Nvrtc, Source};
use ringkernel_tests::{nvrtc, skip};

/// The wave of the benchmarks.
#[ring_actor(grid = 3)]
#[derive(Default)]
struct Struck {
    now: Field<f32, 3>,
    before: Field<f32, 3>,
    c2: f32,
}

#[ring_message]
struct Impulse {
    cell: [u32; 3],
    amplitude: f32,
}

#[ring_actor]
impl Struck {
    #[step]
    fn advance(&mut self) {
        let c2 = self.c2;
        self.before.update(&self.now, |before, now| {
            let around = now.at([-1, 0, 0])
                + now.at([1, 0, 0])
                + now.at([0, -1, 0])
                + now.at([0, 1, 0])
                + now.at([0, 0, -1])
                + now.at([0, 0, 1]);
            2.0 * now.here() - before.here() + c2 * (around - 6.0 * now.here())
        });
        swap(&mut self.now, &mut self.before);
    }

    #[handler]
    fn impulse(&mut self, m: Impulse, ctx: &mut Context<Self>) -> (f32, u64) {
        self.now.add(m.cell, m.amplitude);
        (self.now.get(m.cell), ctx.step())
    }
}

/// An H200: 132 multiprocessors, of which one is control's, and what a block may have of one.
const H200: Room = Room { tiles: 131, threads: 1024, shared_bytes: (227 << 10) - 1024, registers: 1 << 16 };

/// Edges of cubes that fit its chip, and bytes of stack that their kernels have at most: 0, where it holds.
const CUBES: [(u32, u32); 3] = [(64, 0), (128, 0), (160, 0)];

#[test]
fn waves_on_the_chip_of_an_h200_have_no_local_memory() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    let compiled = compile_grid(&<Struck as ringkernel::Actor>::desc(), false, Options::default()).expect("a kernel");
    for (edge, most) in CUBES {
        let domain = Domain { dims: 3, extents: [edge; 3], sides: [(Side::Reflect, Side::Reflect); 3] };
        let (exchanges, cell_bytes) = (&compiled.exchanges, &compiled.cell_bytes);
        let (shape, faces) = tiling::fit(&compiled, &domain, None, &H200).expect("a shape that fits");
        let constants = shape.constants(&domain, exchanges, cell_bytes, &faces);
        let defines = constants.iter().filter(|(name, _)| *name != "RK_BLOCK_THREADS");
        let defines: String = defines.map(|(name, value)| format!("#define {name} {value}\n")).collect();
        let text = defines + &compiled.text;
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
            assert!(stack <= most && (most > 0 || spilled == 0), "{edge}^3 by NVRTC {}: {used:?}", nvrtc.version());
        }
    }
}
