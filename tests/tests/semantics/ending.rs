use std::thread;
use std::time::{Duration, Instant};

use ringkernel::prelude::*;
use ringkernel::{BackendKind, EndError, RecvError, StartError};

use crate::{PATIENCE, builder};

#[ring_message]
struct Spin;

#[ring_message]
struct Tick {
    number: u64,
}

#[ring_message]
struct Chatter {
    left: u32,
}

#[ring_message]
struct HowOften;

#[ring_actor]
struct Looper {
    count: u64,
}

#[ring_actor]
impl Looper {
    /// Goes on for ever, a message at a time.
    #[handler]
    fn spin(&mut self, _: Spin, ctx: &mut Context<Self>) {
        self.count += 1;
        ctx.tell(ctx.me(), Spin);
    }

    #[handler]
    fn tick(&mut self, m: Tick, ctx: &mut Context<Self>) {
        ctx.host().tell(Tick { number: m.number });
    }

    #[handler]
    fn chatter(&mut self, m: Chatter, ctx: &mut Context<Self>) {
        for i in 0..4 {
            ctx.host().tell(Tick { number: self.count + i });
        }
        self.count += 4;
        if m.left > 0 {
            ctx.tell(ctx.me(), Chatter { left: m.left - 1 });
        }
    }

    #[handler]
    fn how_often(&mut self, _: HowOften) -> u64 {
        self.count
    }
}

fn looper(_: u32) -> Looper {
    Looper { count: 0 }
}

#[test]
fn a_system_full_of_work_stops_at_once() {
    let system = builder().actors(100, looper).start().unwrap();
    for i in 0..100 {
        system.actor::<Looper>(i).tell_timeout(Spin, PATIENCE).unwrap();
    }
    let start = Instant::now();
    while system.stats().handled <= 100 {
        assert!(start.elapsed() < PATIENCE, "{}", system.stats());
        thread::sleep(Duration::from_millis(1));
    }
    // The work has no end, so a stop that waited for it would not come back.
    system.stop();
    let stats = system.join_timeout(PATIENCE).unwrap();
    assert!(stats.handled > 100);
    assert_eq!(stats.in_flight(), 100, "what waited is counted: {stats}");
}

#[test]
fn an_inbox_gives_what_there_is_and_then_says_that_the_system_has_stopped() {
    let system = builder().actors(1, looper).start().unwrap();
    let inbox = system.inbox::<Tick>();
    assert_eq!(inbox.try_recv().map(|tick| tick.number), Err(RecvError::Empty));
    for number in 0..10 {
        system.actor::<Looper>(0).tell(Tick { number }).unwrap();
    }
    assert!(system.settle(PATIENCE));
    system.stop();
    system.join().unwrap();
    let numbers: Vec<_> = inbox.iter().map(|tick| tick.number).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    assert_eq!(inbox.recv().map(|tick| tick.number), Err(RecvError::Stopped));
}

#[test]
fn what_actors_told_the_host_before_a_stop_arrives() {
    const ACTORS: u32 = 20;
    const EACH: u64 = 100;
    let system = builder().actors(ACTORS, looper).start().unwrap();
    let inbox = system.inbox::<Tick>();
    for i in 0..ACTORS {
        system.actor::<Looper>(i).tell_timeout(Chatter { left: EACH as u32 / 4 - 1 }, PATIENCE).unwrap();
    }
    for i in 0..ACTORS {
        while system.actor::<Looper>(i).ask(HowOften).unwrap().wait().unwrap() != EACH {}
    }
    // Whatever is on its way to the host now is not waited for, but by the stop itself.
    system.stop();
    system.join().unwrap();
    assert_eq!(inbox.iter().count() as u64, u64::from(ACTORS) * EACH);
}

#[test]
fn a_receiver_that_sleeps_is_woken_by_a_message_and_by_the_end() {
    let system = builder().actors(1, looper).start().unwrap();
    let inbox = system.inbox::<Tick>();
    let receiver = thread::spawn(move || (inbox.recv().map(|tick| tick.number), inbox.recv().map(|tick| tick.number)));
    thread::sleep(Duration::from_millis(30));
    system.actor::<Looper>(0).tell(Tick { number: 4 }).unwrap();
    assert!(system.settle(PATIENCE));
    thread::sleep(Duration::from_millis(30));
    drop(system);
    assert_eq!(receiver.join().unwrap(), (Ok(4), Err(RecvError::Stopped)));
}

#[ring_message]
struct Await;

#[ring_actor]
struct Waiter {
    /// Whether it may end; whether it has begun.
    gate: SharedAtomics<u32>,
}

#[ring_actor]
impl Waiter {
    /// What no handler should do: it does not come back before the host lets it.
    #[handler]
    fn wait(&mut self, _: Await) {
        self.gate[1].store(1, Ordering::Release, Scope::System);
        while self.gate[0].load(Ordering::Acquire, Scope::System) == 0 {}
    }
}

#[test]
fn a_handler_that_does_not_come_back_is_named() {
    let gate = SharedAtomics::<u32>::zeros(2);
    let of_actor = gate.clone();
    let system = builder().actors(3, move |_| Waiter { gate: of_actor.clone() }).start().unwrap();
    if system.backend() != BackendKind::Cpu {
        return;
    }
    system.actor::<Waiter>(1).tell(Await).unwrap();
    let start = Instant::now();
    while gate[1].load(Ordering::Acquire, Scope::System) == 0 {
        assert!(start.elapsed() < PATIENCE, "it does not begin");
        thread::yield_now();
    }
    system.stop();
    match system.join_timeout(Duration::from_millis(50)) {
        Err(EndError::StopTimeout { busy, .. }) => assert!(busy.contains("Waiter#1"), "{busy}"),
        other => panic!("{other:?}"),
    }
    gate[0].store(1, Ordering::Release, Scope::System);
    assert!(system.join_timeout(PATIENCE).is_ok());
}

