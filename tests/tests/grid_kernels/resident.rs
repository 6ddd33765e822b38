//! Fields on the chip: the same bits again.

use ringkernel::Boundary::{Fixed, Periodic, Reflect};
use ringkernel_sim::memory::Mode;
use ringkernel_tests::skip;

use super::programs::{Fluid, Heat, Life, Odd, Plain, Wave};
use super::same::{Case, MODES, STEPS};
use super::{cases, device};

#[test]
fn a_wave() {
    let Some(case) = Case::of::<Wave>() else { skip!("no g++") };
    let all = |rule| [(rule, rule); 3];
    let mixed = [(Periodic, Periodic), (Reflect, Fixed), (Fixed, Reflect)];
    // Every thread has all of its cells.
    for sides in [all(Fixed), all(Reflect), all(Periodic), mixed] {
        let wave = cases::wave([16, 8, 8], sides, [8, 8, 4], STEPS).on_chip([8, 4, 2], [1, 2, 2], 2);
        case.check(&wave, &[Mode::Interleave]);
    }
    let modes = [Mode::Weak, Mode::Race];
    case.check(&cases::wave([16, 8, 8], mixed, [8, 8, 4], STEPS).on_chip([8, 4, 2], [1, 2, 2], 1), &modes);
    // Tiles of different sizes, and threads with cells outside.
    case.check(&cases::wave([10, 9, 11], mixed, [6, 9, 4], STEPS).on_chip([8, 4, 2], [1, 3, 2], 2), &MODES);
    // Narrower than the offsets.
    case.check(&cases::wave([1, 2, 9], all(Periodic), [1, 1, 4], STEPS).on_chip([8, 4, 2], [1, 1, 2], 2), &modes);
}

#[test]
fn a_wave_and_nothing_besides() {
    let Some(case) = Case::of::<Plain>() else { skip!("no g++") };
    let sides = [(Reflect, Reflect), (Periodic, Periodic), (Fixed, Fixed)];
    case.check(&cases::plain([8, 16, 8], sides, [8, 8, 4], STEPS).on_chip([8, 4, 2], [1, 2, 2], 2), &MODES);
}

#[test]
fn life_which_reads_corners() {
    let Some(case) = Case::of::<Life>() else { skip!("no g++") };
    let modes = [Mode::Interleave, Mode::Weak];
    let around = [(Periodic, Periodic); 2];
    case.check(&cases::life([37, 19], around, [12, 7], STEPS).on_chip([16, 4, 1], [1, 2, 1], 2), &modes);
    let sides = [(Fixed, Reflect), (Periodic, Periodic)];
    case.check(&cases::life([37, 19], sides, [37, 5], STEPS).on_chip([32, 2, 1], [2, 3, 1], 1), &modes);
}

#[test]
fn heat_along_a_line_in_a_loop_around_an_update() {
    let Some(case) = Case::of::<Heat>() else { skip!("no g++") };
    case.check(&cases::heat(1100, 300, STEPS).on_chip([64, 1, 1], [5, 1, 1], 2), &MODES);
    case.check(&cases::heat(41, 6, STEPS).on_chip([64, 1, 1], [1, 1, 1], 2), &MODES);
}

#[test]
fn a_fluid_of_several_fields_and_a_check_in_its_closure() {
    let Some(case) = Case::of::<Fluid>() else { skip!("no g++") };
    case.check(&cases::fluid([11, 10], [6, 4], STEPS).on_chip([8, 8, 1], [1, 1, 1], 2), &MODES);
}

#[test]
fn cells_of_odd_sizes() {
    let Some(case) = Case::of::<Odd>() else { skip!("no g++") };
    let sides = [(Reflect, Fixed), (Periodic, Periodic)];
    let modes = [Mode::Interleave, Mode::Weak];
    case.check(&cases::odd([21, 13], sides, [8, 7], STEPS).on_chip([8, 8, 1], [1, 1, 1], 2), &modes);
}

