//! The text that the compiler emits, one feature of the language a file: readable, and compiled by the oldest and the newest
//! NVRTC for every architecture.
//!
//! The first line of a file names the row of `docs/language.md` that it shows; the snapshot of the same name has only the part
//! of the text that comes of it. `cargo insta review` accepts a changed one.

// The features are Rust as people write it, not as it should be.
#![allow(clippy::all, clippy::pedantic, unused_assignments)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use ringkernel_codegen::compile::compile_functions;
use ringkernel_codegen::desc::{ActorDesc, FnDesc};
use ringkernel_codegen::site::Site;
use ringkernel_codegen::{Compiled, Diagnostic, Program, compile, templates};
use ringkernel_runtime::cuda::nvrtc::{Options, Source};
use ringkernel_tests::{manual, nvrtc, skip, workspace};

/// A part of the text, or what the host is told beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    /// All of it, as NVRTC is given it.
    Whole,
    Types,
    Constants,
    Functions,
    Actors,
    /// Where it can fail.
    Sites,
    Traces,
    HostMessages,
    /// What the host must know of the actors.
    Plan,
}

impl Part {
    const ALL: [Self; 5] = [Self::Whole, Self::Sites, Self::Traces, Self::HostMessages, Self::Plan];
}

/// `emits!(functions: f, g)`, `emits!(actors: A, B)`: the test of a file. Shows the functions, or the parts that are named after
/// a semicolon.
macro_rules! emits {
    ($kind:ident: $($name:ident),+) => { emits!($kind: $($name),+; Functions); };
    (functions: $($name:ident),+; $($part:ident),+) => {
        #[test]
        fn text() {
            let functions = [$(<$name as ::ringkernel::__private::DeviceFn>::desc()),+];
            super::check(module_path!(), || super::Emitted::functions(&functions, true), &[$(super::Part::$part),+]);
        }
    };
    (unchecked functions: $($name:ident),+) => {
        #[test]
        fn text() {
            let functions = [$(<$name as ::ringkernel::__private::DeviceFn>::desc()),+];
            super::check(module_path!(), || super::Emitted::functions(&functions, false), &[super::Part::Functions]);
        }
    };
    (whole kernel: $($name:ident),+) => {
        #[test]
        fn text() {
            let actors = [$(<$name as ::ringkernel::Actor>::desc()),+];
            super::check(module_path!(), || super::Emitted::whole_kernel(&actors), &super::Part::ALL);
        }
    };
    (actors: $($name:ident),+; $($part:ident),+) => {
        #[test]
        fn text() {
            let actors = [$(<$name as ::ringkernel::Actor>::desc()),+];
            super::check(module_path!(), || super::Emitted::actors(&actors), &[$(super::Part::$part),+]);
        }
    };
}

mod a_whole_kernel;
mod addresses;
mod answers;
mod arrays;
mod assertions;
mod atomic_loads_and_stores;
mod atomic_orders;
mod atomic_scopes;
mod atomics;
mod bindings_by_reference;
mod bit_counting;
mod bit_moving;
mod bit_operators;
mod blocks;
mod booleans;
mod break_with_value;
mod casts;
mod checked;
mod comparisons;
mod comparisons_by_hand;
mod compound_assignment;
mod const_generics;
mod constants;
mod defaults;
mod derived_orders;
mod early_return;
mod enums_with_data;
mod enums_without_data;
mod equality;
mod evaluation_order;
mod fences;
mod float_arithmetic;
mod fma;
mod for_over_arrays;
mod for_over_chains;
mod for_over_ranges;
mod functions_of_other_modules;
mod generic_functions;
mod generic_methods;
mod generic_types;
mod halves;
mod helper_methods;
mod host_tell;
mod if_as_expression;
mod if_let;
mod if_let_chains;
mod integer_arithmetic;
mod integer_arithmetic_without_checks;
mod integer_division;
mod kept_replies;
mod labelled_blocks;
mod labelled_loops;
mod late_initialisation;
mod let_else;
mod let_patterns;
mod literals;
mod lossless_from;
mod match_as_expression;
mod match_guards;
mod matches;
mod methods;
mod methods_of_integers;
mod methods_of_option;
mod methods_of_slices;
mod mul_add;
mod names_of_cpp;
mod operators_in_generic_functions;
mod operators_of_types;
mod options;
mod orderings;
mod overflowing;
mod panics;
mod parts_of_floats;
mod patterns_in_parameters;
mod patterns_of_data;
mod patterns_of_numbers;
mod patterns_of_slices;
mod powi;
mod question_mark;
mod references;
mod replies;
mod rounding;
mod saturating;
mod shadowing;
mod shared_slices;
mod shifts;
mod shifts_without_checks;
mod short_circuit;
mod slices;
mod sqrt;
mod struct_update;
mod structs;
mod swap_replace_take;
mod tell;
mod tell_in_a_loop;
mod traces;
mod transcendental;
mod try_tell;
mod tuple_structs;
mod tuples;
mod while_let;
mod while_loop;
mod wrapping;

