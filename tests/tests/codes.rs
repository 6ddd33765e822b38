//! Every code of an error is explained in `docs/errors.md`, and shown by a program in `ui/fail`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ringkernel_codegen::codes::ALL;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn table() -> Vec<&'static str> {
    ALL.iter().map(|code| code.code).collect()
}

#[test]
fn every_code_is_explained() {
    let text = fs::read_to_string(root().join("docs/errors.md")).expect("docs/errors.md");
    let headings: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(headings, table());
}

#[test]
fn every_code_is_shown() {
    let mut shown = BTreeSet::new();
    for entry in fs::read_dir(root().join("tests/ui/fail")).expect("tests/ui/fail") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "stderr") {
            let text = fs::read_to_string(&path).expect("an expectation");
            shown.extend(table().into_iter().filter(|code| text.contains(&format!("[{code}]"))));
        }
    }
    let missing: Vec<_> = table().into_iter().filter(|code| !shown.contains(code)).collect();
    assert!(missing.is_empty(), "no program in ui/fail shows {missing:?}");
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
