//! `autotune`: ways to cut a domain are measured on the device, an emulated one, and the fastest is remembered on disk.
//!
//! One test, in a process of its own: it sets the variables that say where things are kept.

use std::path::{Path, PathBuf};
use std::{env, fs};

use ringkernel::Builder;
use ringkernel::prelude::*;
use ringkernel_sim::kernel::compiler_exists;
use ringkernel_tests::backend::builder;
use ringkernel_tests::skip;
use sha2::{Digest, Sha256};

#[ring_actor(grid = 2)]
struct Spread {
    now: Field<u32, 2>,
    next: Field<u32, 2>,
    latest: SharedAtomics<u32>,
    /// It fails with the step of this number.
    last: u64,
}

/// To the host.
#[ring_message]
struct Spoken {
    step: u64,
}

#[ring_actor]
impl Spread {
    #[step]
    fn step(&mut self, ctx: &mut Context<Self>) {
        assert!(ctx.step() < self.last);
        self.next.update(&self.now, |_, now| (now.at([-1, 0]) + now.at([1, 0]) + now.at([0, -1]) + now.here()) % 1009);
        swap(&mut self.now, &mut self.next);
        self.latest[0].fetch_max(ctx.step() as u32, Ordering::Relaxed, Scope::Device);
        ctx.host().tell(Spoken { step: ctx.step() });
    }
}

/// What came of a system: what it ran on, its field, what it told the host, and the last step that a tile noted.
#[derive(Debug, PartialEq)]
struct Seen {
    device: String,
    cells: Vec<u32>,
    told: u32,
    latest: u32,
}

const STEPS: u64 = 6;

fn run(extents: [u32; 2], with: impl Fn(Builder) -> Builder) -> Seen {
    run_until(u64::MAX, extents, with)
}

/// The same with a step that fails.
fn run_until(last: u64, extents: [u32; 2], with: impl Fn(Builder) -> Builder) -> Seen {
    let latest = SharedAtomics::<u32>::zeros(1);
    let spread =
        Spread { now: Field::from_fn(|[x, y]| 3 * x + 5 * y), next: Field::default(), latest: latest.clone(), last };
    let system = with(builder().grid(extents, Boundary::Periodic, spread)).start().unwrap();
    let inbox = system.inbox::<Spoken>();
    let grid = system.grid::<Spread>();
    assert_eq!(grid.run(STEPS).unwrap(), STEPS);
    let cells = grid.field(|spread| &spread.now).read().unwrap();
    let told = std::iter::from_fn(|| inbox.try_recv().ok()).count() as u32;
    let device = system.device().to_owned();
    system.stop();
    system.join().unwrap();
    Seen { device, cells, told, latest: latest[0].load(Ordering::Relaxed, Scope::System) }
}

/// The report of the last start, which is then gone.
fn report(directory: &Path) -> Option<String> {
    let file = directory.join("Spread.autotune.txt");
    let text = fs::read_to_string(&file).ok()?;
    fs::remove_file(file).unwrap();
    Some(text)
}

/// Files of what was chosen.
fn choices(directory: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let files = entries.map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "choice")).collect()
}

/// A choice as the cache keeps it.
fn entry(way: &str) -> String {
    let sum: String = Sha256::digest(way).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{sum}\n{way}\n")
}

/// The tiles in the name of a way, along both axes.
fn tiles(way: &str, extents: [u32; 2]) -> u32 {
    let tile = way.split_once("tiles [").unwrap().1.split_once(']').unwrap().0;
    let tile: Vec<u32> = tile.split(", ").map(|cells| cells.parse().unwrap()).collect();
    extents[0].div_ceil(tile[0]) * extents[1].div_ceil(tile[1])
}

/// The tiles that a system had.
fn tiles_of(seen: &Seen) -> u32 {
    let tiles =
        |part: &str| part.strip_suffix("tiles").or(part.strip_suffix("tile")).map(|count| count.trim().to_owned());
    seen.device.split(", ").find_map(tiles).unwrap().parse().unwrap()
}

#[test]
fn the_fastest_way_is_measured_once_and_changes_nothing_else() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let directory = tempfile::tempdir().unwrap();
    let (cache, dump) = (directory.path().join("cache"), directory.path().join("dump"));
    // SAFETY: this is the only test of its process, and no system runs yet.
    unsafe {
        env::set_var("RINGKERNEL_CACHE_DIR", &cache);
        env::set_var("RINGKERNEL_DUMP", &dump);
        env::set_var("RINGKERNEL_TEST_BACKEND", "emulated");
    }
    let domain = [24, 20];

    let without = run(domain, |builder| builder);
    assert!(report(&dump).is_none() && choices(&cache).is_empty());
    let same = |seen: &Seen, what: &str| {
        assert_eq!(seen.cells, without.cells, "{what}");
        // Each tile tells once a step, and those that were measured did it unseen, and many more steps.
        assert_eq!((seen.told, seen.latest), (tiles_of(seen) * STEPS as u32, STEPS as u32 - 1), "{what}");
    };
    same(&without, "without");

    // What fails before its time is known is not measured, and starts as without.
    assert_eq!(run_until(STEPS + 1, domain, Builder::autotune), without);
    assert!(report(&dump).is_none() && choices(&cache).is_empty());

    let measured = run(domain, Builder::autotune);
    same(&measured, "measured");
    let text = report(&dump).unwrap();
    assert!(text.contains("\nmeasured: "), "{text}");
    let ways: Vec<&str> =
        text.lines().filter_map(|line| line.get(1..)?.trim_start().split_once("  ")).map(|(_, way)| way).collect();
    assert!(ways.len() > 2, "{text}");
    let [file] = choices(&cache).try_into().unwrap();

    // Another way than the fastest, to see that what is remembered is what is used.
    let on_chip = |way: &&str| way.contains("on the chip") && tiles(way, domain) != tiles_of(&measured);
    if let Some(other) = ways.iter().copied().find(on_chip) {
        fs::write(&file, entry(other)).unwrap();
        let remembered = run(domain, Builder::autotune);
        same(&remembered, "remembered");
        assert_eq!(report(&dump), Some(format!("remembered: {other}\n")));
        assert_eq!(tiles_of(&remembered), tiles(other, domain));
    } else {
        panic!("no two ways differ in their tiles: {text}");
    }

    for damaged in ["", "no such way\n", &entry("a way that nobody knows"), &entry(ways[0])[1..]] {
        fs::write(&file, damaged).unwrap();
        same(&run(domain, Builder::autotune), damaged);
        assert!(report(&dump).unwrap().contains("\nmeasured: "), "{damaged}");
        assert_eq!(choices(&cache), std::slice::from_ref(&file));
        assert_ne!(fs::read_to_string(&file).unwrap(), damaged);
    }

    run([12, 20], Builder::autotune);
    assert!(report(&dump).unwrap().contains("\nmeasured: "), "another domain");
    assert_eq!(choices(&cache).len(), 2);

    let fixed = run(domain, |builder| builder.tile([12, 10]).autotune());
    same(&fixed, "fixed");
    assert_eq!((tiles_of(&fixed), report(&dump)), (4, None));

    let on_the_cpu = run(domain, |builder| builder.autotune().backend(Backend::Cpu));
    assert_eq!((on_the_cpu.cells, report(&dump)), (without.cells, None));
}
