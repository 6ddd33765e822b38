//! `docs/semantics.md` and the tests it names are the same tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_promise_names_a_test_and_every_test_is_a_promise() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../docs/semantics.md")).unwrap();
    let named: BTreeSet<String> = page
        .split('`')
        .filter(|text| text.contains("::") && text.starts_with(|c: char| c.is_lowercase()))
        .map(str::to_owned)
        .collect();
    let mut tests = BTreeSet::new();
    for file in fs::read_dir(root.join("tests/semantics")).unwrap() {
        let path = file.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        for after in text.split("#[test]\nfn ").skip(1) {
            tests.insert(format!("{module}::{}", after.split('(').next().unwrap()));
        }
    }
    assert_eq!(named, tests);
}
