//! Each device header is real source: it compiles alone, for every architecture, by the oldest and the newest NVRTC.

use std::fs;

use ringkernel_runtime::cuda::nvrtc::{Options, Source};
use ringkernel_tests::{nvrtc, skip, workspace};

/// All headers by name: those in `templates/`, and the one that is generated.
fn headers() -> Vec<(String, String)> {
    let mut headers: Vec<_> = workspace::files("templates", &[".cuh"])
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    headers.push(("abi.cuh".to_owned(), ringkernel_codegen::abi::header().to_owned()));
    headers
}

#[test]
fn each_header_compiles_alone() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    let headers = headers();
    let by_name: Vec<(&str, &str)> = headers.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let mut errors = Vec::new();
    for (name, _) in &headers {
        let text = format!("#include \"{name}\"\n#include \"{name}\"\n");
        for nvrtc in &all {
            for arch in nvrtc::ARCHS {
                let source = Source { name: "alone.cu", text: &text, headers: &by_name };
                if let Err(error) = nvrtc.compile(&source, &Options::for_arch(arch)) {
                    errors.push(format!("{name}, NVRTC {}, {arch}: {error}", nvrtc.version()));
                }
            }
        }
    }
    assert!(errors.is_empty(), "{}", errors.join("\n\n"));
}

#[test]
fn each_header_begins_by_saying_what_it_owns() {
    for (name, text) in headers() {
        assert!(text.starts_with("// "), "{name} has no comment at its top");
        assert!(text.contains("#pragma once"), "{name} is not guarded");
    }
}
