//! The emitted text does what Rust does: each row of `docs/language.md` has functions here, which run natively and, as
//! emitted C++ compiled for this CPU, over the same generated inputs. Results must agree bit for bit (NaN payloads
//! excepted), and so must failures: where one panics, the other fails with the same words.

// The cases are Rust as people write it, not as it should be.
#![allow(clippy::all, clippy::pedantic)]

mod case {
    pub(crate) use crate::harness::{Case, case};
}
#[path = "conform/harness.rs"]
mod harness;
#[path = "conform/inputs.rs"]
mod inputs;

#[path = "conform/arrays.rs"]
mod arrays;
#[path = "conform/control.rs"]
mod control;
#[path = "conform/data.rs"]
mod data;
#[path = "conform/floats.rs"]
mod floats;
#[path = "conform/generics.rs"]
mod generics;
#[path = "conform/halves.rs"]
mod halves;
#[path = "conform/integers.rs"]
mod integers;
#[path = "conform/names.rs"]
mod names;
#[path = "conform/operators.rs"]
mod operators;

fn cases() -> Vec<harness::Case> {
    [
        integers::cases(),
        floats::cases(),
        control::cases(),
        data::cases(),
        arrays::cases(),
        operators::cases(),
        names::cases(),
        generics::cases(),
        halves::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn emitted_text_does_what_rust_does() {
    harness::run_on_cpu(&cases());
}

#[test]
fn the_same_text_compiles_for_devices() {
    harness::compile_for_devices(&cases());
}

#[test]
fn a_device_does_what_rust_does() {
    harness::run_on_gpu(&cases());
}

/// The table that a user looks up and the cases name the same rows.
#[test]
fn the_manual_lists_what_is_tested() {
    let rows = ringkernel_tests::manual::rows();
    let listed: std::collections::BTreeSet<&str> =
        rows.iter().filter(|row| row.state == "tested").map(|row| row.construct.as_str()).collect();
    let tested: std::collections::BTreeSet<&str> = cases().iter().map(|case| case.row).collect();
    assert_eq!(listed, tested);
}
