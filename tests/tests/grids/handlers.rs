//! Messages between steps.

use std::time::Instant;

use ringkernel::prelude::*;
use ringkernel_tests::backend::{PATIENCE, builder};

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Pond {
    level: Field<i32, 2>,
    /// Messages that this tile had.
    heard: u32,
    rain: i32,
    asked: Option<Reply<u64>>,
}

#[ring_message]
struct Pour {
    cell: [u32; 2],
    amount: i32,
}

#[ring_message]
struct Level {
    cell: [u32; 2],
}

#[ring_message]
struct Rain {
    amount: i32,
}

#[ring_message]
struct Heard;

#[ring_message]
struct NextStep;

/// To the host.
#[ring_message]
#[derive(Debug, PartialEq, Clone, Copy)]
struct Flooded {
    step: u64,
    by: i32,
}

#[ring_actor]
impl Pond {
    #[step]
    fn fall(&mut self, ctx: &mut Context<Self>) {
        let rain = self.rain;
        self.level.update((), |own, ()| own.here() + rain);
        if let Some(reply) = self.asked.take() {
            reply.send(ctx.step());
        }
    }

    #[handler]
    fn pour(&mut self, m: Pour, ctx: &mut Context<Self>) {
        self.heard += 1;
        let limit = 100;
        self.level.add(m.cell, m.amount);
        let level = self.level.get(m.cell);
        if level > limit {
            self.level.set(m.cell, limit);
            ctx.host().tell(Flooded { step: ctx.step(), by: level - limit });
        }
    }

    #[handler]
    fn level(&mut self, m: Level) -> i32 {
        self.level.get(m.cell)
    }

    #[handler]
    fn rain(&mut self, m: Rain, ctx: &mut Context<Self>) {
        self.heard += 1;
        self.rain = m.amount;
        trace!(ctx, "it rains {}", m.amount);
        let [width, height] = ctx.domain();
        assert!(width == 20 && height == 10);
    }

    #[handler]
    fn heard(&mut self, _: Heard) -> u32 {
        self.heard
    }

    #[handler]
    fn next_step(&mut self, _: NextStep, reply: Reply<u64>) {
        self.asked = Some(reply);
    }
}

fn pond() -> System {
    builder().grid([20, 10], Boundary::Reflect, Pond::default()).tile([8, 4]).start().unwrap()
}

#[test]
fn a_message_goes_to_the_tile_that_has_the_cell() {
    let system = pond();
    let grid = system.grid::<Pond>();
    for (cell, amount) in [([0, 0], 3), ([19, 9], 5), ([8, 4], 7), ([7, 4], 9)] {
        grid.at(cell).tell(Pour { cell, amount }).unwrap();
        assert_eq!(grid.at(cell).ask(Level { cell }).unwrap().wait().unwrap(), amount);
    }
    assert_eq!(grid.at([1, 1]).ask(Heard).unwrap().wait().unwrap(), 1);
    assert_eq!(grid.at([16, 1]).ask(Heard).unwrap().wait().unwrap(), 0);
    assert!(system.settle(PATIENCE));
    assert_eq!(grid.field(|pond| &pond.level).read().unwrap().iter().sum::<i32>(), 24);
}

#[test]
fn a_cell_beyond_the_domain_has_no_tile() {
    let system = pond();
    let grid = system.grid::<Pond>();
    let sent = grid.at([20, 0]).tell(Rain { amount: 1 });
    let Err(SendError::NoSuchCell(Rain { amount: 1 }, missing)) = sent else { panic!("{sent:?}") };
    assert_eq!((missing.cell(), missing.domain()), (&[20, 0][..], &[20, 10][..]));
    let error = ringkernel::Error::from(sent.unwrap_err());
    assert_eq!(error.to_string(), "no tile of Pond has the cell [20, 0]: its domain has [20, 10] cells");
    let error = grid.field(|pond| &pond.level).get([3, 10]).unwrap_err();
    assert_eq!(error.to_string(), "the cell [3, 10] is not within the domain of [20, 10] cells");
    let error = grid.field(|pond| &pond.level).read_box([18, 0], [4, 1]).unwrap_err();
    assert_eq!(error.to_string(), "the box of [4, 1] cells from [18, 0] on is not within the domain of [20, 10] cells");
}

