//! constants
//!
//! Those that fit are written where they are used; arrays are tables.

use ringkernel::prelude::*;

const LIMIT: u32 = 40;
const PAIR: (i32, bool) = (-7, true);
const TABLE: [u32; 4] = [3, 1, 4, 1];

#[derive(DeviceType, Clone, Copy)]
enum Step {
    Stay,
    Go { by: f32 },
}
const STEPS: [Option<Step>; 3] = [None, Some(Step::Stay), Some(Step::Go { by: f32::INFINITY })];

struct Settings;

impl Settings {
    const SCALE: f32 = 2.5;
}

#[ring_fn]
fn constants(a: u32, at: usize) -> (u32, i32, u32, f32, Option<Step>) {
    const LOCAL: u32 = LIMIT / 2;
    (a ^ LIMIT ^ LOCAL, PAIR.0, TABLE[at], Settings::SCALE, STEPS[at])
}

emits!(functions: constants; Types, Constants, Functions);
