#![allow(unused)]

use ringkernel::prelude::*;

#[ring_message]
struct Go {
    n: u32,
}

#[ring_actor]
struct Lab {
    total: u32,
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        let text = "first";
        match m.n {
            0 => println!("second"),
            n if (|| n > 1)() => {}
            _ => async {}.await,
        }
    }

    #[handler]
    fn other(self, m: Go) {}

    fn helper(&self, x: *const u32) -> u32 {
        unsafe { *x }
    }
}

fn uses(system: &System, ctx: &mut Context<Lab>) {
    let lab = system.actor::<Lab>(0);
    ctx.tell(lab.addr(), Go { n: 1 });
}

fn main() {}
