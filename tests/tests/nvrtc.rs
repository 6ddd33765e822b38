//! Compiling with the real NVRTC, which needs no GPU.

use ringkernel_runtime::cuda::nvrtc::{Arch, Cache, CompileError, Jit, NotFound, Options, Search, Source, Version};
use ringkernel_tests::{nvrtc, skip};

const HEADERS: &[(&str, &str)] = &[("numbers.cuh", "#pragma once\nnamespace n { constexpr unsigned FACTOR = 3; }\n")];

const TEXT: &str = r#"
#include "numbers.cuh"
unsigned times(unsigned x) { return n::FACTOR * x; }
extern "C" __global__ void scale(unsigned* p, __int128 q) {
    p[threadIdx.x] = times(p[threadIdx.x]) + (unsigned)q;
}
"#;

fn source(text: &str) -> Source<'_> {
    Source { name: "test.cu", text, headers: HEADERS }
}

#[test]
fn each_version_compiles_for_each_architecture() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    for nvrtc in &all {
        for arch in nvrtc::ARCHS {
            let cubin = nvrtc.compile(&source(TEXT), &Options::for_arch(arch)).unwrap();
            assert_eq!(cubin.bytes[..4], *b"\x7fELF", "{} {arch}", nvrtc.version());
            let resources = cubin.resources();
            assert_eq!(resources[0].name, "scale", "{}", cubin.log);
            assert!(resources[0].registers > 0 && resources[0].spill_stores == 0, "{}", cubin.log);
            let ptx = nvrtc.compile_ptx(&source(TEXT), &Options::for_arch(arch)).unwrap();
            assert!(ptx.contains(".entry scale"), "{ptx}");
        }
    }
}

#[test]
fn a_multiplication_and_an_addition_stay_two_roundings() {
    let Some(nvrtc) = nvrtc::all().pop() else { skip!("no NVRTC") };
    let text = "extern \"C\" __global__ void f(float* p) { p[0] = p[1] * p[2] + p[3]; }";
    let ptx = nvrtc.compile_ptx(&source(text), &Options::for_arch(Arch::new(9, 0))).unwrap();
    assert!(ptx.contains("mul.f32") || ptx.contains("mul.rn.f32"), "{ptx}");
    assert!(!ptx.contains("fma"), "{ptx}");
}

#[test]
fn a_rejected_text_names_the_rust_line_and_whose_bug_it_is() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    for nvrtc in &all {
        let text = "extern \"C\" __global__ void k() {\n#line 42 \"src/bank.rs\"\n    undefined = 1;\n}\n";
        let error = nvrtc.compile(&source(text), &Options::for_arch(Arch::new(9, 0))).unwrap_err();
        assert_eq!((error.places()[0].file.as_str(), error.places()[0].line), ("src/bank.rs", 42));
        let text = error.to_string();
        assert!(text.contains("bug in RingKernel") && text.contains("src/bank.rs:42: "), "{text}");
    }
}

#[test]
fn a_nul_in_the_text_is_an_error() {
    let Some(nvrtc) = nvrtc::all().pop() else { skip!("no NVRTC") };
    let error = nvrtc.compile(&source("\0"), &Options::for_arch(Arch::new(9, 0))).unwrap_err();
    assert!(matches!(error, CompileError::Rejected { .. }), "{error}");
}

#[test]
fn an_architecture_before_all_others_is_an_error() {
    let Some(nvrtc) = nvrtc::all().pop() else { skip!("no NVRTC") };
    let error = nvrtc.compile(&source(TEXT), &Options::for_arch(Arch::new(1, 0))).unwrap_err();
    assert!(matches!(error, CompileError::UnknownArch { .. }), "{error}");
}

fn search(nvrtc: &ringkernel_runtime::cuda::nvrtc::Nvrtc) -> Search {
    Search { paths: vec![nvrtc.path().to_owned()], names: Vec::new() }
}

#[test]
fn a_second_start_takes_the_cubin_from_the_cache() {
    let Some(nvrtc) = nvrtc::all().pop() else { skip!("no NVRTC") };
    if !nvrtc.path().is_absolute() {
        skip!("NVRTC is known to the loader only");
    }
    let dir = tempfile::tempdir().unwrap();
    let options = Options::for_arch(Arch::new(9, 0));
    let start = |abi| {
        let jit = Jit::find(search(&nvrtc), None, Cache::at(dir.path().to_owned())).unwrap();
        let cubin = jit.compile(&source(TEXT), &options, abi).unwrap();
        (cubin, format!("{jit:?}").contains("Nvrtc {"))
    };
    let (cold, loaded) = start(1);
    assert!(loaded, "compiled");
    let (warm, loaded) = start(1);
    assert!(!loaded, "neither compiled nor loaded");
    assert_eq!(warm, cold);
    let (_, loaded) = start(2);
    assert!(loaded, "another ABI is another cubin");
}

#[test]
fn a_driver_that_is_too_old_for_an_nvrtc_is_told_so() {
    let Some(nvrtc) = nvrtc::all().pop() else { skip!("no NVRTC") };
    let NotFound { rejected, .. } = Jit::find(search(&nvrtc), Some(Version::new(10, 0)), Cache::none()).unwrap_err();
    assert!(rejected[0].contains("driver supports CUDA 10.0"), "{rejected:?}");
}

#[test]
fn many_threads_compile_at_once() {
    let all = nvrtc::all();
    std::thread::scope(|scope| {
        for nvrtc in &all {
            for arch in nvrtc::ARCHS {
                scope.spawn(move || nvrtc.compile(&source(TEXT), &Options::for_arch(arch)).unwrap());
            }
        }
    });
    if all.is_empty() {
        skip!("no NVRTC");
    }
}
