//! Every code of an error is explained in `docs/errors.md`, and has a case that fails with it: a program in `ui/fail` for what
//! is found while compiling, a test in `start_errors.rs` for what is found while starting.

use std::fs;
use std::path::Path;

use ringkernel_codegen::codes::ALL;
use ringkernel_codegen::diagnostic::Code;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn table() -> Vec<&'static str> {
    ALL.iter().map(|code| code.code).collect()
}

/// The codes that `docs/errors.md` explains under headings of this kind.
fn headings(kind: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md");
    let headings = text.lines().filter_map(|line| line.strip_prefix(kind));
    headings.filter(|heading| heading.starts_with("RK")).map(str::to_owned).collect()
}

#[test]
fn every_code_is_explained() {
    assert_eq!(headings("## "), table());
    let at_start: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(headings("### "), at_start);
}

#[test]
fn every_code_has_a_case_that_fails_with_it() {
    let mut cases: Vec<String> = Vec::new();
    for entry in fs::read_dir(root().join("tests/ui/fail")).expect("tests/ui/fail") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "stderr") {
            cases.push(fs::read_to_string(&path).expect("an expectation"));
        }
    }
    let missing = |codes: Vec<String>, cases: &[String]| -> Vec<String> {
        codes.into_iter().filter(|code| !cases.iter().any(|case| case.contains(&format!("[{code}]")))).collect()
    };
    let compiling = missing(headings("## "), &cases);
    assert!(compiling.is_empty(), "no program in tests/ui/fail shows {compiling:?}");
    let starts = [include_str!("start_errors.rs"), include_str!("grids/reach.rs")].map(str::to_owned);
    let starting = missing(headings("### "), &starts);
    assert!(starting.is_empty(), "no test in start_errors.rs or grids/reach.rs expects {starting:?}");
}

#[test]
fn texts_are_in_plain_words() {
    for code in ALL {
        for text in [code.title, code.help] {
            assert!(text.starts_with(|c: char| !c.is_uppercase()), "{}: {text}", code.code);
            assert!(!text.ends_with('.'), "{}: {text}", code.code);
            for internal in ["syn", "FnModel", "TypeDesc", "witness", "shadow", "Tables"] {
                let found = text.split(|c: char| !c.is_alphanumeric()).any(|word| word == internal);
                assert!(!found, "{} names `{internal}`", code.code);
            }
        }
    }
}
