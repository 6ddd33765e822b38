//! Messages for a step, under way at once with the commands before and after them.

use ringkernel::Boundary::Periodic;
use ringkernel::prelude::*;
use ringkernel_codegen::tiling::Lists;
use ringkernel_sim::memory::Mode;
use ringkernel_tests::skip;

use super::cases::cells;
use super::device::{Driver, Found, simulate, source};
use super::domain::{Chip, Domain};
use super::same::{Case, MODES};
use super::values::bytes;

/// Doubles what is in its cells, so that they tell when something was added.
#[ring_actor(grid = 1)]
#[derive(Default)]
pub(crate) struct Doubling {
    level: Field<u32, 1>,
    still: Field<u32, 1>,
}

#[ring_message]
pub(crate) struct Add {
    cell: [u32; 1],
    amount: u32,
}

#[ring_actor]
impl Doubling {
    #[step]
    fn double(&mut self) {
        self.level.update(&self.still, |own, still| own.here().wrapping_mul(2) + still.at([-1]) + still.at([1]));
    }

    #[handler]
    fn add(&mut self, m: Add) {
        self.level.add(m.cell, m.amount);
    }
}

const CHIP: Chip = Chip {
    threads: [64, 1, 1],
    cells: [1, 1, 1],
    published: 1,
    shared: 0,
    aside: 0,
    lists: Lists::Fetched,
    hears_in_memory: false,
};

pub(crate) fn domain(chip: Option<Chip>) -> Domain {
    Domain {
        extents: vec![6],
        tile: vec![3],
        sides: vec![(Periodic, Periodic)],
        fields: vec![cells([6], 0, |_| 0_u32); 2],
        members: Vec::new(),
        chip,
    }
}

pub(crate) fn add(cell: u32, amount: u32) -> Vec<u8> {
    bytes(&[Add { cell: [cell], amount }])
}

/// Adds to a cell of each tile at step 3, while the steps before and after are asked for.
fn drive(host: &mut Driver) {
    // Two to one tile.
    host.put(0, 0, &add(2, 1), 0);
    host.put(0, 0, &add(2, 1), 0);
    host.all_heard();
    host.say(3);
    host.put(0, 0, &add(1, 3), 3);
    // Not for a step: it is heard after that before it, and before the steps that are asked for later.
    host.put(1, 0, &add(4, 1), 0);
    host.put(1, 0, &add(4, 1), 3);
    host.run_to(7);
    // Nobody asks for so many steps.
    host.put(0, 0, &add(0, 5), 100);
    host.all_heard();
    // Known while the tile does steps, and so is that it may do more than those.
    host.say(12);
    host.put(0, 0, &add(0, 7), 12);
    host.run_to(14);
}

fn is_expected(found: &Found) -> bool {
    let at_7 = [5_u32, 3 * 16, 2 * 128, 0, 2 * 16, 0];
    found.completed == 14
        && found.fields[0] == bytes(&at_7.map(|level| (level << 7) + if level == 5 { 7 << 2 } else { 0 }))
}

pub(crate) const ALL: [Option<Chip>; 3] = [None, Some(CHIP), Some(Chip { hears_in_memory: true, ..CHIP })];

#[test]
fn a_message_for_a_step_is_heard_at_that_step() {
    let Some(case) = Case::of::<Doubling>() else { skip!("no g++") };
    for chip in ALL {
        for (mode, seed) in MODES.into_iter().cycle().zip(0..9) {
            let found = case.drive(&domain(chip), mode, seed, drive);
            assert!(is_expected(&found), "{mode:?} {seed} {chip:?}: {:?}", found.fields[0]);
        }
    }
}

/// Each change takes away something that this relies on.
#[test]
fn what_control_waits_for_is_needed() {
    let Some(case) = Case::of::<Doubling>() else { skip!("no g++") };
    let changes = [
        // A command is done though messages before it are not given.
        ("grid_control.cuh", "(i32)(load_block(shared + GIVEN) - load_block_relaxed(shared + AFTER)) < 0", "false"),
        // A tile has a message before it knows of the steps that were asked for before.
        ("mail.cuh", "(i32)behind < 0", "false"),
        // The message after one for a step is given although that is not handled.
        ("mail.cuh", "if (waits && !all_handled) return false;", ""),
        ("grid.cuh", "if (ctx.step >= step ||", "if (true ||"),
        ("grid.cuh", "ctx.step >= load_relaxed(&control_of(ctx)->wanted) ||", ""),
        // One that has come before its step.
        ("grid.cuh", " && ctx.step >= shared_value(ctx, EARLY_STEP)", ""),
        ("exchange.cuh", "    if (step < shared_value(ctx, CAP)) share(ctx, CAP, step);\n", ""),
        // Tiles are let go on before messages are given, or do not look for those when they see it.
        ("mail.cuh", " && (i32)(taken - after) >= 0;", ";"),
        ("grid.cuh", "(i32)(ctx.heard - go.c) >= 0", "true"),
        // A message takes the place of one that was not heard.
        ("mail.cuh", "load_acquire(&progress()[tile].heard) != load_word(inbox).seq", "false"),
    ];
    for (file, from, to) in changes {
        let seen = ALL.into_iter().any(|chip| {
            let domain = domain(chip);
            let mut source = source(&case.compiled, &domain);
            let (_, text) = source.headers.iter_mut().find(|(name, _)| name == file).expect("the header");
            assert_eq!(text.matches(from).count(), 1, "{from}");
            *text = text.replace(from, to);
            let kernel = source.build().unwrap_or_else(|error| panic!("{error}"));
            (0..40).any(|seed| {
                let mode = [Mode::Interleave, Mode::Weak][seed as usize % 2];
                let (outcome, found) = simulate(&kernel, &case.compiled, &domain, mode, seed, drive);
                outcome.fault.is_some() || !is_expected(&found)
            })
        });
        assert!(seen, "'{to}' for '{from}' in {file} is not seen");
    }
}
