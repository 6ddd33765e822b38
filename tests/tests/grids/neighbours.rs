//! Messages between tiles that touch.

use ringkernel::prelude::*;
use ringkernel::{AskError, FailureKind, GridError};
use ringkernel_tests::backend::builder;

use super::gossip::side_number;

/// Which sides a tile hears from, a digit each.
#[ring_actor(grid = 3)]
#[derive(Default)]
struct Tower {
    cells: Field<u8, 3>,
    heard: u32,
    alone: u32,
    kept: Option<Dir>,
}

#[ring_message]
struct Call {
    /// Where the sender is.
    from: Dir,
}

#[ring_message]
struct Sides;

const ACROSS: [(Dir, Dir); 6] = [
    (Dir::East, Dir::West),
    (Dir::West, Dir::East),
    (Dir::North, Dir::South),
    (Dir::South, Dir::North),
    (Dir::Up, Dir::Down),
    (Dir::Down, Dir::Up),
];

#[ring_actor]
impl Tower {
    #[step]
    fn call(&mut self, ctx: &mut Context<Self>) {
        for (side, across) in ACROSS {
            if ctx.send(side, Call { from: across }).is_err() {
                self.alone += 1;
            }
        }
        self.kept = None;
    }

    #[handler]
    fn hear(&mut self, m: Call) {
        // In the order of sides.
        if let Some(kept) = self.kept {
            assert!(side_number(kept) < side_number(m.from));
        }
        self.kept = Some(m.from);
        self.heard += match m.from {
            Dir::East => 1,
            Dir::West => 10,
            Dir::North => 100,
            Dir::South => 1000,
            Dir::Up => 10_000,
            Dir::Down => 100_000,
        };
    }

    #[handler]
    fn sides(&mut self, _: Sides) -> (u32, u32) {
        (self.heard, self.alone)
    }
}

#[test]
fn all_six_sides_of_a_tile_are_where_they_are_said_to_be() {
    let system = builder().grid([4, 2, 2], Boundary::Fixed, Tower::default()).tile([2, 1, 1]).start().unwrap();
    let grid = system.grid::<Tower>();
    grid.run(1).unwrap();
    for tile in 0..8 {
        let at = [tile % 2, tile / 2 % 2, tile / 4];
        let side = |axis: usize| [1, 10, 100, 1000, 10_000, 100_000][2 * axis + at[axis] as usize];
        let heard = side(0) + side(1) + side(2);
        let told = grid.at([2 * at[0] + 1, at[1], at[2]]).ask(Sides).unwrap().wait();
        assert_eq!(told, Ok((heard, 3)), "{at:?}");
    }
}

/// Each tells all sides how often it did so before.
#[ring_actor(grid = 2)]
#[derive(Default)]
struct Bells {
    cells: Field<u8, 2>,
    rung: u32,
    heard: u32,
    all: (u32, u32, u32),
}

#[ring_message]
#[derive(Clone, Copy)]
struct Peal {
    rung: u32,
    from_handler: bool,
}

#[ring_message]
struct Chime;

#[ring_message]
struct Rung;

#[ring_actor]
impl Bells {
    #[step]
    fn ring(&mut self, ctx: &mut Context<Self>) {
        // With that of the handler they are ten: two find no room.
        for _ in 0..self.rung {
            let all = ctx.exchange(Peal { rung: self.rung, from_handler: false });
            self.all = (self.all.0 + all.sent, self.all.1 + all.full, self.all.2 + all.alone);
        }
        self.rung = 0;
    }

    #[handler]
    fn hear(&mut self, m: Peal) {
        self.heard += if m.from_handler { 1000 } else { m.rung };
    }

    #[handler]
    fn chime(&mut self, _: Chime, ctx: &mut Context<Self>) {
        self.rung = 9;
        let all = ctx.exchange(Peal { rung: 1, from_handler: true });
        assert_eq!(all.sent + all.alone, 4);
    }

    #[handler]
    fn rung(&mut self, _: Rung) -> (u32, (u32, u32, u32)) {
        (self.heard, self.all)
    }
}

