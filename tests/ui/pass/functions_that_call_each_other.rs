//! To rustc and to the macros a cycle of functions is nothing special; the compiler of device code refuses it at start.
use ringkernel::Actor;
use ringkernel::prelude::*;
use ringkernel_codegen::{Program, compile};

#[ring_message]
struct Go(u32);

#[ring_actor]
struct Lab {
    even: bool,
}

#[ring_actor]
impl Lab {
    #[handler]
    fn go(&mut self, Go(n): Go) {
        self.even = even(n);
    }
}

#[ring_fn]
fn even(n: u32) -> bool {
    n == 0 || odd(n - 1)
}

#[ring_fn]
fn odd(n: u32) -> bool {
    n != 0 && even(n - 1)
}

fn main() {
    let program = Program { actors: vec![Lab::desc()], ..Program::default() };
    let Err(errors) = compile(&program) else { panic!("recursion was accepted") };
    assert!(errors[0].to_string().contains("even"), "{}", errors[0]);
}
