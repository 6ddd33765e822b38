//! Structs, tuples, enums, `Option`, patterns, references, constants.

use crate::case::{Case, case};
use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy, PartialEq, Debug, Default)]
struct Vec3 {
    x: f32,
    y: f32,
    z: f32,
}

#[ring_fn]
impl Vec3 {
    const ZERO: Self = Self { x: 0.0, y: 0.0, z: 0.0 };

    fn new(x: f32, y: f32, z: f32) -> Self {
        Self { x, y, z }
    }

    fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    fn scaled(&self, by: f32) -> Self {
        Self { x: self.x * by, ..*self }
    }

    fn shift(&mut self, by: f32) -> &mut Self {
        self.y += by;
        self
    }

    fn largest(&self) -> f32 {
        self.x.max(self.y).max(self.z)
    }
}

#[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
enum Shape {
    Empty,
    Circle { radius: f32 },
    Square(f32, u8),
    Both(Vec3, Option<u16>),
}

#[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
enum Color {
    Red = 5,
    Green = 7,
    Blue = -2,
}

#[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
struct Meters(f32);

#[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
struct Nothing;

const TABLE: [u32; 8] = [3, 1, 4, 1, 5, 9, 2, 6];
const LIMIT: u32 = 40;
const PAIR: (i32, bool) = (-7, true);
const SHAPE: Shape = Shape::Square(2.5, 9);

#[ring_fn]
fn shape_of(kind: u8, a: f32, b: u8) -> Shape {
    match kind % 4 {
        0 => Shape::Empty,
        1 => Shape::Circle { radius: a },
        2 => Shape::Square(a, b),
        _ => Shape::Both(Vec3::new(a, 1.0, 2.0), if b > 100 { None } else { Some(u16::from(b) * 2) }),
    }
}

#[ring_fn]
fn structs(a: f32, b: f32) -> (f32, Vec3, f32) {
    let mut v = Vec3::new(a, b, 1.0);
    let w = v.scaled(2.0);
    v.shift(1.0).shift(2.0);
    v.z = w.x;
    (v.dot(w), v, v.largest())
}

#[ring_fn]
fn struct_update(a: f32) -> Vec3 {
    let base = Vec3 { y: a, ..Vec3::ZERO };
    Vec3 { x: 1.0, ..base }
}

#[ring_fn]
fn tuples(a: u32, b: bool) -> ((u32, bool), u32) {
    let mut pair = (a, b);
    pair.0 ^= 1;
    let (x, _) = pair;
    let nested = (pair, (x, 3));
    (nested.0, nested.1.0 ^ nested.1.1)
}

#[ring_fn]
fn newtypes(a: f32) -> (Meters, f32) {
    let Meters(inner) = Meters(a * 2.0);
    let m = Meters(inner);
    (m, m.0)
}

#[ring_fn]
fn unit_structs(a: u32) -> u32 {
    let nothing = Nothing;
    let pair = (nothing, a);
    let some = Some(Nothing);
    if some.is_some() && pair.0 == Nothing { pair.1 } else { 0 }
}

#[ring_fn]
fn enums(kind: u8, a: f32, b: u8) -> (Shape, f32) {
    let shape = shape_of(kind, a, b);
    let area = match shape {
        Shape::Empty => 0.0,
        Shape::Circle { radius } => radius * radius * 3.0,
        Shape::Square(side, n) => side * side * f32::from(n),
        Shape::Both(v, Some(n)) => v.x * f32::from(n),
        Shape::Both(Vec3 { y, .. }, None) => y,
    };
    (shape, area)
}

#[ring_fn]
fn bindings_by_reference(kind: u8, a: f32) -> Shape {
    let mut shape = shape_of(kind, a, 7);
    match &mut shape {
        Shape::Circle { radius } => *radius += 1.0,
        Shape::Square(side, n) => {
            *side = 2.0;
            *n += 1;
        }
        Shape::Both(v, Some(n)) => {
            v.y = f32::from(*n);
            *n *= 2;
        }
        _ => {}
    }
    if let Shape::Circle { ref mut radius } = shape {
        *radius *= 2.0;
    }
    shape
}

