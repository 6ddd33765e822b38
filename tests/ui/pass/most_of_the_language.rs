//! Most of the language in a few handlers, as nobody would write it.
#![allow(unused)]

use ringkernel::prelude::*;
use ringkernel_codegen::{Program, compile};
use ringkernel::Actor;

mod shapes {
    use ringkernel::prelude::*;
    #[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
    pub(crate) enum Maybe<T> { Nothing, Just(T) }
    #[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
    pub(crate) enum Compass { N, E, S, W }
    #[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
    pub(crate) struct Meters(pub f32);
    #[ring_fn] impl Meters {
        pub(crate) const ZERO: Self = Self(0.0);
        pub(crate) fn add(self, o: Self) -> Self { Self(self.0 + o.0) }
        pub(crate) fn bump(&mut self, by: f32) -> &mut f32 { self.0 += by; &mut self.0 }
        pub(crate) fn grow(mut self) -> Self { self.0 *= 2.0; self }
        pub(crate) fn split(self) -> (f32, f32) { let Self(x) = self; (x, -x) }
    }
    #[derive(DeviceType, Clone, Copy, PartialEq, Debug)]
    pub(crate) struct Matrix<const R: usize, const C: usize> { pub cells: [[f32; C]; R] }
    #[ring_fn] impl<const R: usize, const C: usize> Matrix<R, C> {
        pub(crate) fn zero() -> Self { Self { cells: [[0.0; C]; R] } }
        pub(crate) fn at(&self, r: usize, c: usize) -> f32 { self.cells[r][c] }
        pub(crate) fn trace(&self) -> f32 { let mut t = 0.0; let n = if R < C { R } else { C }; for i in 0..n { t += self.at(i, i); } t }
    }
    #[ring_fn] pub(crate) fn first<T: Copy, const N: usize>(a: [T; N]) -> Option<T> { if N == 0 { None } else { Some(a[0]) } }
    #[ring_fn] pub(crate) fn fill<'a>(out: &'a mut [u32], value: u32) -> &'a mut [u32] { for x in out.iter_mut() { *x = value; } out }
    #[ring_fn] pub(crate) fn pick(d: Compass) -> i32 { match d { Compass::N => 0, Compass::E => 1, Compass::S | Compass::W => -1 } }
    #[ring_fn] pub(crate) fn larger<T>(a: T, b: T) -> T where T: PartialOrd + Copy { if a > b { a } else { b } }
}
use shapes::*;
use std::cmp::min;
use std::mem::swap;

#[ring_message] struct Go { n: u32, pair: (u8, i64) }
#[ring_message] enum Cmd { Stop, Set { to: f32 }, Add(f32, f32) }
#[ring_message] struct Ask;

#[ring_actor]
struct Lab<const N: usize> {
    grid: [u32; N],
    maybe: Maybe<u32>,
    dir: Compass,
    m: Meters,
    kept: Option<AnyAddr>,
    mat: Matrix<2, 3>,
    flags: [bool; 3],
    opt: Option<Meters>,
    t: (u32, (f32, bool)),
}

const LIMIT: u32 = 10;
const TABLE: [i32; 4] = [1, -2, 3, -4];

