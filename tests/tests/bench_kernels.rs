//! What `ringkernel-bench` launches beside our own kernels compiles, and has the kernels that it looks for.

use ringkernel_runtime::cuda::nvrtc::{Arch, Options, Source};
use ringkernel_tests::{nvrtc, skip};

const TEXT: &str = include_str!("../../bench/kernels/launched.cu");
const HEADERS: &[(&str, &str)] = &[
    ("rival.cuh", include_str!("../../bench/kernels/rival.cuh")),
    ("stencil.cuh", include_str!("../../bench/kernels/stencil.cuh")),
    ("word.cuh", include_str!("../../bench/kernels/word.cuh")),
];

#[test]
fn the_rival_compiles_and_neither_spills_nor_uses_a_stack() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    for nvrtc in &all {
        let source = Source { name: "launched.cu", text: TEXT, headers: HEADERS };
        let cubin = match nvrtc.compile(&source, &Options::for_arch(Arch::new(9, 0))) {
            Ok(cubin) => cubin,
            Err(error) => panic!("NVRTC {}: {error}", nvrtc.version()),
        };
        let resources = cubin.resources();
        let names: Vec<&str> = resources.iter().map(|kernel| kernel.name.as_str()).collect();
        for name in
            ["_Z6graph1ILi32ELi4EEvPKfPfiiifi", "_Z6graph4ILi16ELi8EEvPKfPfiiifi", "_Z7graph4pILi8ELi16EEvPKfPfiiifi"]
        {
            assert!(names.contains(&name), "no {name} among {names:?}");
        }
        for name in ["inject", "look", "inject_wish", "look_wish"] {
            assert!(names.contains(&name), "no {name} among {names:?}");
        }
        assert!(resources.iter().all(|kernel| kernel.stack == 0 && kernel.spill_stores == 0), "{resources:?}");
    }
}
