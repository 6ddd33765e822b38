//! What the host writes into fields while tiles hold: those that keep their cells on the chip meanwhile see it.

use ringkernel_sim::memory::Mode;
use ringkernel_tests::skip;

use super::device::{Driver, Found, simulate, source};
use super::later::{ALL, Doubling, add, domain};
use super::same::{Case, MODES};
use super::values::bytes;

fn drive(host: &mut Driver) {
    host.put(0, 0, &add(0, 1), 0);
    host.run_to(2);
    // Before a step, and before messages, one of them for the step that they have done.
    host.write(0, 4 * 2, 10);
    host.run_to(3);
    host.write(0, 4 * 1, 100);
    host.put(0, 0, &add(1, 5), 3);
    host.put(1, 0, &add(3, 7), 0);
    host.all_heard();
    host.write(0, 4 * 4, 1);
    host.put(1, 0, &add(4, 1), 0);
    host.all_heard();
    host.run_to(4);
    host.write(0, 4 * 5, 1000);
}

fn is_expected(found: &Found) -> bool {
    found.completed == 4 && found.fields[0] == bytes(&[16_u32, 2 * 105, 4 * 10, 2 * 7, 4, 1000])
}

#[test]
fn tiles_that_hold_see_what_the_host_writes() {
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
fn all_that_tells_them_is_needed() {
    let Some(case) = Case::of::<Doubling>() else { skip!("no g++") };
    let changes = [
        ("grid.cuh", "if ((order & STALE) != 0) on_chip = false;", ""),
        // Known, and not told to tiles.
        ("grid_control.cuh", "        written = now;\n        say_go();\n", "        written = now;\n"),
        // Tiles that hold have not put their cells where the host finds them.
        ("grid.cuh", "if ((order == NOTHING || order == LEAVE ||", "if ((order == LEAVE ||"),
        // Those that heard a message have, but before it.
        ("grid.cuh", "            stored = !on_chip;\n", ""),
    ];
    for (file, from, to) in changes {
        let seen = ALL.into_iter().any(|chip| {
            let domain = domain(chip);
            let mut source = source(&case.compiled, &domain);
            let (_, text) = source.headers.iter_mut().find(|(name, _)| name == file).expect("the header");
            assert_eq!(text.matches(from).count(), 1, "{from}");
            *text = text.replace(from, to);
            let kernel = source.build().unwrap_or_else(|error| panic!("{error}"));
            (0..20).any(|seed| {
                let mode = [Mode::Interleave, Mode::Weak][seed as usize % 2];
                let (outcome, found) = simulate(&kernel, &case.compiled, &domain, mode, seed, drive);
                outcome.fault.is_some() || !is_expected(&found)
            })
        });
        assert!(seen, "'{to}' for '{from}' in {file} is not seen");
    }
}
