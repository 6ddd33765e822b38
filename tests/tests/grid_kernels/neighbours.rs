//! Messages between tiles that touch: what each hears, and in which order, is what it is on the CPU.

use ringkernel::Boundary::{self, Fixed, Periodic, Reflect};
use ringkernel::prelude::*;
use ringkernel_codegen::tiling::Lists;
use ringkernel_sim::memory::Mode;
use ringkernel_tests::skip;

use super::cases::{cells, compiled};
use super::courier::{COURIERS, Courier, Order};
use super::device::{Driver, Found, simulate, source};
use super::domain::{Chip, Domain};
use super::same::{Case, MODES};
use super::values::{bytes, scatter};

const EXTENTS: [u32; 2] = [13, 8];
const STEPS: u64 = 6;

fn first(cell: [u32; 2]) -> i32 {
    (scatter(cell) % 50) as i32
}

fn domain(sides: [(Boundary, Boundary); 2], chip: Option<Chip>) -> Domain {
    Domain {
        extents: EXTENTS.to_vec(),
        tile: COURIERS.to_vec(),
        sides: sides.to_vec(),
        fields: vec![cells(EXTENTS, 0, first), cells(EXTENTS, 0, |_| 0_i32)],
        members: vec![0; 16],
        chip,
    }
}

/// The field, and of each tile what it heard and what it could not send.
fn expected(sides: [(Boundary, Boundary); 2]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let init = Courier { level: Field::from_fn(first), ..Courier::default() };
    let system = System::builder().backend(Backend::Cpu).grid(EXTENTS, sides, init).tile(COURIERS).start().unwrap();
    let grid = system.grid::<Courier>();
    grid.run(STEPS).unwrap();
    let tiles = (0..2).flat_map(|y| (0..3).map(move |x| [x * COURIERS[0], y * COURIERS[1]]));
    let heard = tiles.map(|cell| {
        let (order, given_back) = grid.at(cell).ask(Order).unwrap().wait().unwrap();
        [bytes(&[order]), bytes(&[given_back])].concat()
    });
    (bytes(&grid.field(|courier| &courier.level).read().unwrap()), heard.collect())
}

fn is_expected(found: &Found, (level, heard): &(Vec<u8>, Vec<Vec<u8>>)) -> bool {
    found.fields[0] == *level && found.rows.iter().zip(heard).all(|(row, heard)| row[..12] == heard[..])
}

const CHIP: Chip = Chip {
    threads: [8, 8, 1],
    cells: [1, 1, 1],
    published: 2,
    shared: 0,
    aside: 0,
    lists: Lists::Fetched,
    hears_in_memory: false,
};
const ON_THE_CHIP: Option<Chip> = Some(CHIP);
/// Handlers that reach for cells find them in device memory.
const AND_BACK: Option<Chip> = Some(Chip { hears_in_memory: true, ..CHIP });
const SIDES: [[(Boundary, Boundary); 2]; 2] = [[(Periodic, Periodic); 2], [(Fixed, Reflect), (Periodic, Periodic)]];

#[test]
fn what_is_sent_arrives_in_order_wherever_fields_are() {
    let Some(case) = Case::of::<Courier>() else { skip!("no g++") };
    for sides in SIDES {
        let expected = expected(sides);
        for chip in [None, ON_THE_CHIP, AND_BACK] {
            for (mode, seed) in MODES.into_iter().zip(31..) {
                // It holds in between, at a step that is odd.
                let found = case.drive(&domain(sides, chip), mode, seed, |host| {
                    assert_eq!(host.run_to(3), Some(3));
                    assert_eq!(host.run_to(STEPS), Some(STEPS));
                });
                assert!(is_expected(&found, &expected), "{mode:?} {sides:?} {chip:?}");
            }
        }
    }
}

/// Each change takes away something that a tile relies on.
#[test]
fn what_a_tile_waits_for_is_needed() {
    let Some(case) = Case::of::<Courier>() else { skip!("no g++") };
    let sides = SIDES[0];
    let expected = expected(sides);
    let changes = [
        // A message without its words, or with those of another round.
        (ON_THE_CHIP, "neighbours.cuh", "(head.a <= number || word.seq == round)", "true"),
        (ON_THE_CHIP, "neighbours.cuh", "head.seq == round && ", ""),
        // One half, so that a fast neighbour writes over what was not heard.
        (ON_THE_CHIP, "neighbours.cuh", "(u64)(round & 1)", "(u64)0"),
        // The barrier between those who wait and those who read.
        (
            None,
            "grid.cuh",
            "agree(ctx, receive_round(ctx, (u32)ctx.step, G::ROUND_SITE))",
            "receive_round(ctx, (u32)ctx.step, 0)",
        ),
        // The barrier before the next message takes the place of one that others still read.
        (ON_THE_CHIP, "neighbours.cuh", "block_sync();\n                for", "for"),
    ];
    for (chip, file, from, to) in changes {
        let domain = domain(sides, chip);
        let mut source = source(&case.compiled, &domain);
        let (_, text) = source.headers.iter_mut().find(|(name, _)| name == file).expect("the header");
        assert_eq!(text.matches(from).count(), 1, "{from}");
        *text = text.replace(from, to);
        let kernel = source.build().unwrap_or_else(|error| panic!("{error}"));
        let drive = |host: &mut Driver| {
            host.run_to(STEPS);
        };
        let seen = (0..40).any(|seed| {
            let mode = [Mode::Interleave, Mode::Weak][seed as usize % 2];
            let (outcome, found) = simulate(&kernel, &case.compiled, &domain, mode, seed, drive);
            outcome.fault.is_some() || !is_expected(&found, &expected)
        });
        assert!(seen, "'{to}' for '{from}' in {file} is not seen");
    }
}

#[test]
fn the_text_of_a_courier() {
    let text = compiled::<Courier>().text;
    assert_eq!(text, compiled::<Courier>().text, "emitting twice gives the same bytes");
    insta::with_settings!({ snapshot_path => ".", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("courier", text);
    });
}