/// Of what is read around some is in shared memory all the time, and of the rest some cells are aside.
#[test]
fn fields_in_shared_memory() {
    let Some(case) = Case::of::<Wave>() else { skip!("no g++") };
    let mixed = [(Periodic, Periodic), (Reflect, Fixed), (Fixed, Reflect)];
    let exact = || cases::wave([16, 8, 8], mixed, [8, 8, 4], STEPS).on_chip([8, 4, 2], [1, 2, 2], 2);
    case.check(&exact().in_shared(1, 0), &MODES);
    case.check(&exact().in_shared(1, 3), &MODES);
    case.check(&exact().in_shared(3, 0), &MODES);
    case.check(&exact().in_shared(0, 2), &[Mode::Interleave, Mode::Race]);
    let ragged = cases::wave([10, 9, 11], mixed, [6, 9, 4], STEPS).on_chip([8, 4, 2], [1, 3, 2], 1);
    case.check(&ragged.in_shared(1, 2), &MODES);
    let narrow = cases::wave([1, 2, 9], [(Periodic, Periodic); 3], [1, 1, 4], STEPS).on_chip([8, 4, 2], [1, 1, 2], 2);
    case.check(&narrow.in_shared(1, 1), &[Mode::Weak, Mode::Race]);
}

#[test]
fn several_fields_of_all_sizes_in_shared_memory() {
    let Some(fluid) = Case::of::<Fluid>() else { skip!("no g++") };
    fluid.check(&cases::fluid([11, 10], [6, 4], STEPS).on_chip([8, 8, 1], [1, 1, 1], 1).in_shared(1, 0), &MODES);
    fluid.check(&cases::fluid([22, 10], [12, 8], STEPS).on_chip([8, 8, 1], [2, 1, 1], 2).in_shared(1, 1), &MODES);
    let Some(odd) = Case::of::<Odd>() else { skip!("no g++") };
    let modes = [Mode::Interleave, Mode::Weak];
    let sides = [(Reflect, Fixed), (Periodic, Periodic)];
    for shared in [1, 2, 3] {
        let case = cases::odd([21, 13], sides, [8, 7], STEPS).on_chip([8, 8, 1], [1, 1, 1], 2);
        odd.check(&case.in_shared(shared, 0), &modes);
    }
    let Some(heat) = Case::of::<Heat>() else { skip!("no g++") };
    heat.check(&cases::heat(1100, 300, STEPS).on_chip([64, 1, 1], [5, 1, 1], 2).in_shared(1, 2), &MODES);
}

/// Threads wait for each other before they write what others may still read. Each change takes such a barrier away.
#[test]
fn what_threads_wait_for_is_needed() {
    let Some(case) = Case::of::<Odd>() else { skip!("no g++") };
    let Some(wave) = Case::of::<Plain>() else { skip!("no g++") };
    let odd = cases::odd([21, 13], [(Reflect, Fixed), (Periodic, Periodic)], [8, 7], STEPS);
    let odd = odd.on_chip([8, 8, 1], [1, 1, 1], 2).in_shared(3, 0);
    let sides = [(Reflect, Reflect), (Periodic, Periodic), (Fixed, Fixed)];
    let plain = cases::plain([8, 16, 8], sides, [8, 8, 4], STEPS).on_chip([8, 4, 2], [1, 2, 2], 2).in_shared(1, 0);
    let changes = [
        (&wave, &plain, "if (Shared<A>::HAS || Shared<B>::HAS) block_sync();"),
        (&case, &odd, "if constexpr ((IsShared<O>::VALUE || ...)) block_sync();"),
    ];
    for (case, expected, barrier) in changes {
        let mut source = device::source(&case.compiled, &expected.domain);
        let (_, text) = source.headers.iter_mut().find(|(name, _)| name == "resident.cuh").expect("the header");
        assert_eq!(text.matches(barrier).count(), 1, "{barrier}");
        *text = text.replace(barrier, "");
        let kernel = source.build().unwrap_or_else(|error| panic!("{error}"));
        let seen = (0..10).any(|seed| {
            let (outcome, found) =
                device::simulate(&kernel, &case.compiled, &expected.domain, MODES[seed as usize % 3], seed, |host| {
                    host.run_to(STEPS);
                });
            outcome.fault.is_some() || !expected.is_found(&found.fields)
        });
        assert!(seen, "'{barrier}' is not missed");
    }
}
