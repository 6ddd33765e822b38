//! A cache that cannot be used is a miss, whatever is wrong with it.

use std::sync::Arc;

use super::*;
use crate::cuda::nvrtc::Arch;

const VERSION: Version = Version::new(13, 0);

fn source<'a>(text: &'a str, headers: &'a [(&'a str, &'a str)]) -> Source<'a> {
    Source { name: "ringkernel.cu", text, headers }
}

fn key(text: &str) -> Key {
    Key::of(&source(text, &[]), &Options::for_arch(Arch::new(9, 0)), VERSION, 1)
}

fn cubin(text: &str) -> Cubin {
    Cubin { bytes: text.repeat(100).into_bytes(), log: format!("log of {text}") }
}

/// A cache with one entry, and that entry's file.
fn filled() -> (tempfile::TempDir, Cache, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::at(dir.path().join("deep").join("er"));
    cache.put(&key("a"), &cubin("a"));
    let file = cache.entry(&key("a")).unwrap();
    (dir, cache, file)
}

#[test]
fn what_was_put_is_got() {
    let (_dir, cache, file) = filled();
    assert_eq!(cache.get(&key("a")), Some(cubin("a")));
    assert_eq!(cache.get(&key("b")), None);
    assert!(!cache.warned.load(Ordering::Relaxed), "neither is worth a warning");
    let beside = fs::read_dir(file.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "no temporary file is left");
}

#[test]
fn everything_that_matters_is_in_the_key() {
    let options = Options::for_arch(Arch::new(9, 0));
    let base = Key::of(&source("t", &[("h", "x")]), &options, VERSION, 1);
    let others = [
        Key::of(&source("u", &[("h", "x")]), &options, VERSION, 1),
        Key::of(&source("t", &[("h", "y")]), &options, VERSION, 1),
        Key::of(&source("t", &[("i", "x")]), &options, VERSION, 1),
        Key::of(&source("t", &[]), &options, VERSION, 1),
        Key::of(&source("th", &[("", "x")]), &options, VERSION, 1),
        Key::of(&source("t", &[("h", "x")]), &Options::for_arch(Arch::new(8, 0)), VERSION, 1),
        Key::of(&source("t", &[("h", "x")]), &options.clone().define("A", 1), VERSION, 1),
        Key::of(&source("t", &[("h", "x")]), &options, Version::new(12, 9), 1),
        Key::of(&source("t", &[("h", "x")]), &options, VERSION, 2),
    ];
    assert_eq!(Key::of(&source("t", &[("h", "x")]), &options, VERSION, 1), base);
    for (i, other) in others.iter().enumerate() {
        assert_ne!(*other, base, "case {i}");
    }
}

#[test]
fn each_flipped_byte_is_a_miss() {
    let (_dir, cache, file) = filled();
    let good = fs::read(&file).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        fs::write(&file, &bad).unwrap();
        assert_eq!(cache.get(&key("a")), None, "byte {at}");
    }
    assert!(cache.warned.load(Ordering::Relaxed));
    cache.put(&key("a"), &cubin("a"));
    assert_eq!(cache.get(&key("a")), Some(cubin("a")), "a damaged entry is replaced");
}

#[test]
fn each_truncation_is_a_miss() {
    let (_dir, cache, file) = filled();
    let good = fs::read(&file).unwrap();
    for len in 0..good.len() {
        fs::write(&file, &good[..len]).unwrap();
        assert_eq!(cache.get(&key("a")), None, "{len} bytes");
    }
}

#[test]
fn an_unreadable_entry_is_a_miss() {
    let (_dir, cache, file) = filled();
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(cache.get(&key("a")), None);
    cache.put(&key("a"), &cubin("a"));
    assert_eq!(cache.get(&key("a")), None);
}

#[test]
fn a_directory_that_cannot_be_made_is_a_miss() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), b"").unwrap();
    let cache = Cache::at(dir.path().join("file").join("below"));
    cache.put(&key("a"), &cubin("a"));
    assert_eq!(cache.get(&key("a")), None);
    assert!(cache.warned.load(Ordering::Relaxed));
}

#[cfg(unix)]
#[test]
fn a_read_only_directory_still_gives_what_it_has() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, cache, file) = filled();
    let directory = file.parent().unwrap();
    fs::set_permissions(directory, fs::Permissions::from_mode(0o555)).unwrap();
    // Root writes all the same; either way there is no panic and the old entry stays.
    cache.put(&key("b"), &cubin("b"));
    assert_eq!(cache.get(&key("a")), Some(cubin("a")));
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn no_cache_misses_silently() {
    let cache = Cache::none();
    cache.put(&key("a"), &cubin("a"));
    assert_eq!(cache.get(&key("a")), None);
    assert!(!cache.warned.load(Ordering::Relaxed));
}

#[test]
fn old_entries_make_room() {
    let (_dir, cache, file) = filled();
    for i in 0..MAX_ENTRIES + 3 {
        cache.put(&key(&i.to_string()), &cubin("x"));
    }
    let count = fs::read_dir(file.parent().unwrap()).unwrap().count();
    assert!(count <= MAX_ENTRIES, "{count} entries");
}

#[test]
fn many_writers_and_readers_see_whole_entries() {
    let (_dir, cache, _) = filled();
    let cache = Arc::new(cache);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    cache.put(&key("a"), &cubin("a"));
                    assert_eq!(cache.get(&key("a")), Some(cubin("a")));
                }
            });
        }
    });
    assert!(!cache.warned.load(Ordering::Relaxed));
}

#[test]
fn the_version_of_a_library_is_remembered_until_its_file_changes() {
    let (dir, cache, _) = filled();
    let library = dir.path().join("libnvrtc.so");
    fs::write(&library, b"one").unwrap();
    assert_eq!(cache.version_of(&library), None);
    cache.remember_version(&library, VERSION);
    assert_eq!(cache.version_of(&library), Some(VERSION));
    fs::write(&library, b"other").unwrap();
    assert_eq!(cache.version_of(&library), None);
    assert_eq!(cache.version_of(Path::new("libnvrtc.so.13")), None);
}

#[test]
fn a_choice_is_remembered_until_something_is_wrong_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let cache = Cache::at(dir.path().join("deep"));
    assert_eq!(cache.choice_of(&key("a")), None);
    cache.remember_choice(&key("a"), "tiles [1, 2]");
    assert_eq!(cache.choice_of(&key("a")).as_deref(), Some("tiles [1, 2]"));
    assert_eq!((cache.choice_of(&key("b")), cache.get(&key("a"))), (None, None));
    assert!(!cache.warned.load(Ordering::Relaxed));
    let file = cache.choice_entry(&key("a")).unwrap();
    let whole = fs::read(&file).unwrap();
    for damaged in [&whole[..whole.len() - 1], &whole[1..], b"", b"\n", b"\xff\xff"] {
        fs::write(&file, damaged).unwrap();
        assert_eq!(cache.choice_of(&key("a")), None, "{damaged:?}");
    }
    assert!(cache.warned.load(Ordering::Relaxed));
    cache.remember_choice(&key("a"), "tiles [3]");
    assert_eq!(cache.choice_of(&key("a")).as_deref(), Some("tiles [3]"));
    assert_eq!(fs::read_dir(dir.path().join("deep")).unwrap().count(), 1, "no temporary file is left");
    Cache::none().remember_choice(&key("a"), "nowhere");
    assert_eq!(Cache::none().choice_of(&key("a")), None);
}
