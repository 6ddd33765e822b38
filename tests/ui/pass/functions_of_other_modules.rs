//! Paths of every kind, raw names, elided lifetimes, and functions that are generic over actors.
#![allow(unused)]

use ringkernel::prelude::*;
use ringkernel::{Actor, Handles};
use ringkernel_codegen::{Program, compile};

mod outer {
    use ringkernel::prelude::*;

    pub(super) mod inner {
        use ringkernel::prelude::*;

        pub(crate) const SEVEN: u32 = 7;

        #[ring_fn]
        pub(in super::super) fn one(x: u32) -> u32 {
            self::two(super::three(x)) + super::super::top(1) + crate::top(2)
        }

        #[ring_fn]
        fn two(x: u32) -> u32 {
            x * 2
        }
    }

    #[ring_fn]
    fn three(x: u32) -> u32 {
        x * 3
    }
}

use outer::inner::one as renamed;

#[ring_fn]
fn top(x: u32) -> u32 {
    u32::max(x, 3).pow(2) + i32::pow(2, 3) as u32 + f32::sqrt(2.0) as u32
}

#[ring_fn]
fn r#match(r#type: u32) -> u32 {
    r#type
}

#[ring_fn]
fn parts(of: &mut [u32; 4]) -> (&mut u32, u32) {
    let [a, b, ..] = of;
    (a, *b)
}

#[ring_fn]
fn send<A: Actor, B: Handles<Go>>(ctx: &mut Context<A>, to: Addr<B>, n: u32) -> bool {
    ctx.tell(to, Go(n));
    ctx.try_tell(to, Go(n + 1)).is_ok()
}

#[ring_message]
struct Go(u32);

#[ring_actor]
struct Lab {
    values: [u32; 4],
    sent: bool,
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, Go(n): Go, ctx: &mut Context<Self>) {
        self.sent = send(ctx, ctx.me(), n);
        let (a, b) = parts(&mut self.values);
        *a += b;
        self.values[1] = renamed(outer::inner::SEVEN) + r#match(3);
    }
}

fn main() {
    let program = Program { actors: vec![Lab::desc()], ..Program::default() };
    if let Err(errors) = compile(&program) {
        panic!("{}", errors[0]);
    }
}