#[test]
fn a_message_to_all_sides_goes_to_those_that_there_are_and_says_to_how_many() {
    // Three by two tiles; along y the edges are each other's neighbours.
    let sides = [Boundary::Fixed, Boundary::Periodic];
    let system = builder().grid([6, 4], sides, Bells::default()).tile([2, 2]).start().unwrap();
    let grid = system.grid::<Bells>();
    grid.at([0, 0]).tell(Chime).unwrap();
    grid.run(2).unwrap();
    let rung = |cell| grid.at(cell).ask(Rung).unwrap().wait().unwrap();
    // One of the handler, then seven more; two find no room, on each of three sides, and all nine nobody on the fourth.
    assert_eq!(rung([0, 0]), (0, (21, 6, 9)));
    // Beside it once, above it twice, since it is also below.
    assert_eq!(rung([2, 0]), (1000 + 7 * 9, (0, 0, 0)));
    assert_eq!(rung([0, 2]), (2 * (1000 + 7 * 9), (0, 0, 0)));
    assert_eq!(rung([4, 0]), (0, (0, 0, 0)));
    assert_eq!(rung([2, 2]), (0, (0, 0, 0)));
}

/// A token that every tile passes on: a side a step.
#[ring_actor(grid = 1)]
#[derive(Default)]
struct Ring {
    cells: Field<u32, 1>,
    hops: u32,
    asked: Option<Reply<u32>>,
}

#[ring_message]
struct Token {
    hops: u32,
}

#[ring_message]
struct Hops;

/// A question that goes around.
#[ring_message]
struct Wander {
    left: u32,
    asker: Option<Reply<u32>>,
}

#[ring_message]
struct Ask {
    left: u32,
}

#[ring_message]
struct Pass {
    cell: u32,
}

#[ring_message]
struct Mark {
    cell: u32,
}

#[ring_actor]
impl Ring {
    #[step]
    fn step(&mut self) {}

    #[handler]
    fn token(&mut self, m: Token, ctx: &mut Context<Self>) {
        self.hops = m.hops;
        let sent = ctx.send(Dir::East, Token { hops: m.hops + 1 });
        assert!(sent.is_ok(), "a ring has no edge");
    }

    #[handler]
    fn hops(&mut self, _: Hops) -> u32 {
        self.hops
    }

    #[handler]
    fn ask(&mut self, m: Ask, ctx: &mut Context<Self>, reply: Reply<u32>) {
        let _ = ctx.send(Dir::West, Wander { left: m.left, asker: Some(reply) });
    }

    #[handler]
    fn wander(&mut self, m: Wander, ctx: &mut Context<Self>) {
        if m.left > 0 {
            let _ = ctx.send(Dir::West, Wander { left: m.left - 1, asker: m.asker });
        } else if let Some(reply) = m.asker {
            reply.send(self.hops);
        }
    }

    #[handler]
    fn pass(&mut self, m: Pass, ctx: &mut Context<Self>) {
        let _ = ctx.send(Dir::East, Mark { cell: m.cell });
    }

    #[handler]
    fn mark(&mut self, m: Mark) {
        let before = self.cells.get([m.cell]);
        self.cells.set([m.cell], before + 1);
    }
}

fn ring() -> System {
    builder().grid([12], Boundary::Periodic, Ring::default()).tile([4]).start().unwrap()
}

fn hops(grid: &GridRef<Ring>, cell: u32) -> u32 {
    grid.at([cell]).ask(Hops).unwrap().wait().unwrap()
}

#[test]
fn a_token_goes_a_tile_a_step() {
    let system = ring();
    let grid = system.grid::<Ring>();
    grid.at([1]).tell(Token { hops: 0 }).unwrap();
    grid.run(5).unwrap();
    assert_eq!([0, 4, 8].map(|cell| hops(&grid, cell)), [3, 4, 5]);
    // It goes on while nobody looks, and is nowhere twice.
    grid.resume().unwrap();
    while grid.current_step() < 200 {
        std::thread::yield_now();
    }
    let step = grid.hold().unwrap() as u32;
    let seen = [0, 4, 8].map(|cell| hops(&grid, cell));
    assert_eq!(seen.iter().max(), Some(&step), "{seen:?}");
    assert!(seen.iter().all(|hops| hops + 2 >= step), "{seen:?} after {step}");
}

/// What a handler has sent while the grid holds is not lost when the kernel leaves the device and comes back.
#[test]
fn a_message_that_waits_for_a_step_outlives_another_system() {
    let system = ring();
    let grid = system.grid::<Ring>();
    grid.run(1).unwrap();
    grid.at([9]).tell(Token { hops: 7 }).unwrap();
    assert_eq!(hops(&grid, 9), 7);
    let other = ring();
    other.grid::<Ring>().run(2).unwrap();
    drop(other);
    grid.run(1).unwrap();
    assert_eq!([0, 4, 8].map(|cell| hops(&grid, cell)), [8, 0, 7]);
}

