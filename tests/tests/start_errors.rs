//! What is only found when a system starts: said at the user's line, all of it at once, with what to write instead.

use ringkernel::Actor;
use ringkernel::prelude::*;
use ringkernel_codegen::desc::{ActorDesc, FloatType, HandlerDesc, Tables, TypeDesc};
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

#[ring_actor]
struct Lazy {
    n: u32,
}

#[ring_actor]
impl Lazy {
    #[handler]
    fn go(&mut self, m: Go) {
        let all = 0..m.n;
        for i in all {
            self.n ^= i;
        }
    }
}

#[test]
fn a_range_that_is_stored() {
    let text = errors(&[Lazy::desc]);
    assert!(text.contains("error[RK0105]: a range is no value in device code"), "{text}");
    assert!(text.contains("help: write it in the head of a `for`"), "{text}");
}

#[ring_message]
struct Wrapped<T>(T);

#[ring_actor]
struct Archive<T> {
    last: T,
}

#[ring_actor]
impl<T: Copy + Send + 'static> Archive<T> {
    #[handler]
    fn keep(&mut self, m: Wrapped<T>) {
        self.last = m.0;
    }
}

/// What is not generic is refused when it is compiled.
#[test]
fn a_message_that_is_too_large_for_what_it_wraps() {
    let fits = Program { actors: vec![Archive::<[u64; 22]>::desc()], ..Program::default() };
    compile(&fits).expect("176 bytes fit");
    let text = errors(&[Archive::<[u64; 64]>::desc]);
    assert!(text.contains("error[RK0107]: message `Wrapped` has 512 bytes; at most 180 fit"), "{text}");
    assert!(text.contains("help: send it in parts, or put the data into a `SharedSlice`"), "{text}");
}

#[ring_actor]
struct Chatty {
    all: [u64; 22],
}

#[ring_actor]
impl Chatty {
    #[handler]
    fn go(&mut self, _: Go, ctx: &mut Context<Self>) {
        let a = self.all;
        trace!(
            ctx,
            "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
            a[0],
            a[1],
            a[2],
            a[3],
            a[4],
            a[5],
            a[6],
            a[7],
            a[8],
            a[9],
            a[10],
            a[11],
            a[12],
            a[13],
            a[14],
            a[15],
            a[16],
            a[17],
            a[18],
            a[19],
            a[20],
            a[21]
        );
    }
}

#[test]
fn a_trace_that_is_too_large_for_a_message() {
    let text = errors(&[Chatty::desc]);
    assert!(text.contains("error[RK0107]: this trace has 184 bytes; at most 180 fit"), "{text}");
}

#[ring_actor]
struct Scale {
    by: f32,
}

#[ring_actor]
impl Scale {
    #[handler]
    fn go(&mut self, m: Go) {
        self.by = m.n as f32;
    }
}

/// The actor with other types than rustc's; no Rust can be written that has them.
fn with_types(tables: fn() -> Tables) -> ActorDesc {
    let handlers: Vec<HandlerDesc> =
        Scale::desc().handlers.iter().map(|handler| HandlerDesc { tables, ..*handler }).collect();
    ActorDesc { handlers: handlers.leak(), ..Scale::desc() }
}

fn replaced(from: TypeDesc, to: TypeDesc) -> Tables {
    let mut tables = (Scale::desc().handlers[0].tables)();
    tables.types.iter_mut().filter(|ty| **ty == from).for_each(|ty| *ty = to);
    tables
}

#[test]
fn floats_of_16_bits() {
    let half = || with_types(|| replaced(TypeDesc::Float(FloatType::F32), TypeDesc::Float(FloatType::F16)));
    let text = errors(&[half]);
    assert!(text.contains("error[RK0103]: 16-bit floats have no such conversion"), "{text}");
    assert!(text.contains("help: go by `f32`"), "{text}");
}

#[test]
fn types_that_do_not_fit_the_text_are_our_bug_and_no_panic() {
    let wrong = || with_types(|| Tables { types: Vec::new(), ..replaced(TypeDesc::Unit, TypeDesc::Unit) });
    let text = errors(&[wrong]);
    assert!(text.contains("error[RK0199]: "), "{text}");
    assert!(text.contains("help: this is a bug in RingKernel; please report it with this function"), "{text}");
    assert!(text.contains("tests/tests/start_errors.rs:"), "{text}");
}

/// A GPU would not take it, so a build with debug assertions does not start it where there is none.
#[test]
fn a_start_says_the_same_without_a_gpu() {
    let builder = || System::builder().actors(1, |_| Recursive { n: 0 });
    match builder().start() {
        Err(ringkernel::StartError::Compile(reports)) => {
            assert!(reports.contains("error[RK0101]: recursion in device code"), "{reports}");
        }
        Err(other) => panic!("{other}"),
        Ok(_) if cfg!(debug_assertions) => panic!("it has started"),
        Ok(_) => {}
    }
    let system = builder().backend(Backend::Cpu).start().expect("it runs on the CPU as it is");
    let answer = system.actor::<Recursive>(0).ask(Go { n: 5 }).expect("a question").wait();
    assert_eq!(answer.ok(), Some(false));
}