/// What became of a file.
struct Emitted {
    text: String,
    /// Kernels that call everything in the text, in place of the runtime's: the runtime takes seconds to compile.
    entries: String,
    notes: Vec<(Part, String)>,
}

impl Emitted {
    fn functions(functions: &[FnDesc], overflow_checks: bool) -> Self {
        let compiled = compile_functions(functions, overflow_checks).unwrap_or_else(|errors| refused(&errors));
        let mut entries = String::from(CALL);
        for function in &compiled.functions {
            let name = &function.name;
            let _ = writeln!(entries, "extern \"C\" __global__ void call_{name}(char* p) {{ Call<{name}>::with(p); }}");
        }
        let notes = sites(&compiled.sites);
        Self { text: format!("#include \"context.cuh\"\n#include \"atomics.cuh\"\n{}", compiled.text), entries, notes }
    }

    fn actors(actors: &[ActorDesc]) -> Self {
        let compiled = compiled(actors);
        let (text, _) = compiled.text.split_once("// ---- Kernel").expect("a kernel");
        let mut entries = String::new();
        for start in text.match_indices("_actor {").map(|(at, _)| at) {
            let name = text[..start].rsplit(' ').next().unwrap_or_default();
            let _ = writeln!(entries, "{}", ENTRY.replace("ACTOR", &format!("{name}_actor")));
        }
        Self { text: text.to_owned(), entries, notes: notes(&compiled) }
    }

    fn whole_kernel(actors: &[ActorDesc]) -> Self {
        let compiled = compiled(actors);
        let notes = notes(&compiled);
        Self { text: compiled.text, entries: String::new(), notes }
    }

    /// The parts, in the order of the text.
    fn show(&self, parts: &[Part]) -> String {
        let mut shown = if parts.contains(&Part::Whole) { self.text.clone() } else { String::new() };
        for section in self.text.split("// ---- ").skip(1) {
            let (title, section) = section.split_once('\n').unwrap_or_default();
            let wanted = |part: &&Part| title.starts_with(&format!("{part:?} "));
            if parts.iter().find(wanted).is_some() {
                // Every tool would speak of the user's lines; here they would hide the text.
                let lines =
                    section.lines().filter(|line| !line.starts_with("#line ") && *line != "}  // namespace app");
                shown += lines.collect::<Vec<_>>().join("\n").trim();
                shown += "\n\n";
            }
        }
        let notes = self.notes.iter().filter(|(part, _)| parts.contains(part));
        shown.extend(notes.map(|(_, note)| format!("// {note}\n")));
        shown
    }
}

fn compiled(actors: &[ActorDesc]) -> Compiled {
    let program = Program { actors: actors.to_vec(), overflow_checks: true, ..Program::default() };
    compile(&program).unwrap_or_else(|errors| refused(&errors))
}

fn refused(errors: &[Diagnostic]) -> ! {
    panic!("{}", errors.iter().map(|error| format!("{error}\n")).collect::<String>())
}

fn sites(sites: &[Site]) -> Vec<(Part, String)> {
    let note = |(index, site): (usize, &Site)| {
        (Part::Sites, format!("site {index}: {:?} {}:{} {}", site.kind, site.file, site.line, site.message))
    };
    sites.iter().enumerate().map(note).collect()
}

/// What the host is told beside the text.
fn notes(compiled: &Compiled) -> Vec<(Part, String)> {
    let mut notes = sites(&compiled.sites);
    for (index, trace) in compiled.traces.iter().enumerate() {
        notes.push((
            Part::Traces,
            format!("trace {index}: {}:{} {:?} {:?}", trace.file, trace.line, trace.pieces, trace.args),
        ));
    }
    for (index, message) in compiled.host_messages.iter().enumerate() {
        notes.push((Part::HostMessages, format!("host message {index}: {}", message.path)));
    }
    for actor in &compiled.actors {
        let (path, state, slot, sends) = (actor.path, actor.state_size, actor.slot_bytes, actor.max_sends);
        notes.push((Part::Plan, format!("actor {path}: {state} bytes, slots of {slot}, sends {sends:?}")));
    }
    notes
}

