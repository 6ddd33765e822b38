//! Names that mean something else in the emitted text: words of C++, of CUDA, of the headers, and one name for two things.

#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals, dead_code)]

use crate::case::{Case, case};
use ringkernel::prelude::DeviceType;
use ringkernel::ring_fn;

#[derive(DeviceType, Clone, Copy, PartialEq, PartialOrd, Debug)]
struct float3 {
    x: f32,
    drop: f32,
    NULL: f32,
}

#[derive(DeviceType, Clone, Copy, PartialEq, PartialOrd, Debug)]
struct Payload(u8);

#[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
struct Größe {
    länge: u16,
}

/// Variants of the names of types, and of the enum itself.
#[derive(DeviceType, Clone, Copy, PartialEq, PartialOrd, Debug)]
enum Shape {
    Float3(float3),
    Shape { tag: u32, shape: u32 },
    State,
    Payload(Payload),
}

#[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
enum Any {
    Payload(Payload),
    Größe(Größe),
    Any,
}

/// Never what `==` of the headers means.
#[ring_fn]
fn equal(_a: float3, _b: float3) -> bool {
    false
}

#[ring_fn]
fn compare(_a: &float3, _b: &float3) -> i32 {
    7
}

#[ring_fn]
fn slice(array: &[u32; 3]) -> u32 {
    array[0] ^ 1
}

#[ring_fn]
fn printf(threadIdx: u32) -> u32 {
    threadIdx ^ 2
}

#[ring_fn]
fn any(predicate: u32) -> u32 {
    predicate ^ 3
}

#[ring_fn]
fn __ballot_sync(warpSize: u32) -> u32 {
    warpSize ^ 4
}

#[ring_fn]
fn threadIdx(x: u32) -> u32 {
    x ^ 5
}

#[ring_fn]
fn abs(x: u32) -> u32 {
    x ^ 6
}

#[ring_fn]
fn assert(x: u32) -> u32 {
    x ^ 7
}

#[ring_fn]
fn rk_try(app: u32) -> u32 {
    app ^ 8
}

#[ring_fn]
fn clock64(x: u32) -> u32 {
    x ^ 9
}

#[ring_fn]
fn template(x: u32) -> u32 {
    x ^ 10
}

#[ring_fn]
fn some(x: Option<u32>) -> Option<u32> {
    x.or(Some(3))
}

#[ring_fn]
fn functions(a: u32) -> u32 {
    let f = float3 { x: 1.0, drop: 2.0, NULL: 3.0 };
    let g = Some(f);
    let same = g == Some(f) && g >= Some(f) && !equal(f, f) && compare(&f, &f) == 7;
    let mut sum = if same { 1 } else { 0 };
    sum ^= slice(&[a, 1, 2]) ^ printf(a).rotate_left(1) ^ any(a).rotate_left(2) ^ __ballot_sync(a).rotate_left(3);
    sum ^= threadIdx(a).rotate_left(4) ^ abs(a).rotate_left(5) ^ assert(a).rotate_left(6) ^ rk_try(a).rotate_left(7);
    sum ^ clock64(a).rotate_left(8) ^ template(a).rotate_left(9) ^ some(Some(a)).unwrap().rotate_left(10)
}

#[ring_fn]
fn locals(rk: u32, app: u32, u32: u32) -> u32 {
    let (status_, rk_status) = (rk / 2, app / 2);
    let printf = printf(status_ ^ u32) ^ rk_status;
    let größe = printf ^ rk;
    let _ = größe;
    let int = größe / 3;
    let float3 = int ^ 1;
    let threadIdx = threadIdx(float3);
    let result = threadIdx / 2 + status_;
    result / 2
}

#[ring_fn]
fn types(kind: u8, a: f32, b: u16) -> (Shape, Any, float3, bool) {
    let f = float3 { x: a, drop: a / 2.0, NULL: f32::from(b) };
    let one = match kind % 4 {
        0 => Shape::Float3(f),
        1 => Shape::Shape { tag: u32::from(b), shape: 3 },
        2 => Shape::State,
        _ => Shape::Payload(Payload(kind)),
    };
    let any = match kind % 3 {
        0 => Any::Payload(Payload(kind)),
        1 => Any::Größe(Größe { länge: b }),
        _ => Any::Any,
    };
    let seen = match (&one, any) {
        (Shape::Float3(float3 { x, drop, NULL: last }), _) => *x + *drop + *last,
        (Shape::Shape { tag, shape }, Any::Größe(Größe { länge })) => (*tag ^ *shape ^ u32::from(länge)) as f32,
        (Shape::Payload(Payload(new)), Any::Payload(Payload(inner))) => f32::from(*new ^ inner),
        _ => 1.0,
    };
    (one, any, float3 { x: seen, ..f }, one < Shape::State && one == one)
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("names that C++ keeps for itself", functions(u32)),
        case!("names that C++ keeps for itself", locals(u32, u32, u32)),
        case!("names that C++ keeps for itself", types(u8, f32, u16)),
    ]
}
