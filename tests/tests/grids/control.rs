//! Steps under the host's command: run, hold, go on.

use std::time::{Duration, Instant};

use ringkernel::prelude::*;
use ringkernel_tests::backend::{PATIENCE, builder};

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Clock {
    ticks: Field<u32, 2>,
    hold_at: u64,
}

#[ring_message]
struct HoldAt {
    step: u64,
}

#[ring_actor]
impl Clock {
    #[step]
    fn tick(&mut self, ctx: &mut Context<Self>) {
        self.ticks.update((), |own, ()| own.here() + 1);
        if ctx.step() + 1 == self.hold_at {
            ctx.hold();
        }
    }

    #[handler]
    fn hold_at(&mut self, m: HoldAt) {
        self.hold_at = m.step;
    }
}

fn clock() -> System {
    builder().grid([12, 8], Boundary::Fixed, Clock::default()).tile([5, 3]).start().unwrap()
}

/// All cells have ticked as often as there were steps.
fn ticked(grid: &GridRef<Clock>, steps: u64) {
    let ticks = grid.field(|clock| &clock.ticks).read().unwrap();
    assert!(ticks.iter().all(|ticks| u64::from(*ticks) == steps), "{steps}: {ticks:?}");
}

#[test]
fn it_holds_until_it_is_told_to_run() {
    let system = clock();
    let grid = system.grid::<Clock>();
    assert_eq!(system.count::<Clock>(), 9);
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(grid.current_step(), 0);
    assert_eq!(grid.run(3).unwrap(), 3);
    ticked(&grid, 3);
    assert_eq!(grid.run(0).unwrap(), 3);
    assert_eq!(grid.step(2).unwrap(), 5);
    assert_eq!(grid.run(1).unwrap(), 6);
    ticked(&grid, 6);
}

#[test]
fn it_runs_freely_and_holds_at_one_step() {
    let system = clock();
    let grid = system.grid::<Clock>();
    for _ in 0..20 {
        let from = grid.current_step();
        grid.resume().unwrap();
        let start = Instant::now();
        while grid.current_step() < from + 3 {
            assert!(start.elapsed() < PATIENCE, "it does not run");
            std::thread::yield_now();
        }
        let held = grid.hold().unwrap();
        assert!(held >= from + 3);
        ticked(&grid, held);
        assert_eq!(grid.current_step(), held);
        assert_eq!(grid.hold().unwrap(), held);
    }
}

#[test]
fn what_is_read_while_it_runs_is_of_one_step() {
    let system = clock();
    let grid = system.grid::<Clock>();
    grid.resume().unwrap();
    let mut last = 0;
    for _ in 0..50 {
        let ticks = grid.field(|clock| &clock.ticks).read().unwrap();
        assert!(ticks.iter().all(|tick| *tick == ticks[0]), "{ticks:?}");
        assert!(ticks[0] >= last);
        last = ticks[0];
    }
    assert!(grid.hold().unwrap() > 0);
}

#[test]
fn a_step_can_hold_the_grid() {
    let system = clock();
    let grid = system.grid::<Clock>();
    grid.tell_all(|_| HoldAt { step: 7 }).unwrap();
    assert_eq!(grid.run(100).unwrap(), 7);
    ticked(&grid, 7);
    // Not what it was let do before it held.
    for step in 8..12 {
        assert_eq!(grid.run(1).unwrap(), step);
        ticked(&grid, step);
    }
    grid.tell_all(|_| HoldAt { step: 20 }).unwrap();
    grid.resume().unwrap();
    let start = Instant::now();
    while grid.current_step() < 20 {
        // Looking at it must not let it go on.
        ticked_alike(&grid);
        assert!(start.elapsed() < PATIENCE);
    }
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(grid.current_step(), 20);
}

fn ticked_alike(grid: &GridRef<Clock>) {
    let ticks = grid.field(|clock| &clock.ticks).read().unwrap();
    assert!(ticks.iter().all(|tick| *tick == ticks[0]));
}

#[test]
fn it_runs_until_a_condition_holds() {
    let system = clock();
    let grid = system.grid::<Clock>();
    grid.tell_all(|_| HoldAt { step: 1 << 40 }).unwrap();
    let mut asked = 0;
    let reached = grid.run_until(4, |clock| {
        asked += 1;
        clock.hold_at == 1 << 40 && asked == 3
    });
    assert_eq!(reached.unwrap(), 12);
    ticked(&grid, 12);
}

#[test]
fn a_stop_ends_it_at_one_step_and_wakes_who_waits() {
    let system = clock();
    let grid = system.grid::<Clock>();
    grid.resume().unwrap();
    let waiting = std::thread::spawn({
        let grid = grid.clone();
        move || grid.run(u64::MAX / 2)
    });
    std::thread::sleep(Duration::from_millis(5));
    system.stop();
    system.join_timeout(PATIENCE).unwrap();
    assert_eq!(waiting.join().unwrap(), Err(ringkernel::GridError::Stopped));
    ticked(&grid, grid.current_step());
    assert_eq!(grid.run(1), Err(ringkernel::GridError::Stopped));
}

#[ring_message]
struct Ring;

#[ring_actor]
struct Bell {
    rings: u32,
}

#[ring_actor]
impl Bell {
    #[handler]
    fn ring(&mut self, _: Ring) -> u32 {
        self.rings += 1;
        self.rings
    }
}

/// On a GPU its kernel leaves for a moment, and comes back.
#[test]
fn other_systems_start_and_stop_beside_a_grid_that_runs() {
    let system = clock();
    let grid = system.grid::<Clock>();
    grid.resume().unwrap();
    for _ in 0..3 {
        let before = grid.current_step();
        let other = builder().actors(2, |_| Bell { rings: 0 }).start().unwrap();
        assert_eq!(other.actor::<Bell>(1).ask(Ring).unwrap().wait().unwrap(), 1);
        let second = clock();
        assert_eq!(second.grid::<Clock>().run(2).unwrap(), 2);
        let start = Instant::now();
        while grid.current_step() < before + 3 {
            assert!(start.elapsed() < PATIENCE, "it does not go on");
            std::thread::yield_now();
        }
    }
    let held = grid.hold().unwrap();
    ticked(&grid, held);
    // It is told of how far it is to go before it leaves.
    grid.step(40).unwrap();
    let other = builder().actors(2, |_| Bell { rings: 0 }).start().unwrap();
    drop(other);
    assert_eq!(grid.run(0).unwrap(), held + 40);
    ticked(&grid, held + 40);
}

#[test]
fn a_system_that_is_dropped_while_it_runs_ends() {
    let system = clock();
    let grid = system.grid::<Clock>();
    grid.resume().unwrap();
    drop(system);
    assert_eq!(grid.hold(), Err(ringkernel::GridError::Stopped));
    // It is not left behind, running.
    let step = grid.current_step();
    std::thread::sleep(Duration::from_millis(20));
    assert_eq!(grid.current_step(), step);
}
