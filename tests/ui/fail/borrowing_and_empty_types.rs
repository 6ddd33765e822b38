#![allow(unused)]

use ringkernel::prelude::*;

#[derive(DeviceType)]
struct View<'a> {
    data: &'a u32,
}

#[derive(DeviceType)]
enum Never {}

#[derive(DeviceType)]
union Either {
    a: u32,
    b: f32,
}

fn main() {}
