//! names that C++ keeps for itself

#![allow(non_snake_case)]

use ringkernel::prelude::*;

#[ring_fn]
fn template(class: u32, new: u32) -> u32 {
    let int = class ^ new;
    let template = int | 1;
    template
}

/// A function of the headers too, and one that the device's compiler declares.
#[ring_fn]
fn equal(clock: u32) -> u32 {
    clock ^ 1
}

#[derive(DeviceType, Clone, Copy)]
struct Payload(u8);

#[derive(DeviceType, Clone, Copy)]
enum Packet {
    Payload(Payload),
    Packet { State: u32 },
}

#[ring_fn]
fn printf(packet: Packet) -> u32 {
    match packet {
        Packet::Payload(Payload(inner)) => equal(u32::from(inner)),
        Packet::Packet { State: state } => state,
    }
}

emits!(functions: template, printf; Types, Functions);
