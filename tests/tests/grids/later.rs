//! Messages for a step that is not done yet.

use ringkernel::prelude::*;
use ringkernel_tests::backend::builder;

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Pool {
    level: Field<u32, 2>,
}

#[ring_message]
struct Add {
    cell: [u32; 2],
    amount: u32,
}

/// What is in the cell, and after how many steps.
#[ring_message]
struct Look {
    cell: [u32; 2],
}

/// To all tiles: every cell is set.
#[ring_message]
struct Fill {
    level: u32,
}

#[ring_actor]
impl Pool {
    #[step]
    fn double(&mut self) {
        self.level.update((), |own, ()| own.here().wrapping_mul(2));
    }

    #[handler]
    fn add(&mut self, m: Add) {
        self.level.add(m.cell, m.amount);
    }

    #[handler]
    fn look(&mut self, m: Look, ctx: &mut Context<Self>) -> (u32, u64) {
        (self.level.get(m.cell), ctx.step())
    }

    #[handler]
    fn fill(&mut self, m: Fill) {
        let level = m.level;
        self.level.update((), |_, ()| level);
    }
}

fn pool() -> System {
    builder().grid([12, 8], Boundary::Fixed, Pool::default()).tile([6, 4]).start().unwrap()
}

#[test]
fn commands_need_not_be_waited_for_one_by_one() {
    let system = pool();
    let grid = system.grid::<Pool>();
    let mut expected = 0_u32;
    for round in 0..20 {
        // From one tile to another and back.
        let cell = [round * 5 % 12, round * 3 % 8];
        let before = grid.at(cell).ask(Look { cell }).unwrap().wait().unwrap().0;
        grid.at(cell).tell(Add { cell, amount: round + 1 }).unwrap();
        let later = grid.step(3).unwrap();
        let seen = grid.after(later).at(cell).ask(Look { cell }).unwrap();
        expected = before.wrapping_add(round + 1).wrapping_mul(8);
        assert_eq!(seen.wait().unwrap(), (expected, later), "{round}");
    }
    assert_ne!(expected, 0);
    assert_eq!(grid.current_step().max(60), 60);
}

#[test]
fn many_are_under_way_at_once() {
    let system = pool();
    let grid = system.grid::<Pool>();
    let cell = [7, 7];
    let mut asked = Vec::new();
    for _ in 0..10 {
        grid.at(cell).tell(Add { cell, amount: 1 }).unwrap();
        let later = grid.step(2).unwrap();
        asked.push((later, grid.after(later).at(cell).ask(Look { cell }).unwrap()));
    }
    let mut level = 0;
    for (later, answer) in asked {
        level = (level + 1) * 4;
        assert_eq!(answer.wait().unwrap(), (level, later));
    }
}

/// While the grid runs on, and others look at it.
#[test]
fn it_is_heard_at_that_very_step() {
    let system = pool();
    let grid = system.grid::<Pool>();
    grid.step(400).unwrap();
    let cell = [3, 2];
    let asked: Vec<_> = [100, 101, 250, 250, 399, 400]
        .map(|step| (step, grid.after(step).at(cell).ask(Look { cell }).unwrap()))
        .into_iter()
        .collect();
    // Looks hold the grid for a moment, and that does not count.
    for _ in 0..3 {
        let levels = grid.field(|pool| &pool.level).read().unwrap();
        assert!(levels.iter().all(|level| *level == 0));
    }
    for (step, answer) in asked {
        let (_, heard) = answer.wait().unwrap();
        // It may have done more when the message came.
        assert!(heard >= step && (heard <= 400), "{heard} for {step}");
    }
}

#[test]
fn it_is_heard_where_the_grid_holds_before() {
    let system = pool();
    let grid = system.grid::<Pool>();
    let cell = [3, 2];
    assert_eq!(grid.after(5).at(cell).ask(Look { cell }).unwrap().wait().unwrap(), (0, 0));
    let later = grid.run(2).unwrap();
    assert_eq!(grid.after(later + 3).at(cell).ask(Look { cell }).unwrap().wait().unwrap(), (0, later));
    // What is over is over.
    assert_eq!(grid.after(1).at(cell).ask(Look { cell }).unwrap().wait().unwrap(), (0, later));
    grid.resume().unwrap();
    let waits = grid.after(u64::MAX - 7).at(cell).ask(Look { cell }).unwrap();
    let held = grid.hold().unwrap();
    assert_eq!(waits.wait().unwrap(), (0, held));
}

#[test]
fn what_is_for_all_tiles_waits_for_what_is_for_a_step() {
    let system = pool();
    let grid = system.grid::<Pool>();
    let cell = [3, 2];
    let later = grid.step(50).unwrap();
    let first = grid.after(later).at(cell).ask(Look { cell }).unwrap();
    grid.tell_all(|_| Fill { level: 9 }).unwrap();
    assert_eq!(first.wait().unwrap(), (0, later));
    assert_eq!(grid.at(cell).ask(Look { cell }).unwrap().wait().unwrap(), (9, later));
    assert!(grid.field(|pool| &pool.level).read().unwrap().iter().all(|level| *level == 9));
}

#[test]
fn it_ends_with_the_system() {
    let system = pool();
    let grid = system.grid::<Pool>();
    grid.resume().unwrap();
    let cell = [3, 2];
    let waits = grid.after(u64::MAX - 7).at(cell).ask(Look { cell }).unwrap();
    grid.after(u64::MAX - 7).at(cell).tell(Add { cell, amount: 1 }).unwrap();
    system.stop();
    system.join().unwrap();
    waits.wait().unwrap_err();
    assert_eq!(system.stats().dead_letters, 2);
}