#[test]
fn a_message_to_all_is_handled_by_all_between_the_same_steps() {
    let system = pond();
    let grid = system.grid::<Pond>();
    grid.resume().unwrap();
    let mut before = grid.current_step();
    for amount in [1, -1, 4, 0] {
        let start = Instant::now();
        while grid.current_step() < before + 2 {
            assert!(start.elapsed() < PATIENCE, "it does not run");
            std::thread::yield_now();
        }
        grid.tell_all(|_| Rain { amount }).unwrap();
        before = grid.current_step();
    }
    let level = grid.field(|pond| &pond.level).read().unwrap();
    assert!(level.iter().all(|it| *it == level[0]), "{level:?}");
    grid.hold().unwrap();
    assert_eq!(grid.at([9, 9]).ask(Heard).unwrap().wait().unwrap(), 4);
}

#[test]
fn the_host_gets_its_message_back_when_its_window_is_full_and_none_is_lost() {
    let system =
        builder().host_window(2).grid([20, 10], Boundary::Reflect, Pond::default()).tile([8, 4]).start().unwrap();
    let grid = system.grid::<Pond>();
    let (mut sent, mut full) = (0, 0);
    let start = Instant::now();
    // Until the window was full once: whoever sends is sometimes slower than a tile.
    while sent < 40 || full == 0 {
        assert!(start.elapsed() < PATIENCE, "{sent} messages, and never a full window");
        let cell = [sent % 20, 3];
        match grid.at(cell).tell(Pour { cell, amount: 1 }) {
            Ok(()) => sent += 1,
            Err(SendError::Full(Pour { amount: 1, .. })) => full += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(system.settle(PATIENCE));
    assert_eq!(grid.field(|pond| &pond.level).read().unwrap().iter().sum::<i32>(), sent as i32);
    let sent = u64::from(sent);
    assert_eq!((system.stats().sent_by_host, system.stats().handled), (sent, sent));
}

#[test]
fn questions_are_answered_while_it_runs_and_while_it_holds() {
    let system = pond();
    let grid = system.grid::<Pond>();
    grid.resume().unwrap();
    for _ in 0..100 {
        assert_eq!(grid.at([3, 3]).ask(Level { cell: [3, 3] }).unwrap().wait().unwrap(), 0);
    }
    let held = grid.hold().unwrap();
    let next = grid.at([3, 3]).ask(NextStep).unwrap();
    grid.run(1).unwrap();
    assert_eq!(next.wait().unwrap(), held);
}

#[test]
fn tiles_tell_the_host() {
    let system = pond();
    let grid = system.grid::<Pond>();
    let inbox = system.inbox::<Flooded>();
    grid.run(2).unwrap();
    grid.at([4, 4]).tell(Pour { cell: [4, 4], amount: 103 }).unwrap();
    assert_eq!(inbox.recv_timeout(PATIENCE), Ok(Flooded { step: 2, by: 3 }));
    assert_eq!(system.stats().sent_to_host, 1);
}

#[test]
fn a_question_that_is_open_when_the_system_stops_gets_an_error() {
    let system = pond();
    let grid = system.grid::<Pond>();
    let next = grid.at([3, 3]).ask(NextStep).unwrap();
    assert!(system.settle(PATIENCE));
    system.stop();
    assert_eq!(next.wait(), Err(ringkernel::AskError::Stopped));
    assert!(matches!(grid.at([0, 0]).tell(Rain { amount: 1 }), Err(SendError::Stopped(_))));
}
