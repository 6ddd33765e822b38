//! The text that the compiler emits, one language feature a file in `emit/`: readable, and compiled by NVRTC.
//!
//! `cargo insta review` accepts a changed text.

// The cases are Rust as people write it, not as it should be.
#![allow(clippy::all, clippy::pedantic)]

use ringkernel_codegen::{Compiled, Program, compile};
use ringkernel_runtime::cuda::nvrtc::{Options, Source};
use ringkernel_tests::{nvrtc, skip};

#[path = "emit/account.rs"]
mod account;
#[path = "emit/control.rs"]
mod control;
#[path = "emit/data.rs"]
mod data;
#[path = "emit/fma.rs"]
mod fma;
#[path = "emit/messaging.rs"]
mod messaging;
#[path = "emit/replies.rs"]
mod replies;
#[path = "emit/shared.rs"]
mod shared;

fn program(actors: &[fn() -> ringkernel_codegen::desc::ActorDesc]) -> Program {
    Program { actors: actors.iter().map(|actor| actor()).collect(), overflow_checks: true, ..Program::default() }
}

fn compiled(program: &Program) -> Compiled {
    match compile(program) {
        Ok(compiled) => compiled,
        Err(errors) => panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>()),
    }
}

/// What the snapshot shows: the text, and what the host is told beside it.
fn shown(compiled: &Compiled) -> String {
    let mut text = compiled.text.clone();
    for (index, site) in compiled.sites.iter().enumerate() {
        text += &format!("// site {index}: {:?} {}:{} {}\n", site.kind, site.file, site.line, site.message);
    }
    for (index, trace) in compiled.traces.iter().enumerate() {
        text += &format!("// trace {index}: {}:{} {:?} {:?}\n", trace.file, trace.line, trace.pieces, trace.args);
    }
    for (index, message) in compiled.host_messages.iter().enumerate() {
        text += &format!("// host message {index}: {}\n", message.path);
    }
    for actor in &compiled.actors {
        text += &format!(
            "// actor {}: {} bytes, slots of {}, sends {:?}\n",
            actor.path, actor.state_size, actor.slot_bytes, actor.max_sends
        );
    }
    text
}

/// Compares with the snapshot, and compiles with NVRTC.
fn check(name: &str, actors: &[fn() -> ringkernel_codegen::desc::ActorDesc]) {
    let program = program(actors);
    let compiled = compiled(&program);
    assert_eq!(compiled.text, self::compiled(&program).text, "emitting twice gives the same bytes");
    insta::with_settings!({ snapshot_path => "emit/snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, shown(&compiled));
    });
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    // A kernel takes seconds: the first of them for every architecture, each of the others for one.
    let turn = name.bytes().map(usize::from).sum::<usize>();
    for (index, arch) in nvrtc::ARCHS.into_iter().enumerate() {
        if name != "account" && index != turn % nvrtc::ARCHS.len() {
            continue;
        }
        let nvrtc = &all[(index + turn) % all.len()];
        let source = Source { name: "ringkernel.cu", text: &compiled.text, headers: compiled.headers };
        if let Err(error) = nvrtc.compile(&source, &Options::for_arch(arch)) {
            panic!("NVRTC {} for {arch}: {error}\n{}", nvrtc.version(), compiled.text);
        }
    }
}
