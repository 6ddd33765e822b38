//! Every call of the context, shared data, replies that are kept, and the free functions of the library.
#![allow(unused)]

use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use ringkernel::Actor;
use ringkernel::prelude::*;
use ringkernel_codegen::{Program, compile};

#[ring_message]
struct Go {
    to: u32,
}

#[ring_message]
struct Later;

#[ring_message]
#[derive(Clone, Copy)]
struct Report {
    at: u32,
}

#[ring_actor]
struct Walker {
    edges: SharedSlice<(u32, f32)>,
    visits: SharedAtomics<u32>,
    kept: Option<Reply<u32>>,
    all: [Option<Reply<u32>>; 2],
}

#[ring_actor]
impl Walker {
    #[handler]
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        for i in 0..self.edges.len() {
            let (to, weight) = self.edges[i];
            if weight > 0.5 && self.visits[to as usize].fetch_add(1, Relaxed, Scope::Device) == 0 {
                ctx.tell(ctx.actor::<Walker>(to), Go { to });
            }
        }
        for &(to, _) in self.edges.iter() {
            self.visits[to as usize].store(0, Ordering::Release, Scope::System);
        }
        let next: Addr<Self> = ctx.actor(m.to + 1);
        if next != ctx.me() {
            match ctx.try_tell(next, Go { to: m.to }) {
                Ok(()) => {}
                Err(Full(Go { to })) => ctx.tell(next, Go { to }),
            }
            if ctx.try_tell(next, Go { to: 3 }).is_err() {
                return;
            }
        }
        let who = ctx.sender();
        if who.is_host() || who == ctx.me().any() {
            self.visits[0].fetch_max(ctx.me().raw() as u32 + 1, Relaxed, Scope::Device);
        }
        ctx.host().tell(Report { at: m.to });
        fence(AcqRel, Scope::Block);
        if let Some(reply) = self.kept.take() {
            reply.send(m.to);
        }
        std::mem::swap(&mut self.kept, &mut self.all[0]);
        let old = std::mem::replace(&mut self.kept, None);
        helper(ctx, m.to);
    }

    #[handler]
    fn later(&mut self, _: Later, reply: Reply<u32>) {
        self.kept = Some(reply);
    }
}

#[ring_fn]
fn helper(ctx: &mut Context<Walker>, at: u32) {
    trace!(ctx, "at {at}");
    ctx.host().tell(Report { at: at.min(3) });
}

fn main() {
    let program = Program { actors: vec![Walker::desc()], ..Program::default() };
    if let Err(errors) = compile(&program) {
        panic!("{}", errors[0]);
    }
}
