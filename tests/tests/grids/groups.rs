//! Barriers of tiles, and what they make visible.

use std::ops::Range;

use ringkernel::prelude::*;
use ringkernel::{FailureKind, GridError, StartError};
use ringkernel_tests::backend::builder;

use Ordering::Relaxed;

/// A number for each tile, written before a barrier and read after it.
#[ring_actor(grid = 2)]
struct Board {
    cells: Field<u8, 2>,
    notes: SharedAtomics<u32>,
    /// Tiles along each axis.
    along: [u32; 2],
    /// Which barrier: 0 of all tiles, 1 around, 2 of a group.
    kind: u32,
    /// What it read last.
    sum: u32,
    steps: u32,
}

#[ring_message]
struct Sum;

const LEFT: u32 = 4;

#[ring_fn]
fn note(step: u64, tile: u32) -> u32 {
    (step as u32 + 1) * 1000 + tile
}

#[ring_actor]
impl Board {
    #[step]
    fn write_and_read(&mut self, ctx: &mut Context<Self>) {
        let me = (ctx.me().raw() >> 24) as u32;
        let (x, y) = (me % self.along[0], me / self.along[0]);
        self.notes[me as usize].store(note(ctx.step(), me), Relaxed, Scope::Device);
        self.wait(ctx);
        let mut sum = 0;
        for other in 0..self.along[0] * self.along[1] {
            let (to_x, to_y) = (other % self.along[0], other / self.along[0]);
            let reads = match self.kind {
                0 => true,
                1 => to_x.abs_diff(x) <= 1 && to_y.abs_diff(y) <= 1,
                _ => x == 0 && to_x == 0,
            };
            if reads {
                sum += self.notes[other as usize].load(Relaxed, Scope::Device) % 100_000;
            }
        }
        self.sum = sum;
        // Nobody writes before all have read.
        self.wait(ctx);
        self.steps += 1;
    }

    fn wait(&mut self, ctx: &mut Context<Self>) {
        match self.kind {
            0 => ctx.barrier(Group::Grid),
            1 => ctx.barrier(Group::Near([3, 3])),
            _ => {
                let x = (ctx.me().raw() >> 24) as u32 % self.along[0];
                assert!(ctx.is_in(Group::Named(LEFT)) == (x == 0));
                ctx.barrier(Group::Named(LEFT));
            }
        }
    }

    #[handler]
    fn sum(&mut self, _: Sum) -> (u32, u32) {
        (self.sum, self.steps)
    }
}

fn left(cells: &[Range<u32>]) -> bool {
    cells[0].start == 0
}

/// What a tile reads after so many steps.
fn expected(along: [u32; 2], kind: u32, tile: u32, steps: u64) -> u32 {
    let at = |tile: u32| [tile % along[0], tile / along[0]];
    let reads = |other: &u32| match kind {
        0 => true,
        1 => (0..2).all(|axis| at(*other)[axis].abs_diff(at(tile)[axis]) <= 1),
        _ => at(tile)[0] == 0 && at(*other)[0] == 0,
    };
    (0..along[0] * along[1]).filter(reads).map(|other| (steps as u32 * 1000 + other) % 100_000).sum()
}

fn boards(along: [u32; 2], kind: u32) {
    let notes = SharedAtomics::<u32>::zeros((along[0] * along[1]) as usize);
    let init = Board { cells: Field::default(), notes, along, kind, sum: 0, steps: 0 };
    let system = builder().grid(along.map(|n| 3 * n), Boundary::Fixed, init).tile([3, 3]).group(LEFT, left).start();
    let system = system.unwrap();
    let grid = system.grid::<Board>();
    for steps in [1, 9] {
        grid.run(steps).unwrap();
        let done = grid.current_step();
        for tile in 0..along[0] * along[1] {
            let at = [tile % along[0] * 3, tile / along[0] * 3];
            let told = grid.at(at).ask(Sum).unwrap().wait().unwrap();
            assert_eq!(told, (expected(along, kind, tile, done), done as u32), "{along:?} {kind} {tile}");
        }
    }
}

#[test]
fn what_was_written_before_a_barrier_of_all_tiles_is_read_after_it() {
    boards([2, 2], 0);
    boards([3, 1], 0);
    boards([1, 1], 0);
}

#[test]
fn what_tiles_around_wrote_before_a_barrier_with_them_is_read_after_it() {
    boards([4, 1], 1);
    boards([2, 2], 1);
}

#[test]
fn what_a_named_group_wrote_before_its_barrier_is_read_after_it() {
    boards([2, 2], 2);
    boards([1, 3], 2);
}

/// Tiles take numbers until there are enough: what one does is done once, whatever the threads of a tile.
#[ring_actor(grid = 1)]
struct Clerk {
    cells: Field<u32, 1>,
    taken: SharedAtomics<u64>,
    last: u64,
    seen: u64,
}

#[ring_actor]
impl Clerk {
    #[step]
    fn take(&mut self, ctx: &mut Context<Self>) {
        self.last = self.taken[0].fetch_add(3, Relaxed, Scope::Device);
        let before = self.taken[1].fetch_max(self.last, Ordering::AcqRel, Scope::Device);
        assert!(before == 0 || before != self.last);
        if self.taken[2].compare_exchange(ctx.step(), ctx.step() + 1, Relaxed, Scope::Device) == ctx.step() {
            self.taken[3].fetch_add(1, Relaxed, Scope::Device);
        }
        ctx.barrier(Group::<1>::Grid);
        self.seen = self.taken[0].load(Relaxed, Scope::Device);
        assert!(self.seen == 12 * (ctx.step() + 1));
        ctx.barrier(Group::Grid);
    }
}

