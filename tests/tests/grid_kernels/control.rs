//! Holding and leaving where nobody planned to: all tiles come to the same step.

use ringkernel_tests::skip;

use super::cases::cells;
use super::domain::Domain;
use super::programs::Pond;
use super::same::{Case, MODES, pond};

/// Three tiles in a row.
fn domain() -> Domain {
    Domain { extents: vec![6, 3], tile: vec![2, 3], fields: vec![cells([6, 3], 0, |_| 0_i32); 2], ..pond() }
}

#[test]
fn a_run_is_cut_short_and_goes_on() {
    let Some(case) = Case::of::<Pond>() else { skip!("no g++") };
    for (mode, seed) in MODES.into_iter().zip(21..) {
        let found = case.drive(&domain(), mode, seed, |host| {
            host.command(1 << 40);
            while host.completed() < 3 {
                host.pause();
            }
            let held = host.run_to(0).expect("no failure");
            assert!((3..1000).contains(&held), "{held}");
            assert_eq!(host.run_to(held + 3), Some(held + 3));
        });
        assert!(found.completed >= 6 && found.failed.is_none(), "{mode:?}");
    }
}

/// Nobody is left waiting for a tile that has left.
#[test]
fn tiles_that_are_told_to_leave_in_the_midst_of_steps_leave_at_one_step() {
    let Some(case) = Case::of::<Pond>() else { skip!("no g++") };
    for seed in 0..8 {
        let found = case.drive(&domain(), MODES[seed as usize % 2], seed, |host| {
            host.command(u64::MAX);
            while host.completed() < 2 {
                host.pause();
            }
        });
        assert!(found.completed >= 2 && found.failed.is_none(), "{seed}");
    }
}
