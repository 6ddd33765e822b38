//! What users see: programs that are right though they look odd, and an error for every code and every mistake that
//! only rustc can find. `TRYBUILD=overwrite cargo test --test ui` writes the expectations anew.

#[test]
fn what_is_wrong_is_said_at_its_place() {
    trybuild::TestCases::new().compile_fail("ui/fail/*.rs");
}

#[test]
fn what_looks_odd_is_right() {
    trybuild::TestCases::new().pass("ui/pass/*.rs");
}
