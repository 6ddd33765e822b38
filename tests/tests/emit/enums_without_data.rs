//! enums without data

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy, PartialEq)]
enum Color {
    Red = 5,
    Green,
    Blue = -2,
}

#[ring_fn]
fn number(color: Color) -> i32 {
    match color {
        Color::Red => 1,
        Color::Green | Color::Blue => color as i32,
    }
}

#[ring_fn]
fn is_red(color: Color) -> bool {
    color == Color::Red
}

emits!(functions: number, is_red; Types, Functions);
