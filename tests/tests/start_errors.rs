//! What is only found when a system starts: said at the user's line, all of it at once, with what to write instead.

use ringkernel::Actor;
use ringkernel::prelude::*;
use ringkernel_codegen::desc::ActorDesc;
use ringkernel_codegen::{Program, compile};

fn errors(actors: &[fn() -> ActorDesc]) -> String {
    let program = Program { actors: actors.iter().map(|actor| actor()).collect(), ..Program::default() };
    let errors = compile(&program).expect_err("errors");
    errors.iter().map(|error| format!("{error}\n")).collect()
}

#[ring_message]
struct Go {
    n: u32,
}

#[ring_fn]
fn even(n: u32) -> bool {
    if n == 0 { true } else { odd(n - 1) }
}

#[ring_fn]
fn odd(n: u32) -> bool {
    if n == 0 { false } else { even(n - 1) }
}

#[ring_actor]
struct Recursive {
    n: u32,
}

#[ring_actor]
impl Recursive {
    #[handler]
    fn go(&mut self, m: Go) -> bool {
        even(m.n)
    }
}

#[test]
fn recursion() {
    let text = errors(&[Recursive::desc]);
    assert!(text.contains("error[RK0101]: recursion in device code: `even` calls `odd` calls `even`"), "{text}");
    assert!(text.contains("start_errors.rs:2"), "{text}");
    assert!(text.contains("help: write a loop"), "{text}");
}

#[derive(DeviceType, Clone, Copy)]
struct Money(u64);

impl std::ops::Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

#[ring_actor]
struct Several {
    n: u32,
    money: Money,
    all: [u32; 4],
}

#[ring_actor]
impl Several {
    #[handler]
    fn go(&mut self, m: Go) {
        self.n = m.n + *self.all.iter().max().unwrap();
        self.money = self.money + Money(1);
    }
}

#[test]
fn all_are_reported_with_their_places() {
    let text = errors(&[Several::desc]);
    assert!(text.contains("error[RK0102]: `iter` on `[u32; 4]` cannot be called from device code"), "{text}");
    assert!(text.contains("error[RK0104]: `+` on `Money` has no meaning in device code"), "{text}");
    for line in text.lines().filter(|line| line.contains("-->")) {
        assert!(line.contains("tests/tests/start_errors.rs:"), "{text}");
    }
    for internal in ["TypeDesc", "FnModel", "Expr", "witness"] {
        assert!(!text.contains(internal), "{text}");
    }
}

/// Equal if close: a device that compared bit by bit would not be.
#[derive(DeviceType, Clone, Copy)]
struct Close(f32);

impl PartialEq for Close {
    fn eq(&self, other: &Self) -> bool {
        (self.0 - other.0).abs() < 0.01
    }
}

impl PartialOrd for Close {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        other.0.partial_cmp(&self.0)
    }
}

#[derive(DeviceType, Clone, Copy, PartialEq)]
struct Around {
    n: u32,
    close: Option<Close>,
}

#[ring_fn]
fn same<T: PartialEq + ringkernel::DeviceValue>(a: &T, b: &T) -> bool {
    a == b
}

#[ring_actor]
struct Comparing {
    seen: [Around; 2],
    by: Close,
}

#[ring_actor]
impl Comparing {
    #[handler]
    fn go(&mut self, m: Go) -> bool {
        let fresh = Around { n: m.n, close: Some(self.by) };
        same(&self.by, &Close(1.0)) || self.by < Close(2.0) || self.seen.contains(&fresh) || self.seen[0].n == fresh.n
    }
}

#[test]
fn comparisons_by_hand_that_device_code_cannot_call() {
    let text = errors(&[Comparing::desc]);
    for (operator, on) in [("==", "Close"), ("<", "Close"), ("contains", "[Around; 2]")] {
        let wanted = format!("error[RK0104]: `{operator}` on `{on}` does not compare field by field");
        assert!(text.contains(&wanted), "{wanted} in {text}");
    }
    assert_eq!(text.matches("error[").count(), 3, "{text}");
}

#[ring_actor]
struct Lonely {
    other: Addr<Recursive>,
}

#[ring_actor]
impl Lonely {
    #[handler]
    fn go(&mut self, m: Go, ctx: &mut Context<Self>) {
        ctx.tell(self.other, m);
    }
}

#[test]
fn a_message_to_an_actor_type_that_is_not_there() {
    let text = errors(&[Lonely::desc]);
    assert!(text.contains("error[RK0106]: actor type `Recursive` is not part of this system"), "{text}");
}