#[test]
fn what_a_step_does_to_shared_data_is_done_once_a_tile() {
    let taken = SharedAtomics::<u64>::zeros(4);
    let init = Clerk { cells: Field::default(), taken: taken.clone(), last: 0, seen: 0 };
    let system = builder().grid([16], Boundary::Fixed, init).tile([4]).start().unwrap();
    let grid = system.grid::<Clerk>();
    grid.run(5).unwrap();
    assert_eq!(grid.state(|clerk| clerk.seen).unwrap(), 60);
    system.stop();
    system.join().unwrap();
    let all: Vec<u64> = taken.iter().map(|number| number.load(Relaxed, Scope::System)).collect();
    assert_eq!(all, [60, 57, 5, 5]);
}

/// Barriers that not all tiles come to, or that are none.
#[ring_actor(grid = 1)]
#[derive(Default)]
struct Stray {
    cells: Field<u32, 1>,
    next: Field<u32, 1>,
    what: u32,
    even: u32,
    number: u32,
}

#[ring_message]
struct Do {
    what: u32,
}

#[ring_actor]
impl Stray {
    #[step]
    fn step(&mut self, ctx: &mut Context<Self>) {
        match self.what {
            0 => {}
            1 => {
                ctx.barrier(Group::Grid);
            }
            2 => {
                ctx.barrier(Group::Grid);
            }
            3 => ctx.barrier(Group::Near([3])),
            4 => ctx.barrier(Group::Near([3 + self.even])),
            5 => ctx.barrier(Group::Named(self.number)),
            _ => ctx.barrier(Group::Named(0)),
        }
        self.next.update(&self.cells, |_, cells| cells.at([1]));
        ctx.barrier(Group::Near([99]));
    }

    #[handler]
    fn set(&mut self, m: Do) {
        self.what = m.what;
        self.even = 1;
        self.number = 7;
    }
}

fn stray() -> System {
    let init = Stray::default();
    builder().grid([12], Boundary::Periodic, init).tile([4]).group(0, |cells| cells[0].end > 4).start().unwrap()
}

fn failure(system: &System) -> ringkernel::Failure {
    let Err(GridError::Failed(failure)) = system.grid::<Stray>().run(3) else { panic!("no failure") };
    assert_eq!(failure.kind, FailureKind::Panic);
    assert!(failure.file.ends_with("groups.rs"), "{failure}");
    *failure
}

#[test]
fn tiles_at_different_barriers_are_told_so() {
    for (one, others) in [(1, 2), (1, 3), (3, 1), (0, 1), (1, 0), (3, 0)] {
        let system = stray();
        let grid = system.grid::<Stray>();
        grid.tell_all(|tile| Do { what: if tile == 1 { one } else { others } }).unwrap();
        let failure = failure(&system);
        assert!(failure.message.contains("must be the same in all"), "{one} {others}: {failure}");
    }
}

#[test]
fn a_barrier_of_all_is_not_one_of_a_group() {
    // Its tiles wait there for each other, and the third one for them.
    let system = stray();
    let grid = system.grid::<Stray>();
    grid.tell_all(|tile| Do { what: if tile == 1 { 0 } else { 6 } }).unwrap();
    assert!(failure(&system).message.contains("must be the same in all"));
    // Who is not in it goes by.
    let system = stray();
    let grid = system.grid::<Stray>();
    grid.tell_all(|tile| Do { what: if tile == 0 { 0 } else { 6 } }).unwrap();
    assert_eq!(grid.run(4).unwrap(), 4);
}

#[test]
fn what_is_no_group_fails_the_grid() {
    let system = stray();
    system.grid::<Stray>().tell_all(|_| Do { what: 4 }).unwrap();
    let failed = failure(&system);
    assert!(failed.message.contains("odd"), "{failed}");
    let system = stray();
    system.grid::<Stray>().tell_all(|_| Do { what: 5 }).unwrap();
    let failed = failure(&system);
    assert!(failed.message.contains("no group"), "{failed}");
}

#[test]
fn groups_that_cannot_be_are_errors_of_the_start() {
    let grid = || builder().grid([12], Boundary::Fixed, Stray::default()).tile([4]);
    let error = grid().group(3, |_| false).start().unwrap_err();
    assert!(error.to_string().contains("none of its 3 tiles is in group 3"), "{error}");
    let error = grid().group(3, |_| true).group(3, |_| true).start().unwrap_err();
    assert!(error.to_string().contains("two groups"), "{error}");
    let error = grid().group(15, |_| true).start().unwrap_err();
    assert!(matches!(error, StartError::BadOption { option: "group", value: 15, .. }), "{error}");
    let error = builder().group(1, |_| true).grid([12], Boundary::Fixed, Stray::default()).start().unwrap_err();
    assert!(matches!(error, StartError::BadOption { option: "group", value: 1, .. }), "{error}");
    let error = grid().group(2, |cells| cells[1].is_empty()).start().unwrap_err();
    assert!(matches!(error, StartError::InitPanicked { index: 0, .. }), "{error}");
}

/// A grid that waits in a barrier leaves when it is dropped, and what runs freely holds.
#[test]
fn a_grid_with_barriers_holds_and_ends() {
    let init = Stray { what: 1, ..Stray::default() };
    let system = builder().grid([12], Boundary::Periodic, init).tile([4]).start().unwrap();
    let grid = system.grid::<Stray>();
    grid.resume().unwrap();
    while grid.current_step() < 20 {
        std::thread::yield_now();
    }
    let held = grid.hold().unwrap();
    assert_eq!(grid.run(3).unwrap(), held + 3);
    grid.resume().unwrap();
}
