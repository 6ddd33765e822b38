//! Operators and comparisons of users' types.

use crate::case::{Case, case};
use ringkernel::prelude::DeviceType;
use ringkernel::ring_fn;
use std::cmp::Ordering;
use std::ops::{Add, AddAssign, BitXor, Mul, MulAssign, Neg, Not, Rem, Shl, Sub};

#[derive(DeviceType, Clone, Copy, PartialEq, Debug, Default)]
struct Vec3 {
    x: f32,
    y: f32,
    z: f32,
}

#[ring_fn]
impl Add for Vec3 {
    type Output = Self;
    fn add(self, other: Self) -> Self::Output {
        Self { x: self.x + other.x, y: self.y + other.y, z: self.z + other.z }
    }
}

#[ring_fn]
impl<'a> Sub<&'a Vec3> for &'a Vec3 {
    type Output = Vec3;
    fn sub(self, other: &'a Vec3) -> Vec3 {
        Vec3 { x: self.x - other.x, y: self.y - other.y, z: self.z - other.z }
    }
}

#[ring_fn]
impl Mul for Vec3 {
    type Output = f32;
    fn mul(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }
}

#[ring_fn]
impl Mul<f32> for Vec3 {
    type Output = Vec3;
    fn mul(self, by: f32) -> Self::Output {
        Vec3 { x: self.x * by, y: self.y * by, z: self.z * by }
    }
}

#[ring_fn]
impl Mul<Vec3> for f32 {
    type Output = Vec3;
    fn mul(self, of: Vec3) -> Vec3 {
        of * self
    }
}

#[ring_fn]
impl MulAssign<f32> for Vec3 {
    fn mul_assign(&mut self, by: f32) {
        *self = *self * by;
    }
}

#[ring_fn]
impl Neg for Vec3 {
    type Output = Vec3;
    fn neg(self) -> Vec3 {
        Vec3 { x: -self.x, y: -self.y, z: -self.z }
    }
}

#[ring_fn]
fn vectors(a: f32, b: f32, c: f32) -> (Vec3, f32, Vec3) {
    let (v, w) = (Vec3 { x: a, y: b, z: c }, Vec3 { x: c, y: 1.0, z: a });
    let mut sum = 2.0 * (v + w * 0.5) + -v;
    sum *= b;
    let all = [v, w];
    (sum, v * w, &all[0] - &all[1])
}

/// An integer modulo 97; it can fail.
#[derive(DeviceType, Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Residue<const N: u32>(u32);

#[ring_fn]
impl<const N: u32> Add for Residue<N> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0) % N)
    }
}

#[ring_fn]
impl<const N: u32> AddAssign<u32> for Residue<N> {
    fn add_assign(&mut self, other: u32) {
        assert!(other < N, "out of range");
        self.0 = (self.0 + other) % N;
    }
}

#[ring_fn]
impl<const N: u32> Rem<u32> for Residue<N> {
    type Output = u32;
    fn rem(self, by: u32) -> u32 {
        self.0 % by
    }
}

#[ring_fn]
impl<const N: u32> Not for Residue<N> {
    type Output = Residue<N>;
    fn not(self) -> Residue<N> {
        Self((N - self.0) % N)
    }
}

#[ring_fn]
impl<const N: u32> Shl<u8> for Residue<N> {
    type Output = Self;
    fn shl(self, by: u8) -> Self {
        Self((self.0 << (by % 8)) % N)
    }
}

#[ring_fn]
impl<const N: u32> BitXor<bool> for Residue<N> {
    type Output = Self;
    fn bitxor(self, turn: bool) -> Self {
        if turn { !self } else { self }
    }
}

#[ring_fn]
fn residues(a: u32, b: u32, c: u8, d: bool) -> (Residue<97>, u32, bool) {
    let mut x = Residue::<97>(a % 97) + Residue(b % 97);
    x += u32::from(c);
    let y = (x << c) ^ d;
    (y, x % (b % 5), x == y)
}

/// Each operator writes down that it was there, and gives the old value.
#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
struct Log {
    seen: u32,
}

#[ring_fn]
impl AddAssign<Log> for Log {
    fn add_assign(&mut self, other: Log) {
        self.seen = self.seen.wrapping_mul(10).wrapping_add(other.seen);
    }
}

#[ring_fn]
fn note(log: &mut [Log; 3], at: u32) -> Log {
    let at = (at % 3) as usize;
    log[at] += Log { seen: 7 };
    log[(at + 1) % 3]
}

#[ring_fn]
fn order_of_operators(a: u32, b: u32) -> [Log; 3] {
    let mut log = [Log { seen: a }, Log { seen: b }, Log { seen: 1 }];
    let first = note(&mut log, a);
    log[(b % 3) as usize] += first;
    let mut at = 0;
    log[{
        at += 1;
        at
    }] += {
        at += 1;
        Log { seen: at as u32 }
    };
    log
}

/// Compared by its number alone.
#[derive(DeviceType, Clone, Copy, Debug)]
struct Tagged {
    number: i32,
    label: u32,
}

