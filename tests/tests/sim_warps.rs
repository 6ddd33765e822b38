//! What a device does not do: run lanes of one warp apart from each other for sure, and hold any grid at once.

use ringkernel_sim::kernel::{Kernel, Source, compiler_exists};
use ringkernel_sim::memory::{Discipline, Mode, Space};
use ringkernel_sim::residency::Residency;
use ringkernel_sim::run::{Outcome, Setup, run};
use ringkernel_sim::{Grid, host};
use ringkernel_tests::skip;

/// One lane sets a flag and all others of the grid wait for it, but for those of its own warp unless `MATES` says so.
const WAITS: &str = r#"
#include "abi.cuh"
#include "memory.cuh"
extern "C" __global__ void ringkernel_main(const rk::Params p) {
    u32* flag = (u32*)p.shared;
    if (rk::block_index() == 0) {
        if (rk::lane_id() == 7) rk::store_release(flag, 1u);
        else if (MATES) while (rk::load_acquire(flag) == 0) rk::sleep_ns(100);
    } else {
        while (rk::load_acquire(flag) == 0) rk::sleep_ns(100);
    }
}
"#;

const ARRAYS: &str = r#"
#include "abi.cuh"
#include "memory.cuh"
extern "C" __global__ void ringkernel_main(const rk::Params p) {
    RK_SHARED(u32, first, 10000);
    RK_SHARED(u32, second, 10000);
    first[rk::lane_id()] = second[rk::lane_id()] + p.types;
}
"#;

fn kernel(text: &str, define: &str) -> Kernel {
    let source = Source::new(text, 32).expect("the headers").define(define);
    source.build().unwrap_or_else(|error| panic!("{error}"))
}

fn outcome(kernel: &Kernel, blocks: u32, mode: Mode, seed: u64) -> Outcome {
    run(kernel, mode, seed, |memory, _| {
        let shared = memory.allocate("flag", 4, 4, Space::Device, Discipline::Atomic);
        let params = ringkernel_codegen::abi::Params { shared, ..Default::default() };
        let drive = || {
            host::launch();
            while !host::kernel_ended() {
                host::pause(20);
            }
        };
        let (grid, residency) = (Grid { blocks, block_threads: 32 }, Residency::default());
        Setup { grid, residency, params, hosts: vec![Box::new(drive)], observer: None, explain: None, limit: 1_000_000 }
    })
}

#[test]
fn a_wait_that_only_a_lane_of_the_same_warp_ends_is_an_error() {
    if !compiler_exists() {
        skip!("no g++");
    }
    for mode in [Mode::Interleave, Mode::Weak, Mode::Race] {
        let kernel = kernel(WAITS, "MATES=true");
        let found = (0..64).find_map(|seed| outcome(&kernel, 2, mode, seed).fault);
        let (fault, report) = found.expect("the wait is found");
        assert!(fault.message.contains("another lane of its own warp"), "{report}");
        assert_eq!(fault.fibers.len(), 2, "{report}");
        assert!(report.lines().any(|l| l.contains("block 0 warp 0 lane 7") && l.contains("store")), "{report}");
        assert!(
            report.lines().any(|l| l.contains("block 0 warp 0") && l.contains("load") && l.contains("flag[0]")),
            "{report}"
        );
    }
}

#[test]
fn a_wait_that_another_warp_ends_is_none() {
    if !compiler_exists() {
        skip!("no g++");
    }
    for mode in [Mode::Interleave, Mode::Weak, Mode::Race] {
        let kernel = kernel(WAITS, "MATES=false");
        for seed in 0..64 {
            let fault = outcome(&kernel, 3, mode, seed).fault;
            assert!(fault.is_none(), "seed {seed}, {mode:?}: {}", fault.expect("it").1);
        }
    }
}

#[test]
fn a_grid_that_the_device_does_not_hold_at_once_is_refused() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let waits = kernel(WAITS, "MATES=false");
    assert!(outcome(&waits, 16, Mode::Interleave, 0).fault.is_none());
    let (fault, _) = outcome(&waits, 17, Mode::Interleave, 0).fault.expect("it is refused");
    assert!(fault.message.contains("16 of its 17 blocks run"), "{}", fault.message);
    // 80,000 bytes of shared arrays and what the system takes: two blocks a multiprocessor.
    let arrays = kernel(ARRAYS, "MATES=false");
    assert!(outcome(&arrays, 2, Mode::Interleave, 0).fault.is_none());
    let (fault, _) = outcome(&arrays, 3, Mode::Interleave, 0).fault.expect("it is refused");
    assert!(fault.message.contains("2 of its 3 blocks run"), "{}", fault.message);
}