/// Calls a function with arguments that the compiler cannot know.
const CALL: &str = r"
template <class T> struct Bare { typedef T Type; };
template <class T> struct Bare<T&> { typedef T Type; };
template <auto FUNCTION> struct Call;
template <class R, class... P, R (*FUNCTION)(P...)> struct Call<FUNCTION> {
    RK_MEMBER static R called(char* p) { return FUNCTION(*(typename Bare<P>::Type*)(p += 1024)...); }
    RK_MEMBER static void with(char* p) { *(R*)p = called(p); }
};
template <class... P, void (*FUNCTION)(P...)> struct Call<FUNCTION> {
    RK_MEMBER static void with(char* p) { FUNCTION(*(typename Bare<P>::Type*)(p += 1024)...); }
};
";

/// Calls the handlers of an actor.
const ENTRY: &str = r#"
extern "C" __global__ void call_ACTOR(rk::Context* ctx, ACTOR::State* self, u32 tag, u32* status) {
    rk::PayloadOf<rk::payload_words(ACTOR::SLOT_BYTES)> payload;
    for (u32& word : payload.w) word = *status++;
    *status = ACTOR::dispatch(*self, tag, payload, *ctx) + ACTOR::words_of(tag);
    ACTOR::discard(tag, payload, *ctx);
    ACTOR::release(*self, *ctx);
}
"#;

/// Compares with the snapshot, and compiles with each NVRTC for each architecture.
fn check(module: &str, emit: impl Fn() -> Emitted, parts: &[Part]) {
    let emitted = emit();
    assert_eq!(emitted.text, emit().text, "emitting twice gives the same bytes");
    let name = module.rsplit("::").next().unwrap_or(module);
    insta::with_settings!({ snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, emitted.show(parts));
    });
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    let text = format!("{}namespace app {{\n{}}}\n", emitted.text, emitted.entries);
    for nvrtc in &all {
        for arch in nvrtc::ARCHS {
            let source = Source { name: "ringkernel.cu", text: &text, headers: templates::headers() };
            if let Err(error) = nvrtc.compile(&source, &Options::for_arch(arch)) {
                panic!("NVRTC {} for {arch}: {error}\n{text}", nvrtc.version());
            }
        }
    }
}

/// The files of a directory that end so, without their endings.
fn stems(directory: &str, ending: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(workspace::root().join("tests/tests").join(directory)).expect("the directory");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter_map(|name| Some(name.strip_suffix(ending)?.to_owned())).filter(|stem| stem != "main").collect()
}

/// The table that a user looks up and the files name the same features, and each file is compiled and has its snapshot.
#[test]
fn each_row_of_the_manual_has_a_file() {
    let files = stems("emit", ".rs");
    assert_eq!(files, stems("emit/snapshots", ".snap"));
    let own = include_str!("main.rs");
    let rows = manual::rows();
    let listed: BTreeSet<&str> =
        rows.iter().filter(|row| row.state != "no").map(|row| row.construct.as_str()).collect();
    let mut shown = BTreeSet::new();
    for file in &files {
        assert!(own.contains(&format!("\nmod {file};\n")), "{file}.rs is no module");
        let text = fs::read_to_string(workspace::root().join(format!("tests/tests/emit/{file}.rs"))).expect("a file");
        let first = text.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default();
        if file != "a_whole_kernel" {
            assert!(listed.contains(first), "{file}.rs begins with no row of docs/language.md, but with: {first}");
            shown.insert(first.to_owned());
        }
    }
    let missing: Vec<_> = listed.into_iter().filter(|row| !shown.contains(*row)).collect();
    assert!(missing.is_empty(), "no file begins with {missing:?}");
}

/// A version that lacks an architecture would compile for another one in its place.
#[test]
fn each_version_offers_each_architecture() {
    let all = nvrtc::all();
    if all.is_empty() {
        skip!("no NVRTC");
    }
    for nvrtc in &all {
        for arch in nvrtc::ARCHS {
            assert!(nvrtc.supported_archs().contains(&arch), "NVRTC {} does not offer {arch}", nvrtc.version());
        }
    }
    if let Some(given) = std::env::var_os(nvrtc::VARIABLE).filter(|given| !given.is_empty()) {
        assert_eq!(all.len(), std::env::split_paths(&given).count(), "not every one of {given:?} can be loaded");
    }
}