#[ring_fn]
impl PartialEq for Tagged {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl Eq for Tagged {}

#[ring_fn]
impl PartialOrd for Tagged {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[ring_fn]
impl Ord for Tagged {
    fn cmp(&self, other: &Self) -> Ordering {
        other.number.cmp(&self.number)
    }
}

#[ring_fn]
impl PartialEq<i32> for Tagged {
    fn eq(&self, other: &i32) -> bool {
        self.number == *other
    }
}

/// Nothing is less than something that is no number.
#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
struct Distance(f32);

#[ring_fn]
impl PartialOrd for Distance {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.0 < 0.0 { None } else { self.0.partial_cmp(&other.0) }
    }
}

#[ring_fn]
fn by_hand(a: i32, b: i32, c: u32, x: f32, y: f32) -> ([bool; 8], Ordering, [bool; 4]) {
    let (one, two) = (Tagged { number: a % 4, label: c }, Tagged { number: b % 4, label: 2 });
    let refs = (&one, &two);
    let equal = one == two;
    let (near, far) = (Distance(x), Distance(y));
    (
        [
            equal,
            one != two,
            one == a % 4,
            one < two,
            one <= two,
            one > two,
            one >= two,
            *refs.0 == *refs.1 && refs.0 == refs.1,
        ],
        one.cmp(&two),
        [near < far, near <= far, near > far, near >= far],
    )
}

#[ring_fn]
fn asserted(a: i32, b: i32) -> i32 {
    assert_eq!(Tagged { number: a % 3, label: 1 }, Tagged { number: b % 3, label: 2 }, "alike");
    assert_ne!(Tagged { number: a, label: 1 }, Tagged { number: 5, label: 1 }, "five");
    a
}

#[derive(DeviceType, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Suit {
    Clubs = 4,
    Diamonds = 2,
    Hearts = -3,
}

#[derive(DeviceType, Clone, Copy, PartialEq, PartialOrd, Debug)]
enum Card {
    Joker,
    Plain(Suit, u8),
    Weighed { by: f32 },
}

#[derive(DeviceType, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Version {
    major: i8,
    minor: [u16; 2],
    pre: Option<u8>,
}

#[ring_fn]
fn suit(a: u8) -> Suit {
    match a % 3 {
        0 => Suit::Clubs,
        1 => Suit::Diamonds,
        _ => Suit::Hearts,
    }
}

#[ring_fn]
fn card(a: u8, x: f32) -> Card {
    match a % 8 {
        0 => Card::Joker,
        1..=5 => Card::Plain(suit(a), a / 100),
        _ => Card::Weighed { by: x },
    }
}

#[ring_fn]
fn derived_orders(a: u8, b: u8, x: f32, y: f32) -> ([bool; 5], Option<Ordering>, Ordering) {
    let (one, two) = (card(a, x), card(b, y));
    (
        [one < two, one <= two, one > two, one >= two, (suit(a), x) < (suit(b), y)],
        one.partial_cmp(&two),
        suit(a).cmp(&suit(b)),
    )
}

#[ring_fn]
fn versions(a: i8, b: i8, c: [u16; 2], d: [u16; 2], e: Option<u8>) -> (Version, Version, Version, Ordering, bool) {
    let (one, two) = (Version { major: a % 2, minor: c, pre: e }, Version { major: b % 2, minor: d, pre: Some(3) });
    let low = one.min(two);
    let clamped = one.clamp(Version { major: 0, ..low }, two);
    (one.max(two), low, clamped, one.cmp(&two).reverse(), [one, two].contains(&clamped))
}

#[ring_fn]
fn orders_of_parts(a: (i32, u8), b: (i32, u8), c: [i16; 3], d: [i16; 3], e: Option<bool>) -> ([bool; 4], Ordering) {
    let (x, y) = (&c[..2], &d[1..]);
    let tuples = (a.0 % 3, a.1).cmp(&(b.0 % 3, b.1));
    let said = tuples.then(c.cmp(&d));
    ([x < y, e >= Some(false), a < b, said.is_le() && said.is_ne()], std::cmp::max(said, Ordering::Equal))
}

#[ring_fn]
fn ordering_of_numbers(a: i64, b: i64, x: f64, y: f64) -> (Ordering, Option<Ordering>, i32) {
    let sign = match a.cmp(&b) {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    };
    (a.cmp(&b), x.partial_cmp(&y), sign)
}

#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
struct Settings {
    rate: f32,
    on: bool,
}

#[ring_fn]
impl Default for Settings {
    fn default() -> Self {
        Self { rate: 0.5, on: true }
    }
}

#[ring_fn]
fn defaults(a: f32) -> (Settings, f32) {
    let settings = Settings::default();
    (Settings { rate: a, ..Settings::default() }, settings.rate)
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        case!("operators of your types", vectors(f32, f32, f32)),
        case!("operators of your types", residues(u32, u32, u8, bool)),
        case!("operators of your types", order_of_operators(u32, u32)),
        case!("comparisons written by hand", by_hand(i32, i32, u32, f32, f32)),
        case!("comparisons written by hand", asserted(i32, i32)),
        case!("order of types that derive it", derived_orders(u8, u8, f32, f32)),
        case!("order of types that derive it", versions(i8, i8, [u16; 2], [u16; 2], Option<u8>)),
        case!("order of types that derive it", orders_of_parts((i32, u8), (i32, u8), [i16; 3], [i16; 3], Option<bool>)),
        case!("`Ordering`", ordering_of_numbers(i64, i64, f64, f64)),
        case!("`Default` of your types", defaults(f32)),
    ]
}
