//! Fields in device memory with the constants that the runtime gives: what threads keep while they go along z, tiles of several
//! patches, rows and planes that are left over.

use ringkernel::Boundary::{self, Fixed, Periodic, Reflect};
use ringkernel_codegen::templates;
use ringkernel_runtime::cuda::nvrtc::{Options, Source};
use ringkernel_sim::memory::Mode;
use ringkernel_tests::{nvrtc, skip};

use super::cases;
use super::domain::Domain;
use super::programs::{Fluid, Heat, Life, Odd, Star, Wave};
use super::same::{Case, MODES, STEPS, knowing};

const BOTH: [Mode; 2] = [Mode::Interleave, Mode::Race];

fn all(rule: Boundary) -> [(Boundary, Boundary); 3] {
    [(rule, rule); 3]
}

#[test]
fn a_wave_without_borders() {
    let sides = [(Periodic, Periodic), (Reflect, Reflect), (Reflect, Reflect)];
    let first = cases::wave([10, 9, 11], sides, [6, 9, 4], STEPS);
    let Some(case) = Case::knowing::<Wave>(&first.domain) else { skip!("no g++") };
    case.check(&first, &MODES);
    for sides in [all(Reflect), all(Periodic)] {
        case.check(&cases::wave([10, 9, 11], sides, [10, 4, 11], STEPS), &BOTH);
    }
    // Two patches along x, four rows and one by themselves, and more threads than bricks.
    case.check(&cases::wave([40, 13, 3], sides, [40, 13, 3], STEPS), &BOTH);
    case.check(&cases::wave([6, 4, 19], sides, [6, 4, 19], STEPS), &BOTH);
    case.check(&cases::wave([1, 2, 9], all(Periodic), [1, 1, 4], STEPS), &BOTH);
    case.check(&cases::wave([2, 1, 1], all(Reflect), [1, 1, 1], STEPS), &BOTH);
}

#[test]
fn a_wave_with_borders() {
    let sides = [(Periodic, Periodic), (Reflect, Fixed), (Fixed, Reflect)];
    let first = cases::wave([10, 9, 11], sides, [6, 9, 4], STEPS);
    let Some(case) = Case::knowing::<Wave>(&first.domain) else { skip!("no g++") };
    case.check(&first, &MODES);
    case.check(&cases::wave([10, 9, 11], all(Fixed), [10, 4, 11], STEPS), &BOTH);
    case.check(&cases::wave([1, 1, 2], all(Fixed), [1, 1, 1], STEPS), &BOTH);
}

#[test]
fn a_star_of_four_cells_with_corners() {
    let mixed = [(Reflect, Fixed), (Fixed, Fixed), (Fixed, Reflect)];
    let first = cases::star([9, 10, 11], mixed, [9, 5, 6], STEPS);
    let Some(case) = Case::knowing::<Star>(&first.domain) else { skip!("no g++") };
    // Races are seen in words of four bytes, and there are cells of one.
    let modes = [Mode::Interleave, Mode::Weak];
    case.check(&first, &modes);
    let first = cases::star([9, 10, 11], all(Periodic), [4, 10, 11], STEPS);
    let Some(case) = Case::knowing::<Star>(&first.domain) else { skip!("no g++") };
    case.check(&first, &modes);
    // Narrower than the offsets.
    for sides in [all(Reflect), all(Periodic)] {
        case.check(&cases::star([3, 5, 2], sides, [3, 2, 1], STEPS), &modes);
    }
}

#[test]
fn planes_and_lines() {
    let sides = [(Fixed, Reflect), (Periodic, Periodic)];
    let first = cases::life([37, 19], sides, [37, 5], STEPS);
    let Some(case) = Case::knowing::<Life>(&first.domain) else { skip!("no g++") };
    case.check(&first, &[Mode::Interleave, Mode::Weak]);
    case.check(&cases::life([70, 9], sides, [70, 9], STEPS), &[Mode::Interleave]);
    let first = cases::heat(1100, 300, STEPS);
    let Some(case) = Case::knowing::<Heat>(&first.domain) else { skip!("no g++") };
    case.check(&first, &MODES);
    case.check(&cases::heat(41, 6, STEPS), &MODES);
}

#[test]
fn kernels_that_know_their_domain_compile() {
    let all = nvrtc::all();
    let Some(nvrtc) = all.last() else { skip!("no NVRTC") };
    let (cube, plane) = (vec![512; 3], vec![1 << 12; 2]);
    let with = |extents: &[u32], side| Domain {
        extents: extents.to_vec(),
        tile: extents.to_vec(),
        sides: vec![(side, side); extents.len()],
        fields: Vec::new(),
        members: Vec::new(),
        chip: None,
    };
    // With a border there is more to compile than without.
    let kernels = [
        (knowing::<Wave>(&with(&cube, Reflect)), &nvrtc::ARCHS[..1]),
        (knowing::<Wave>(&with(&cube, Fixed)), &nvrtc::ARCHS[..]),
        (knowing::<Star>(&with(&cube, Fixed)), &nvrtc::ARCHS[..]),
        (knowing::<Fluid>(&with(&plane, Fixed)), &nvrtc::ARCHS[..]),
        (knowing::<Heat>(&with(&plane[..1], Fixed)), &nvrtc::ARCHS[..]),
        (knowing::<Odd>(&with(&plane, Fixed)), &nvrtc::ARCHS[..]),
    ];
    for (compiled, archs) in kernels {
        let text = format!("#define RK_BLOCK_THREADS 512\n{}", compiled.text);
        for arch in archs {
            let source = Source { name: "grid.cu", text: &text, headers: templates::headers() };
            if let Err(error) = nvrtc.compile(&source, &Options::for_arch(*arch)) {
                panic!("NVRTC {} for {arch}: {error}\n{text}", nvrtc.version());
            }
        }
    }
}
