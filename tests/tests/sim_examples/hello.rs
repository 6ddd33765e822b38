//! What `examples/hello.rs` has before its `main`; a test compares the two.

use ringkernel::prelude::*;

#[ring_message]
pub(crate) struct Greet {
    pub(crate) times: u32,
}

#[ring_message]
pub(crate) struct HowOften;

#[ring_actor]
pub(crate) struct Greeter {
    pub(crate) greeted: u32,
}

#[ring_actor]
impl Greeter {
    #[handler]
    fn greet(&mut self, m: Greet) {
        self.greeted += m.times;
    }

    #[handler]
    fn how_often(&mut self, _: HowOften) -> u32 {
        self.greeted
    }
}
