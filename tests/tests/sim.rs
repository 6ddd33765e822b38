//! The device code under the simulator: a few seeds of each traffic in each mode, and every deliberate defect.
//!
//! `cargo xtask sim` runs more, and replays a seed; docs/simulation.md tells how.

use std::process::Command;

use ringkernel_sim::kernel::compiler_exists;
use ringkernel_sim::memory::Mode;
use ringkernel_sim::mutation::mutations;
use ringkernel_sim::scenario::traffic::Profile;
use ringkernel_tests::skip;

fn seeds_pass(mode: Mode, seeds: u64) {
    for profile in Profile::ALL {
        let kernel = profile.source().expect("the templates").build().unwrap_or_else(|error| panic!("{error}"));
        for seed in 0..seeds {
            if let Some((_, report)) = profile.run(&kernel, mode, seed).fault {
                let (mode, profile) = (format!("{mode:?}").to_lowercase(), format!("{profile:?}").to_lowercase());
                panic!("again: cargo xtask sim --kernel {profile} --mode {mode} --replay {seed}\n{report}");
            }
        }
    }
}

#[test]
fn seeds_pass_when_operations_interleave() {
    if !compiler_exists() {
        skip!("no g++");
    }
    seeds_pass(Mode::Interleave, 16);
}

#[test]
fn seeds_pass_with_weak_memory() {
    if !compiler_exists() {
        skip!("no g++");
    }
    seeds_pass(Mode::Weak, 16);
}

#[test]
fn seeds_pass_without_a_race() {
    if !compiler_exists() {
        skip!("no g++");
    }
    seeds_pass(Mode::Race, 16);
}

/// One of four parts, so that they run side by side.
fn defects_are_caught(part: usize) {
    let survivors: Vec<String> = mutations()
        .skip(part)
        .step_by(4)
        .filter_map(|mutation| match mutation.hunt() {
            Ok(Some(_)) => None,
            Ok(None) => Some(format!("'{}' survives {} seeds", mutation.name, mutation.seeds)),
            Err(error) => Some(error),
        })
        .collect();
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}

#[test]
fn the_first_quarter_of_the_defects_is_caught() {
    if !compiler_exists() {
        skip!("no g++");
    }
    defects_are_caught(0);
}

#[test]
fn the_second_quarter_of_the_defects_is_caught() {
    if !compiler_exists() {
        skip!("no g++");
    }
    defects_are_caught(1);
}

#[test]
fn the_third_quarter_of_the_defects_is_caught() {
    if !compiler_exists() {
        skip!("no g++");
    }
    defects_are_caught(2);
}

#[test]
fn the_last_quarter_of_the_defects_is_caught() {
    if !compiler_exists() {
        skip!("no g++");
    }
    defects_are_caught(3);
}

#[test]
fn a_replay_shows_the_offending_pair_of_operations() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let mutation = mutations().find(|m| m.name == "relaxed for acquire where a chain is followed").expect("it");
    let seed = mutation.hunt().expect("a kernel").expect("it is caught").seed;
    let kernel = mutation.source().expect("the templates").build().expect("a kernel");
    let outcome = mutation.run(&kernel, seed);
    let (fault, report) = outcome.fault.expect("it fails again");
    let at: Vec<&str> = report.lines().filter(|line| line.contains(" cell[") && line.contains("relaxed gpu")).collect();
    assert_eq!(fault.fibers.len(), 2, "{report}");
    assert!(at.iter().any(|line| line.contains("store")), "{report}");
    assert!(at.iter().any(|line| line.contains("load") && line.contains("worker.cuh")), "{report}");
}

#[test]
fn a_report_names_the_line_of_rust_that_called_into_a_template() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let mut source = Profile::Emitted.source().expect("the templates");
    let (_, mailbox) = source.headers.iter_mut().find(|(name, _)| name == "mailbox.cuh").expect("it");
    *mailbox = mailbox.replace("store_release(before == 0", "store_relaxed(before == 0");
    let kernel = source.build().expect("a kernel");
    let rust: Vec<&str> = include_str!("../../sim/src/scenario/emitted.rs").lines().collect();
    // An operation of the template's at the place of the race, and the line of Rust behind it.
    let sends = |line: &str| {
        let (operation, place) = line.split_once("   for emitted.rs:")?;
        let sends = rust[place.parse::<usize>().ok()? - 1].contains(".tell(");
        (sends && operation.contains(" cell[") && operation.contains("message.cuh")).then_some(())
    };
    let mut races = (0..50).filter_map(|seed| Profile::Emitted.run(&kernel, Mode::Race, seed).fault);
    assert!(races.any(|(_, report)| report.lines().any(|line| sends(line).is_some())));
}

#[test]
fn what_no_end_of_a_run_shows_is_seen_by_what_its_handlers_do() {
    if !compiler_exists() {
        skip!("no g++");
    }
    let mutation = mutations().find(|m| m.name == "two messages change places").expect("it");
    let kernel = mutation.source().expect("the templates").build().expect("a kernel");
    let faults: Vec<_> = (0..16).filter_map(|seed| mutation.run(&kernel, seed).fault).collect();
    assert!(!faults.is_empty());
    for (fault, _) in faults {
        // The run itself came to its right end; the handlers were compared after it.
        assert!(fault.message.contains("natively"), "{}", fault.message);
    }
}

const AGAIN: &str = "RINGKERNEL_SIM_TEST_PRINTS";

fn hashes() -> String {
    let mut text = String::new();
    for mode in [Mode::Interleave, Mode::Weak, Mode::Race] {
        let kernel = Profile::Plenty.source().expect("the templates").build().expect("a kernel");
        for seed in 0..4 {
            let o = Profile::Plenty.run(&kernel, mode, seed);
            text += &format!("{mode:?} {seed} {} {:016x};", o.steps, o.hash);
        }
    }
    text
}

#[test]
fn a_run_is_a_function_of_its_seed_in_every_process() {
    if !compiler_exists() {
        skip!("no g++");
    }
    if std::env::var_os(AGAIN).is_some() {
        println!("{}", hashes());
        return;
    }
    let again = Command::new(std::env::current_exe().expect("this test"))
        .args(["--exact", "a_run_is_a_function_of_its_seed_in_every_process", "--nocapture"])
        .env(AGAIN, "1")
        .output()
        .expect("this test again");
    let printed = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(printed.contains(&hashes()), "another process: {printed}\nthis one: {}", hashes());
}
