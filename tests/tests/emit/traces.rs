//! `trace!`

use ringkernel::prelude::*;

#[ring_message]
struct Step {
    by: f32,
}

#[ring_actor]
struct Body {
    x: f32,
    steps: u32,
}

#[ring_actor]
impl Body {
    #[handler]
    fn step(&mut self, m: Step, ctx: &mut Context<Self>) {
        trace!(ctx, "step {} by {}", self.steps, m.by);
        if self.x > 1.0 {
            trace!(ctx, "far away");
        }
    }
}

emits!(actors: Body; Functions, Traces);
