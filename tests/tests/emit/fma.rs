//! Contraction, only where it is asked for.

use ringkernel::Actor;
use ringkernel::prelude::*;

#[ring_message]
struct Step {
    dt: f32,
}

#[ring_message]
struct Fast {
    a: f32,
    b: f32,
}

#[ring_actor]
struct Body {
    x: f32,
    v: f32,
}

#[ring_actor]
impl Body {
    #[handler]
    fn exact(&mut self, m: Step) -> f32 {
        self.x + self.v * m.dt - self.x * self.x
    }

    #[handler(fma)]
    fn fast(&mut self, m: Fast) -> f32 {
        self.x = m.a * m.b + self.x;
        self.x + self.v * m.a - self.x * self.x
    }
}

#[test]
fn fma() {
    super::check("fma", &[Body::desc]);
}
