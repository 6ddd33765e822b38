//! House rules that no lint knows.

use std::fs;
use std::path::Path;

use ringkernel_tests::workspace;

/// Lines of a file that nobody wants to read in one piece any more.
const MOST_LINES: usize = 500;

/// Directories of code that users depend on.
const LIBRARY: [&str; 4] = ["src", "codegen/src", "ringkernel-macros/src", "ringkernel-runtime/src"];

/// `what` for each file of `directories` for which `wrong` has an answer.
fn complaints(directories: &[&str], wrong: impl Fn(&Path, &str) -> Option<String>) -> Vec<String> {
    let files = directories.iter().flat_map(|directory| workspace::files(directory, &[".rs", ".cuh"]));
    files.filter_map(|path| wrong(&path, &fs::read_to_string(&path).ok()?)).collect()
}

#[test]
fn files_stay_small() {
    let long = complaints(&[""], |path, text| {
        let lines = text.lines().count();
        (lines > MOST_LINES).then(|| format!("{}: {lines} lines, {MOST_LINES} at most", path.display()))
    });
    assert!(long.is_empty(), "split these by what they own:\n{}", long.join("\n"));
}

#[test]
fn files_are_named_by_what_they_own() {
    let vague = complaints(&[""], |path, _| {
        let stem = path.file_stem()?.to_str()?;
        ["util", "utils", "helper", "helpers", "common", "misc"].contains(&stem).then(|| path.display().to_string())
    });
    assert!(vague.is_empty(), "give these a noun:\n{}", vague.join("\n"));
}

#[test]
fn library_code_is_finished() {
    let unfinished = complaints(&LIBRARY, |path, text| {
        // What stands after the first test module is test code.
        let code = text.split("#[cfg(test)]").next()?;
        let mut lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        let (at, _) =
            lines.find(|(_, line)| ["todo!(", "unimplemented!(", "dbg!("].iter().any(|bad| line.contains(bad)))?;
        Some(format!("{}:{}", path.display(), at + 1))
    });
    assert!(unfinished.is_empty(), "{}", unfinished.join("\n"));
}

#[test]
fn modules_say_what_they_own() {
    let silent = complaints(&LIBRARY, |path, text| (!text.starts_with("//")).then(|| path.display().to_string()));
    assert!(silent.is_empty(), "begin these with a doc comment:\n{}", silent.join("\n"));
}

#[test]
fn dependencies_point_one_way() {
    let forbidden = [
        ("codegen", ["cudarc", "ringkernel-runtime", "ringkernel-macros", "ringkernel.workspace"]),
        ("ringkernel-macros", ["cudarc", "ringkernel-runtime", "ringkernel.workspace", "libloading"]),
        ("ringkernel-runtime", ["ringkernel-macros", "ringkernel.workspace", "syn", "quote"]),
    ];
    for (package, names) in forbidden {
        let manifest = fs::read_to_string(workspace::root().join(package).join("Cargo.toml")).unwrap();
        let all = manifest.split("[dependencies]").nth(1).unwrap();
        let dependencies = all.split("[dev-dependencies]").next().unwrap();
        for name in names {
            let there = dependencies.lines().any(|line| line.starts_with(name));
            assert!(!there, "{package} depends on {name}; ARCHITECTURE.md says why it must not");
        }
    }
}

/// Whether a word in backticks is the path of a file or directory of ours: no placeholder, no URL, nothing that is built.
fn names_a_file(word: &str) -> bool {
    let path_like = word.contains('/') && word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    path_like && !word.starts_with(['/', '.', '-']) && !word.starts_with("target/")
}

#[test]
fn documents_name_files_that_are_there() {
    let mut missing = Vec::new();
    let documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|name| workspace::root().join(name));
    for document in documents.into_iter().chain(workspace::files("docs", &[".md"])) {
        let text = fs::read_to_string(&document).unwrap();
        for word in text.split('`').skip(1).step_by(2).filter(|word| names_a_file(word)) {
            let place = ["", "ringkernel-runtime/src", "ringkernel-runtime/src/cuda"]
                .map(|base| workspace::root().join(base).join(word));
            if !place.iter().any(|path| path.exists()) {
                missing.push(format!("{}: {word}", document.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