#[ring_actor]
impl<const N: usize> Lab<N> {
    #[handler]
    fn go(&mut self, Go { n, pair: (a, b) }: Go, ctx: &mut Context<Self>) {
        const HERE: u32 = LIMIT * 2;
        use shapes::Compass::*;
        let x = 5; let x = x + n; let mut y = x << 3u8; y |= 0xff; y ^= !x;
        let z: i64 = b - -5 * TABLE[2] as i64;
        let k = -128i8; let w = k.wrapping_neg().wrapping_sub(1);
        let big = 1u128 << 100; let bits = (big as f32).to_bits().count_ones();
        let v = 'blk: { if n > HERE { break 'blk 1.5f32; } 2.0 };
        let mut total = 0.0;
        'a: for i in (0..n).rev() {
            for (j, &g) in self.grid.iter().enumerate() {
                if g == i { continue 'a; }
                if j > 3 { break 'a; }
                total += g as f32 * v;
            }
        }
        for i in (0..=10u64).step_by(2) { total += i as f32; }
        for (p, q) in self.grid.iter().zip(TABLE.iter()) { total -= (*p as i32 * *q) as f32; }
        for p in self.grid.iter().copied() { total += p as f32; }
        for p in TABLE { total += p as f32; }
        for p in &mut self.grid { *p += 1; }
        for p in &self.grid[1..] { total += *p as f32; }
        let res = loop { y -= 1; if y % 7 == 0 { break y } };
        let late; if res > 3 { late = 1u8 } else { late = 2 }
        self.dir = match (self.dir, a) { (N, 0) => E, (E, 1..=5) => S, (d @ (S | W), _) => d, (_, u8::MAX) => Compass::W, (_, _) => return };
        let s = shapes::pick(self.dir);
        let code = self.dir as u32;
        match s { -1 => {}, 0 | 1 => y += 1, i32::MIN..=-2 => panic!("bad {}", s), 2.. => unreachable!() }
        self.maybe = match self.maybe { Maybe::Nothing => Maybe::Just(n), Maybe::Just(ref q) if *q > 3 => Maybe::Nothing, Maybe::Just(mut q) => { q += 1; Maybe::Just(q) } };
        if let Maybe::Just(q) = &mut self.maybe { *q += 1; } else if let Maybe::Nothing = self.maybe { y = 0; }
        let Some(f) = first(self.grid) else { return; };
        let g = first::<u8, 2>([1, 2]);
        let h = self.calc(f);
    }
    #[handler]
    fn cmd(&mut self, c: Cmd, ctx: &mut Context<Self>) {
        let amount = match c { Cmd::Stop => return, Cmd::Set { to } => to, Cmd::Add(a, b) => a.max(b).mul_add(2.0, 1.0f32.sqrt()) };
        *self.m.bump(amount) = 3.0;
        self.m = self.m.add(Meters(1.0)).grow().add(Meters::ZERO).add(Meters { 0: 2.5 });
        let (p, q) = self.m.split();
        swap(&mut self.t.0, &mut self.grid[0]);
        let (ref mut l, (r, _)) = self.t; *l = min(*l, 3); 
        let fl = self.flags[0] && !self.flags[1] || self.flags.len() == 3;
        let mat = Matrix { cells: [[1.0; 3], [2.0; 3]], ..self.mat };
        let tr = mat.trace() + self.mat.at(0, 1) + Matrix::<2, 2>::zero().trace();
        fill(&mut self.grid[..], 7)[0] = 1;
        let part = &self.grid[1..N];
        if let [one, .., last] = part { assert_eq!(one, last, "same"); }
        if let [one, rest @ ..] = &self.grid[..] { debug_assert!(rest.len() < 10); }
        let [a, b, c] = self.flags;
        let e = larger(1.5, p); let e2 = larger::<u32>(3, self.t.0);
        let same = self.m == Meters(1.0) && self.dir != Compass::N;
        if let Some(Meters(x)) = self.opt && x > 1.0 && let Some(k) = self.kept.take() { let _ = k; }
        let pi = std::f32::consts::PI * core::f64::consts::E as f32;
        let ov = u32::MAX.checked_add(1).unwrap_or(0).saturating_sub(2);
        let un = f32::from_bits(0x3f80_0000) + u8::from(true) as f32;
        let u = { let t = 1u32; t } + 1;
        if ov > 3 { } else { };
        let refs = &&self.t.0; let d = **refs + 1;
        let nested = Some(Some(3u8)); if let Some(Some(x @ 1..4)) = nested {} 
        let xs = [(); 3]; let unit = ();
        let _ = matches!(nested, Some(Some(n)) if n > 2);
        _ = un;
        trace!(ctx, "p = {p}, {} {1}", q, d);
    }
    #[handler] fn ask(&mut self, _: Ask, reply: Reply<u32>) { reply.send(3) }
    fn calc(&self, f: u32) -> Option<u32> { let a = f.checked_sub(3)?; Some(a + N as u32) }
}

fn main() {
    let program = Program { actors: vec![Lab::<5>::desc()], ..Program::default() };
    if let Err(errors) = compile(&program) {
        panic!("{}", errors[0]);
    }
}
