//! The text that the compiler emits, one language feature a file in `emit/`: readable, and compiled by every NVRTC.
//!
//! `cargo insta review` accepts a changed text.

use ringkernel_codegen::{Compiled, Program, compile};
use ringkernel_runtime::cuda::nvrtc::{Options, Source};
use ringkernel_tests::{nvrtc, skip};

#[path = "emit/account.rs"]
mod account;

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

/// Compares with the snapshot, and compiles with every NVRTC for every architecture.
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
    for nvrtc in &all {
        for arch in nvrtc::ARCHS {
            let source = Source { name: "ringkernel.cu", text: &compiled.text, headers: compiled.headers };
            if let Err(error) = nvrtc.compile(&source, &Options::for_arch(arch)) {
                panic!("NVRTC {} for {arch}: {error}\n{}", nvrtc.version(), compiled.text);
            }
        }
    }
}
