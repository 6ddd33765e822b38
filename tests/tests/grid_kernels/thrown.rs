//! What a message from tile to tile costs besides its trip: nothing in memory of a thread's own.

use ringkernel_codegen::tiling::{self, Domain, Room, Side};
use ringkernel_codegen::{Options, compile_grid};
use ringkernel_runtime::cuda::nvrtc::{Arch, Options as Nvrtc, Source};
use ringkernel_tests::{nvrtc, skip};

/// That of the benchmarks.
#[path = "../../../bench/src/gpu/ball.rs"]
mod ball;

#[test]
fn a_ball_that_is_thrown_on_stays_in_registers() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    let compiled =
        compile_grid(&<ball::Pair as ringkernel::Actor>::desc(), false, Options::default()).expect("a kernel");
    let domain = Domain {
        dims: 1,
        extents: [128, 1, 1],
        sides: [(Side::Periodic, Side::Periodic), (Side::Fixed, Side::Fixed), (Side::Fixed, Side::Fixed)],
    };
    let room = Room { tiles: 131, threads: 1024, shared_bytes: (227 << 10) - 2048, registers: 1 << 16 };
    let (shape, faces) = tiling::fit(&compiled, &domain, Some([64, 1, 1]), &room).expect("a shape that fits");
    let text = shape.text(&compiled, &domain, &faces);
    for nvrtc in &all {
        let source = Source { name: "pair.cu", text: &text, headers: compiled.headers };
        let options = Nvrtc::for_arch(Arch::new(9, 0)).define("RK_BLOCK_THREADS", shape.block());
        let cubin = nvrtc.compile(&source, &options).unwrap_or_else(|error| panic!("{error}"));
        let used = cubin.resources();
        let is_ours = |name: &str| name.contains("ringkernel_grid");
        assert!(used.iter().any(|kernel| is_ours(&kernel.name) && kernel.registers > 0), "{used:?}");
        let memory: u32 = used.iter().map(|kernel| kernel.stack + kernel.spill_stores + kernel.spill_loads).sum();
        assert_eq!(memory, 0, "by NVRTC {}: {used:?}", nvrtc.version());
    }
}
