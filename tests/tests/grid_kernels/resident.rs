//! Fields on the chip: the same bits again.

use ringkernel::Boundary::{Fixed, Periodic, Reflect};
use ringkernel_sim::memory::Mode;
use ringkernel_tests::skip;

use super::cases;
use super::programs::{Fluid, Heat, Life, Odd, Plain, Wave};
use super::same::{Case, MODES, STEPS};

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