#[test]
fn a_system_that_does_not_leave_the_device_for_another_is_named() {
    let gate = SharedAtomics::<u32>::zeros(2);
    let stubborn = builder().actors(3, move |_| Waiter { gate: gate.clone() }).start().unwrap();
    // On an emulated device other tests start systems at the same time, which would fail as well.
    if stubborn.backend() == BackendKind::Cpu || stubborn.device().contains("emulated") {
        return;
    }
    stubborn.actor::<Waiter>(1).tell(Await).unwrap();
    thread::sleep(Duration::from_millis(100));
    match builder().actors(1, looper).start() {
        Err(StartError::Cuda(text)) => assert!(text.contains("the system of 3 Waiter"), "{text}"),
        other => panic!("{other:?}"),
    }
    // It is on its way out; a stop ends it where it is.
    drop(stubborn);
    let system = builder().actors(1, looper).start().unwrap();
    system.actor::<Looper>(0).tell(Tick { number: 5 }).unwrap();
    assert_eq!(system.inbox::<Tick>().recv_timeout(PATIENCE).map(|tick| tick.number), Ok(5));
}

#[test]
fn many_systems_live_beside_each_other() {
    let systems: Vec<_> = (0..8).map(|_| builder().actors(3, looper).start().unwrap()).collect();
    for round in 0..100 {
        for system in &systems {
            system.actor::<Looper>(round % 3).tell_timeout(Tick { number: u64::from(round) }, PATIENCE).unwrap();
        }
    }
    for system in systems {
        assert_eq!(system.inbox::<Tick>().iter().take(100).count(), 100);
    }
}

#[test]
fn a_second_system_on_a_full_device_is_refused_by_name() {
    let full = builder().actors(100_000, looper).start().unwrap();
    // An emulated device has no multiprocessors to fill, and threads are shared.
    if full.backend() == BackendKind::Cpu || full.device().contains("emulated") {
        return;
    }
    match builder().actors(1, looper).start() {
        Err(StartError::DeviceFull { taken, .. }) => assert!(taken.contains("100000 Looper"), "{taken}"),
        other => panic!("{other:?}"),
    }
    drop(full);
    let half = builder().actors(100_000, looper).multiprocessors(8).start().unwrap();
    let other = builder().actors(100_000, looper).start().unwrap();
    for system in [&half, &other] {
        system.actor::<Looper>(99_999).tell(Tick { number: 7 }).unwrap();
        assert_eq!(system.inbox::<Tick>().recv_timeout(PATIENCE).map(|tick| tick.number), Ok(7));
    }
}

#[test]
fn an_address_of_another_system_is_no_harm() {
    let small = builder().actors(1, looper).start().unwrap();
    let foreign = small.actor::<Looper>(0).addr();
    let large = builder().actors(10, move |_| Forward { to: Some(foreign) }).start().unwrap();
    large.actor::<Forward>(9).tell(Spin).unwrap();
    assert!(large.settle(PATIENCE));
    let stats = large.stats();
    assert_eq!((stats.dead_letters, stats.failures), (1, 0), "{stats}");
}

#[ring_actor]
struct Forward {
    to: Option<Addr<Looper>>,
}

#[ring_actor]
impl Forward {
    #[handler]
    fn spin(&mut self, _: Spin, ctx: &mut Context<Self>) {
        if let Some(to) = self.to {
            ctx.tell(to, Spin);
        }
    }
}

#[test]
fn what_cannot_be_started_says_why() {
    assert!(matches!(builder().start(), Err(StartError::NoActors)));
    assert!(matches!(
        builder().actors(1 << 28, looper).actors(1, |_| Forward { to: None }).start(),
        Err(StartError::TooManyActors { wanted: 268_435_457, limit: 268_435_456 })
    ));
    let odd = builder().actors(1, looper).mailbox_depth(3).start();
    assert!(matches!(odd, Err(StartError::BadOption { option: "mailbox_depth", value: 3, .. })));
    match builder().actors(1, looper).host_window(u32::MAX).start() {
        Err(error @ StartError::HostMemory { .. }) => assert!(error.to_string().contains("host_window"), "{error}"),
        Ok(system) => assert_eq!(system.backend(), BackendKind::Cpu),
        Err(other) => panic!("{other}"),
    }
    let panics = builder().actors(3, |i| if i < 2 { looper(i) } else { panic!("no third") }).start();
    match panics {
        Err(StartError::InitPanicked { actor: "Looper", index: 2, message }) => assert_eq!(message, "no third"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn indices_go_on_over_several_calls_for_one_type() {
    let system = builder()
        .actors(2, |i| Looper { count: i.into() })
        .actors(3, |_| Forward { to: None })
        .actors(2, |i| Looper { count: 10 * u64::from(i) })
        .start()
        .unwrap();
    assert_eq!((system.count::<Looper>(), system.count::<Forward>()), (4, 3));
    system.actor::<Looper>(3).tell(Tick { number: 1 }).unwrap();
    assert_eq!(system.inbox::<Tick>().recv_timeout(PATIENCE).map(|tick| tick.number), Ok(1));
}