#[test]
fn a_question_travels_and_is_answered_by_another_tile() {
    let system = ring();
    let grid = system.grid::<Ring>();
    grid.at([4]).tell(Token { hops: 40 }).unwrap();
    grid.run(1).unwrap();
    // From the second tile by the first and the last one back to the second.
    let asked = grid.at([4]).ask(Ask { left: 2 }).unwrap();
    grid.run(3).unwrap();
    assert_eq!(asked.wait(), Ok(43));
    let open = grid.at([4]).ask(Ask { left: 2 }).unwrap();
    grid.run(1).unwrap();
    system.stop();
    assert_eq!(open.wait(), Err(AskError::Stopped));
}

#[test]
fn a_handler_of_a_neighbours_message_writes_cells_of_its_own_tile() {
    let system = ring();
    let grid = system.grid::<Ring>();
    for _ in 0..3 {
        grid.at([3]).tell(Pass { cell: 6 }).unwrap();
        grid.at([9]).tell(Pass { cell: 0 }).unwrap();
        grid.run(2).unwrap();
    }
    grid.at([3]).tell(Pass { cell: 7 }).unwrap();
    grid.run(1).unwrap();
    assert_eq!(grid.field(|ring| &ring.cells).read().unwrap(), [3, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 0]);
}

#[test]
fn a_handler_that_fails_fails_the_grid_and_names_the_tile() {
    let system = ring();
    let grid = system.grid::<Ring>();
    grid.at([5]).tell(Pass { cell: 100 }).unwrap();
    let Err(GridError::Failed(failure)) = grid.run(3) else { panic!("no failure") };
    assert_eq!((&*failure.name, failure.kind), ("Ring#2", FailureKind::OutOfBounds));
    let place = failure.tile.unwrap();
    assert_eq!((place.steps, place.cell), (1, Some(vec![100])));
}

/// Whether there is an update is not the same in all tiles.
#[ring_actor(grid = 1)]
#[derive(Default)]
struct Apart {
    now: Field<i32, 1>,
    next: Field<i32, 1>,
    more: bool,
}

#[ring_message]
struct More;

#[ring_actor]
impl Apart {
    #[step]
    fn step(&mut self, ctx: &mut Context<Self>) {
        if self.more {
            self.next.update(&self.now, |_, now| now.at([1]) + now.at([-1]));
        }
        let _ = ctx.send(Dir::East, More);
    }

    #[handler]
    fn more(&mut self, _: More, ctx: &mut Context<Self>) {
        self.more |= ctx.sender().is_host();
    }
}

#[test]
fn a_tile_that_does_more_than_its_neighbours_is_told_so() {
    let system = builder().grid([12], Boundary::Fixed, Apart::default()).tile([4]).start().unwrap();
    let grid = system.grid::<Apart>();
    grid.run(2).unwrap();
    grid.at([0]).tell(More).unwrap();
    let Err(GridError::Failed(failure)) = grid.run(3) else { panic!("no failure") };
    assert!(failure.message.contains("must be the same in all tiles"), "{failure}");
    assert!(failure.file.ends_with("neighbours.rs"), "{failure}");
}

/// Each tells the host what its neighbour told it.
#[ring_actor(grid = 1)]
#[derive(Default)]
struct Echo {
    cells: Field<u32, 1>,
}

#[ring_message]
struct Heard {
    step: u64,
}

#[ring_actor]
impl Echo {
    #[step]
    fn step(&mut self, ctx: &mut Context<Self>) {
        let _ = ctx.send(Dir::East, Heard { step: ctx.step() });
    }

    #[handler]
    fn heard(&mut self, m: Heard, ctx: &mut Context<Self>) {
        ctx.host().tell(Heard { step: m.step });
    }
}

#[test]
fn a_run_ends_when_what_neighbours_said_in_its_last_step_is_handled() {
    let system = builder().grid([12], Boundary::Fixed, Echo::default()).tile([2]).start().unwrap();
    let (grid, inbox) = (system.grid::<Echo>(), system.inbox::<Heard>());
    for step in 0..50 {
        grid.run(1).unwrap();
        for _ in 0..5 {
            assert_eq!(inbox.try_recv().map(|heard| heard.step), Ok(step));
        }
    }
}
