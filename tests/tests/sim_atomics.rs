//! The atomics of user code in the simulator: every lane changes four numbers, and none of the changes is lost.

use ringkernel_sim::kernel::{Source, compiler_exists};
use ringkernel_sim::memory::{Discipline, Memory, Mode, Space};
use ringkernel_sim::residency::Residency;
use ringkernel_sim::run::{Setup, run};
use ringkernel_sim::{Grid, host};
use ringkernel_tests::skip;

const TEXT: &str = r#"
#include "abi.cuh"
#include "memory.cuh"
#include "atomics.cuh"
extern "C" __global__ void ringkernel_main(const rk::Params p) {
    u32* sum = (u32*)p.shared;
    i32* least = (i32*)p.shared + 1;
    i64* most = (i64*)p.shared + 1;
    u64* tries = (u64*)p.shared + 2;
    i32 lane = (i32)(rk::block_index() * 32 + rk::thread_index());
    rk::atomic_fetch_add<rk::Relaxed, rk::Device>(sum, 3u);
    rk::atomic_fetch_sub<rk::AcqRel, rk::Device>(sum, 1u);
    rk::atomic_fetch_min<rk::SeqCst, rk::Device>(least, -lane);
    rk::atomic_fetch_max<rk::Release, rk::System>(most, (i64)lane - 100);
    u64 seen = rk::atomic_load<rk::Acquire, rk::Device>(tries);
    while (true) {
        u64 old = rk::atomic_compare_exchange<rk::AcqRel, rk::Device>(tries, seen, seen * 2 + 1);
        if (old == seen) break;
        seen = old;
    }
}
"#;

fn setup(memory: &mut Memory) -> Setup {
    let shared = memory.allocate("shared", 32, 8, Space::Device, Discipline::Atomic);
    memory.poke(shared + 8, 8, u128::from((-1000i64).cast_unsigned()));
    let params = ringkernel_codegen::abi::Params { shared, ..Default::default() };
    let drive = move || {
        host::launch();
        while !host::kernel_ended() {
            host::pause(20);
        }
        assert_eq!(host::peek(shared, 4), 128);
        assert_eq!((host::peek(shared + 4, 4) as u32).cast_signed(), -63);
        assert_eq!((host::peek(shared + 8, 8) as u64).cast_signed(), -37);
        assert_eq!(host::peek(shared + 16, 8) as u64, u64::MAX);
    };
    let grid = Grid { blocks: 2, block_threads: 32 };
    let residency = Residency::default();
    Setup { grid, residency, params, hosts: vec![Box::new(drive)], observer: None, explain: None, limit: 100_000 }
}

#[test]
fn no_change_is_lost() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let kernel = Source::new(TEXT, 32).expect("the headers").build().unwrap_or_else(|error| panic!("{error}"));
    for mode in [Mode::Interleave, Mode::Weak, Mode::Race] {
        for seed in 0..30 {
            let outcome = run(&kernel, mode, seed, |memory, _| setup(memory));
            assert!(outcome.fault.is_none(), "seed {seed}, {mode:?}: {}", outcome.fault.expect("it").1);
        }
    }
}