#[ring_fn]
fn references_into_a_tuple(a: u32, b: u32) -> (u32, u32) {
    let pair = (a, b);
    let mut pair = pair;
    let (ref mut x, ref y) = pair;
    *x ^= *y;
    pair
}

#[ring_fn]
fn references_into_a_value(a: u32, b: u32) -> (u32, u32) {
    let (ref mut x, y) = (a, b);
    *x ^= y;
    (*x, a)
}

#[ring_fn]
fn guards(kind: u8, a: f32, b: u8) -> u32 {
    match shape_of(kind, a, b) {
        Shape::Circle { radius } if radius > 10.0 => 1,
        Shape::Circle { radius }
            if {
                let half = radius / 2.0;
                half < 0.0
            } =>
        {
            2
        }
        Shape::Square(_, n) if n % 2 == 0 => u32::from(n),
        Shape::Square(..) | Shape::Empty => 3,
        _ => 4,
    }
}

#[ring_fn]
fn patterns_of_numbers(a: i32, b: u8) -> u32 {
    let x = match a {
        i32::MIN..=-1 => 1,
        0 => 2,
        1 | 3 | 5 => 3,
        n @ 6..=99 => n as u32,
        100.. => 5,
        _ => 6,
    };
    let y = match (a > 0, b) {
        (true, 0..=9) => 1,
        (false, 0) => 2,
        (_, 255) => 3,
        (true, n) | (false, n) => u32::from(n) + 10,
    };
    let z = match b {
        LIMIT_OF_U8 => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    x * 10_000 + y * 10 + z
}
const LIMIT_OF_U8: u8 = 77;

#[ring_fn]
fn alternatives_with_bindings(kind: u8, a: f32) -> f32 {
    let shape = shape_of(kind, a, 3);
    if let Shape::Circle { radius: size } | Shape::Square(size, _) = shape { size } else { -1.0 }
}

#[ring_fn]
fn let_else(a: Option<u32>, b: u32) -> u32 {
    let Some(x) = a else {
        return b;
    };
    let (Some(y), z) = (x.checked_sub(5), b) else { return 1 };
    y ^ z
}

#[ring_fn]
fn if_let_chains(a: Option<u32>, b: Option<u8>) -> u32 {
    if let Some(x) = a
        && x > 3
        && let Some(y) = b
        && u32::from(y) < x
    {
        x - u32::from(y)
    } else if let Some(x) = a {
        x
    } else {
        99
    }
}

#[ring_fn]
fn while_let(a: u32) -> u32 {
    let mut left = Some(a % 30);
    let mut sum = 0;
    while let Some(n) = left {
        sum += n;
        left = if n > 2 { Some(n - 3) } else { None };
    }
    let mut other = Some(a % 7);
    while let Some(n) = other
        && n > 1
    {
        other = n.checked_sub(2);
        if n == 4 {
            continue;
        }
        sum += 100;
    }
    sum
}

#[ring_fn]
fn matches_macro(kind: u8, a: f32, b: u8) -> (bool, bool) {
    let shape = shape_of(kind, a, b);
    (matches!(shape, Shape::Empty | Shape::Circle { .. }), matches!(shape, Shape::Square(side, _) if side > 1.0))
}

#[ring_fn]
fn equality(kind: u8, other: u8, a: f32) -> (bool, bool, bool, bool) {
    let (x, y) = (shape_of(kind, a, 3), shape_of(other, a, 3));
    (x == y, x != y, Some(x) == Some(y), [1, 2, u32::from(kind)] == [1, 2, u32::from(other)])
}

#[ring_fn]
fn fieldless(a: u8) -> (Color, i32, u8) {
    let color = match a % 3 {
        0 => Color::Red,
        1 => Color::Green,
        _ => Color::Blue,
    };
    let number = match color {
        Color::Red => 1,
        Color::Green | Color::Blue => 2,
    };
    (color, color as i32, if color == Color::Red { 10 } else { number })
}

#[ring_fn]
fn options(a: Option<u32>, b: u32) -> (bool, u32, Option<u32>, Option<u32>, u32) {
    let mut x = a;
    let taken = x.take();
    let old = x.replace(b);
    let known = taken.is_some() && old.is_none();
    if let Some(inner) = x.as_mut() {
        *inner ^= 3;
    }
    let seen = match x.as_ref() {
        Some(inner) => *inner,
        None => 0,
    };
    (known, taken.unwrap_or(7), x, old.or(taken), seen)
}

#[ring_fn]
fn methods_of_options(a: Option<u32>, b: Option<u32>, c: Option<i8>) -> (Option<(u32, i8)>, Option<i8>, [u32; 4]) {
    let mut x = a.xor(b);
    *x.get_or_insert(5) ^= 1;
    let nested = if b.is_some() { Some(a) } else { None };
    let mut y = nested.flatten().or(None);
    let seen = *y.get_or_insert(b.unwrap_or(2));
    let fresh = y.insert(x.unwrap() / 2);
    *fresh += 1;
    let both = a.zip(c);
    let none = match b.and(Some(())).zip(c) {
        Some(((), c)) => Some(c),
        None => None,
    };
    (both, none, [x.unwrap_or_default(), seen, y.unwrap_or(0), a.and(b).unwrap_or_default()])
}

#[ring_fn]
fn expected(a: Option<Vec3>, b: Option<u8>) -> f32 {
    let mut place = a;
    let b = f32::from(b.expect("no number"));
    place.as_mut().expect("no \"vector\"").x += b;
    place.expect("never").x
}

#[ring_fn]
fn expected_of(a: Option<(f32, f32)>, b: Option<u8>) -> f32 {
    let vector = match a {
        Some((x, y)) => Some(Vec3 { x, y, z: 0.0 }),
        None => None,
    };
    expected(vector, b)
}

#[ring_fn]
fn unwrap(a: Option<i16>) -> i16 {
    a.unwrap() / 2
}

#[ring_fn]
fn question_mark(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    let sum = a?.checked_add(b?)?;
    if sum > 1000 {
        return None;
    }
    Some(sum * 2)
}

#[ring_fn]
fn parameters(mut a: u32, (b, c): (u32, u8), [d, e]: [u16; 2], Meters(m): Meters) -> (u32, f32) {
    a ^= b;
    if a > 1000 {
        a %= 1000;
    }
    (a + u32::from(c) + u32::from(d ^ e), m)
}

#[ring_fn]
fn destructured(a: u32, b: (u32, u8), c: [u16; 2], d: f32) -> (u32, f32) {
    parameters(a, b, c, Meters(d))
}

#[ring_fn]
fn constants(a: u32) -> (u32, i32, Shape, f32) {
    const LOCAL: u32 = LIMIT / 2;
    let mut best = 0;
    for value in TABLE {
        best = best.max(value);
    }
    (a % LIMIT + LOCAL + best, PAIR.0, SHAPE, core::f32::consts::PI)
}

const SHAPES: [Shape; 4] = [
    Shape::Both(Vec3 { x: 1.5, y: f32::INFINITY, z: -0.0 }, Some(7)),
    Shape::Empty,
    Shape::Square(f32::NEG_INFINITY, 9),
    Shape::Circle { radius: f32::NAN },
];
const MAYBE: [Option<Vec3>; 3] = [None, Some(Vec3::ZERO), Some(Vec3 { x: 1.0, y: 2.0, z: 3.0 })];
const COLORS: [(Color, Option<Color>); 3] =
    [(Color::Blue, None), (Color::Red, Some(Color::Green)), (Color::Green, Some(Color::Red))];
const NESTED: [[Option<Shape>; 2]; 2] = [[None, Some(Shape::Empty)], [Some(Shape::Circle { radius: 2.0 }), None]];

struct Roster {
    all: [Meters; 2],
    big: [i128; 2],
}
const ROSTER: ([Meters; 2], [i128; 2]) = (Meters::BOTH.all, Meters::BOTH.big);
impl Meters {
    const BOTH: Roster = Roster { all: [Meters(1.5), Meters(f32::MAX)], big: [i128::MIN, -5] };
}

#[ring_fn]
fn tables(a: usize, b: u8) -> (Shape, Option<Vec3>, (Color, Option<Color>), Option<Shape>, (Meters, i128)) {
    let at = usize::from(b % 2);
    let mut total = 0.0;
    for shape in &SHAPES {
        if let Shape::Square(side, _) = shape {
            total += side;
        }
    }
    let nested = if total < 0.0 { NESTED[at][a % 2] } else { None };
    (SHAPES[a % 4], MAYBE[a % 3], COLORS[a % 3], nested, (ROSTER.0[at], ROSTER.1[at]))
}

#[ring_fn]
fn references(a: u32, b: u32) -> (u32, u32, u32) {
    let (mut x, mut y) = (a, b);
    {
        let larger = if x > y { &mut x } else { &mut y };
        *larger /= 2;
    }
    let mut smaller = &x;
    if y < x {
        smaller = &y;
    }
    let copy = *smaller;
    let nested = &&copy;
    (x, y, **nested)
}

#[ring_fn]
fn memory(a: u32, b: u32) -> (u32, u32, u32, Option<u32>) {
    let (mut x, mut y) = (a, b);
    std::mem::swap(&mut x, &mut y);
    let old = std::mem::replace(&mut x, 5);
    let mut option = Some(old);
    let taken = option.take();
    (x, y, old, taken)
}

#[ring_fn]
fn generic<const N: usize>(values: [u32; N]) -> u32 {
    let mut total = 0u32;
    for value in values {
        total = total.rotate_left(1) ^ value;
    }
    total + N as u32
}

#[ring_fn]
fn larger<T: Copy + PartialOrd + ringkernel::DeviceValue>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

#[ring_fn]
fn generics(a: [u32; 3], b: [u32; 5], x: f32, y: f32) -> (u32, f32, u32) {
    (generic(a) / 2 + generic(b) / 2, larger(x, y), larger(a[0], b[0]))
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("structs", structs(f32, f32)),
        case!("structs", struct_update(f32)),
        case!("structs", newtypes(f32)),
        case!("structs", unit_structs(u32)),
        case!("tuples", tuples(u32, bool)),
        case!("enums with data", enums(u8, f32, u8)),
        case!("enums without data", fieldless(u8)),
        case!("bindings by reference", bindings_by_reference(u8, f32)),
        case!("bindings by reference", references_into_a_tuple(u32, u32)),
        case!("bindings by reference", references_into_a_value(u32, u32)),
        case!("`match` with guards", guards(u8, f32, u8)),
        case!("patterns", patterns_of_numbers(i32, u8)),
        case!("patterns", alternatives_with_bindings(u8, f32)),
        case!("patterns in parameters", destructured(u32, (u32, u8), [u16; 2], f32)),
        case!("`let` .. `else`", let_else(Option<u32>, u32)),
        case!("`if let` and chains", if_let_chains(Option<u32>, Option<u8>)),
        case!("`while let`", while_let(u32)),
        case!("`matches!`", matches_macro(u8, f32, u8)),
        case!("`==` on types that derive `PartialEq`", equality(u8, u8, f32)),
        case!("`Option`", options(Option<u32>, u32)),
        case!("`Option`", unwrap(Option<i16>)),
        case!("methods of `Option`", methods_of_options(Option<u32>, Option<u32>, Option<i8>)),
        case!("methods of `Option`", expected_of(Option<(f32, f32)>, Option<u8>)),
        case!("`?` on `Option`", question_mark(Option<u32>, Option<u32>)),
        case!("constants", constants(u32)),
        case!("constants", tables(usize, u8)),
        case!("references", references(u32, u32)),
        case!("`swap`, `replace`, `take`", memory(u32, u32)),
        case!("generic functions", generics([u32; 3], [u32; 5], f32, f32)),
    ]
}
