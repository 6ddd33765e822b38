//! Barriers of tiles: what is written before one is read after it, and nothing that they are made of can be left out.

use ringkernel::Boundary::{Fixed, Reflect};
use ringkernel::prelude::*;
use ringkernel_codegen::tiling::Lists;
use ringkernel_tests::skip;

use super::cases::{cells, compiled};
use super::device::{Driver, Found, simulate, source};
use super::domain::{Chip, Domain};
use super::relay::{NOTES, Relay, TILES, Told};
use super::same::{Case, MODES};
use super::values::{bytes, scatter};

const EXTENT: [u32; 1] = [18];
const TILE: u32 = 5;
const STEPS: u64 = 4;
/// Of two tiles more, a group is large.
const LARGE: &str = "#define RK_ONE_COUNTER 2\n";
/// Where a tile keeps `order`.
const ORDER: std::ops::Range<usize> = 8..16;

fn first(cell: [u32; 1]) -> i32 {
    (scatter([cell[0], 1]) % 50) as i32
}

fn domain(chip: Option<Chip>) -> Domain {
    Domain {
        extents: EXTENT.to_vec(),
        tile: vec![TILE],
        sides: vec![(Fixed, Reflect)],
        fields: vec![cells(EXTENT, 0, first), cells(EXTENT, 0, |_| 0_i32)],
        // The first of what is shared.
        members: bytes(&[0, NOTES, 0, 0]),
        chip,
    }
}

const ON_THE_CHIP: Option<Chip> = Some(Chip {
    threads: [64, 1, 1],
    cells: [1, 1, 1],
    published: 2,
    shared: 0,
    aside: 0,
    lists: Lists::Fetched,
    hears_in_memory: false,
});

/// The field, and what each tile read.
fn expected() -> (Vec<u8>, Vec<Vec<u8>>) {
    let init = Relay {
        cells: Field::from_fn(first),
        next: Field::default(),
        notes: SharedAtomics::zeros(NOTES as usize),
        order: 0,
    };
    let system = System::builder().backend(Backend::Cpu).grid(EXTENT, [(Fixed, Reflect)], init).tile([TILE]);
    let system = system.group(0, |cells| cells[0].start / TILE % 2 == 1).start().unwrap();
    let grid = system.grid::<Relay>();
    grid.run(STEPS).unwrap();
    let order = |tile| bytes(&[grid.at([tile * TILE]).ask(Told).unwrap().wait().unwrap()]);
    (bytes(&grid.field(|relay| &relay.cells).read().unwrap()), (0..TILES).map(order).collect())
}

fn is_expected(found: &Found, (cells, order): &(Vec<u8>, Vec<Vec<u8>>)) -> bool {
    found.fields[0] == *cells && found.rows.iter().zip(order).all(|(row, order)| row[ORDER] == order[..])
}

#[test]
fn what_was_written_before_a_barrier_is_read_after_it() {
    let Some(mut case) = Case::of::<Relay>() else { skip!("no g++") };
    let expected = expected();
    for is_large in [false, true] {
        if is_large {
            case = Case::with::<Relay>(LARGE);
        }
        for chip in [None, ON_THE_CHIP] {
            for (mode, seed) in MODES.into_iter().zip(51..) {
                // It holds in between.
                let found = case.drive(&domain(chip), mode, seed, |host| {
                    assert_eq!(host.run_to(1), Some(1));
                    assert_eq!(host.run_to(STEPS), Some(STEPS));
                });
                assert!(is_expected(&found, &expected), "{mode:?} {chip:?} {is_large}");
            }
        }
    }
}

/// Each change takes away something that a tile relies on.
#[test]
fn what_a_barrier_is_made_of_is_needed() {
    let Some(case) = Case::of::<Relay>() else { skip!("no g++") };
    let expected = expected();
    let changes = [
        // What was done before it comes later.
        ("", "groups.cuh", "add_release(counter(", "add(counter("),
        (LARGE, "groups.cuh", "add_release(counter(", "add(counter("),
        ("", "groups.cuh", "come = load_acquire(at);", "come = load_relaxed(at);"),
        (LARGE, "groups.cuh", "store_release(flag(", "store_relaxed(flag("),
        (
            LARGE,
            "groups.cuh",
            "            warp_sync();\n            if (lane < counters)",
            "            if (lane < counters)",
        ),
        // One is not waited for, or not counted.
        ("", "groups.cuh", "(u32)come == number", "(u32)come + 1 >= number"),
        (LARGE, "groups.cuh", "if ((u32)come == number) break;", "if ((u32)come + 1 >= number) break;"),
        (LARGE, "groups.cuh", "(members - lane + counters - 1)", "(members - lane)"),
        // A round is cleared that tiles come to, or none is.
        (
            "",
            "groups.cuh",
            "counter(ctx.p, group, round_after(next), lane), (u64)0",
            "counter(ctx.p, group, next, lane), (u64)0",
        ),
        ("", "groups.cuh", "if (number == 0) store_relaxed(", "if (false) store_relaxed("),
        // Two rounds: who is fast comes to one that others still wait in.
        ("", "groups.cuh", "COUNTER_ROUNDS = 3", "COUNTER_ROUNDS = 2"),
        // A flag of the last round is taken for one of this.
        (LARGE, "groups.cuh", "number % counters), 1 + round, site)", "number % counters), 1, site)"),
        // Tiles around, of which one is left out.
        (
            "",
            "groups.cuh",
            "store_release(&progress_of(ctx, ctx.index)->near,",
            "store_relaxed(&progress_of(ctx, ctx.index)->near,",
        ),
        ("", "groups.cuh", "            come = load_acquire(near);", "            come = load_relaxed(near);"),
        (
            "",
            "groups.cuh",
            "if (!is_there || other == ctx.index) continue;",
            "if (!is_there || other <= ctx.index) continue;",
        ),
        // Threads of a tile hear what another tile wrote later.
        ("", "once.cuh", "    block_sync();\n    for", "    for"),
    ];
    for (lines, file, from, to) in changes {
        let domain = domain(None);
        let mut source = source(&case.compiled, &domain);
        let (_, text) = source.headers.iter_mut().find(|(name, _)| name == file).expect("the header");
        assert_eq!(text.matches(from).count(), 1, "{from}");
        *text = text.replace(from, to);
        source.text.insert_str(0, lines);
        let kernel = source.build().unwrap_or_else(|error| panic!("{error}"));
        let drive = |host: &mut Driver| {
            host.run_to(STEPS);
        };
        let seen = (0..60).any(|seed| {
            let mode = MODES[seed as usize % 3];
            let (outcome, found) = simulate(&kernel, &case.compiled, &domain, mode, seed, drive);
            outcome.fault.is_some() || !is_expected(&found, &expected)
        });
        assert!(seen, "'{to}' for '{from}' in {file} is not seen");
    }
}

#[test]
fn the_text_of_a_relay() {
    let text = compiled::<Relay>().text;
    assert_eq!(text, compiled::<Relay>().text, "emitting twice gives the same bytes");
    insta::with_settings!({ snapshot_path => ".", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("relay", text);
    });
}
