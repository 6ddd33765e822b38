//! The example of docs/simulation.md, and that its defect is found.

use ringkernel_sim::kernel::{Source, compiler_exists};
use ringkernel_sim::memory::{Discipline, Memory, Mode, Space};
use ringkernel_sim::residency::Residency;
use ringkernel_sim::run::{Setup, run};
use ringkernel_sim::{Grid, host};
use ringkernel_tests::skip;

const TEXT: &str = r#"
#include "abi.cuh"
#include "memory.cuh"
extern "C" __global__ void ringkernel_main(const rk::Params p) {
    u32* flag = (u32*)p.run_flag;
    u32* value = (u32*)p.shared;
    if (rk::thread_index() != 0) return;
    if (rk::block_index() == 0) {
        rk::store_relaxed(value, 42u);
        rk::store_release(flag, 1u);
    } else {
        while (rk::load_acquire(flag) == 0) rk::sleep_ns(100);
        if (rk::load_relaxed(value) == 42) rk::store_relaxed(value, 43u);
    }
}
"#;

fn setup(memory: &mut Memory) -> Setup {
    // Accesses to the flag stand for themselves; those to the value must be ordered.
    let run_flag = memory.allocate("flag", 4, 4, Space::Device, Discipline::Atomic);
    let value = memory.allocate("value", 4, 4, Space::Device, Discipline::Ordered);
    let params = ringkernel_codegen::abi::Params { run_flag, shared: value, ..Default::default() };
    let drive = move || {
        host::launch();
        while !host::kernel_ended() {
            host::pause(20);
        }
        assert_eq!(host::peek(value, 4), 43, "the second block has seen the value");
    };
    let grid = Grid { blocks: 2, block_threads: 32 };
    let residency = Residency::default();
    Setup { grid, residency, params, hosts: vec![Box::new(drive)], observer: None, explain: None, limit: 100_000 }
}

fn first_fault(text: &str, mode: Mode) -> Option<u64> {
    let kernel = Source::new(text, 32).expect("the templates").build().unwrap_or_else(|error| panic!("{error}"));
    (0..200).find(|seed| run(&kernel, mode, *seed, |memory, _| setup(memory)).fault.is_some())
}

#[test]
fn a_flag_publishes_a_value() {
    if !compiler_exists() {
        skip!("no g++");
    }
    for mode in [Mode::Interleave, Mode::Weak, Mode::Race] {
        assert_eq!(first_fault(TEXT, mode), None, "{mode:?}");
    }
}

#[test]
fn a_relaxed_flag_publishes_nothing() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let broken = TEXT.replace("store_release", "store_relaxed");
    assert_eq!(first_fault(&broken, Mode::Interleave), None, "interleaving alone cannot see it");
    assert_eq!(first_fault(&broken, Mode::Race), Some(0));
    assert!(first_fault(&broken, Mode::Weak).is_some());
}
