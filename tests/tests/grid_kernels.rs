//! Kernels of grids: the text of `wave`, NVRTC's opinion of all of them, and the same bits as on the CPU.

// The programs are Rust as people write it, not as it should be.
#![allow(clippy::all, clippy::pedantic)]

#[path = "grid_kernels/cases.rs"]
mod cases;
#[path = "grid_kernels/control.rs"]
mod control;
#[path = "grid_kernels/courier.rs"]
mod courier;
#[path = "grid_kernels/device.rs"]
mod device;
#[path = "grid_kernels/domain.rs"]
mod domain;
#[path = "grid_kernels/groups.rs"]
mod groups;
#[path = "grid_kernels/in_memory.rs"]
mod in_memory;
#[path = "grid_kernels/later.rs"]
mod later;
#[path = "grid_kernels/local.rs"]
mod local;
#[path = "grid_kernels/neighbours.rs"]
mod neighbours;
#[path = "grid_kernels/programs.rs"]
mod programs;
#[path = "grid_kernels/relay.rs"]
mod relay;
#[path = "grid_kernels/resident.rs"]
mod resident;
#[path = "grid_kernels/same.rs"]
mod same;
#[path = "grid_kernels/thrown.rs"]
mod thrown;
#[path = "grid_kernels/values.rs"]
mod values;
#[path = "grid_kernels/written.rs"]
mod written;

use cases::compiled;
use courier::Courier;
use programs::{Fluid, Heat, Life, Pond, Teller, Wave};
use ringkernel_codegen::templates;
use ringkernel_runtime::cuda::nvrtc::{Options as Nvrtc, Source};
use ringkernel_tests::{nvrtc, skip};

#[test]
fn the_text_of_a_wave() {
    let text = compiled::<Wave>().text;
    assert_eq!(text, compiled::<Wave>().text, "emitting twice gives the same bytes");
    insta::with_settings!({ snapshot_path => "grid_kernels", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("wave", text);
    });
}

#[test]
fn each_kernel_compiles_for_each_architecture() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    for compiled in [
        compiled::<Wave>(),
        compiled::<Life>(),
        compiled::<Heat>(),
        compiled::<Fluid>(),
        compiled::<Pond>(),
        compiled::<Teller>(),
        compiled::<Courier>(),
        compiled::<relay::Relay>(),
    ] {
        let text = format!("#define RK_BLOCK_THREADS 256\n{}", compiled.text);
        for nvrtc in &all {
            for arch in nvrtc::ARCHS {
                let source = Source { name: "grid.cu", text: &text, headers: templates::headers() };
                if let Err(error) = nvrtc.compile(&source, &Nvrtc::for_arch(arch)) {
                    panic!("NVRTC {} for {arch}: {error}\n{text}", nvrtc.version());
                }
            }
        }
    }
}

/// The same with fields on the chip; of `Still` no neighbours are read, so that there is nothing to exchange.
#[test]
fn each_kernel_compiles_with_fields_on_the_chip() {
    let all = nvrtc::all();
    let Some(nvrtc) = all.last() else { skip!("no NVRTC") };
    let shapes = [
        (compiled::<Wave>(), vec![16, 16, 16], [8, 8, 4]),
        (compiled::<Life>(), vec![32, 32], [16, 16, 1]),
        (compiled::<Heat>(), vec![512], [256, 1, 1]),
        (compiled::<Fluid>(), vec![32, 32], [16, 16, 1]),
        (compiled::<Pond>(), vec![32, 32], [16, 16, 1]),
        (compiled::<programs::Still>(), vec![32, 32], [16, 16, 1]),
        (compiled::<Courier>(), vec![32, 32], [16, 16, 1]),
        (compiled::<relay::Relay>(), vec![512], [256, 1, 1]),
    ];
    for (compiled, extents, threads) in shapes {
        let tile = threads[..extents.len()].to_vec();
        let sides = vec![(ringkernel::Boundary::Fixed, ringkernel::Boundary::Reflect); extents.len()];
        let lists = ringkernel_codegen::tiling::Lists::Fetched;
        let chip = Some(domain::Chip {
            threads,
            cells: [1; 3],
            published: 2,
            shared: 0,
            aside: 0,
            lists,
            hears_in_memory: true,
        });
        let domain = domain::Domain { extents, tile, sides, fields: Vec::new(), members: Vec::new(), chip };
        let text = format!("#define RK_BLOCK_THREADS 256\n{}", domain.text(&compiled).0);
        for arch in nvrtc::ARCHS {
            let source = Source { name: "grid.cu", text: &text, headers: templates::headers() };
            if let Err(error) = nvrtc.compile(&source, &Nvrtc::for_arch(arch)) {
                panic!("NVRTC {} for {arch}: {error}\n{text}", nvrtc.version());
            }
        }
    }
}
