//! What bad situations get.

use ringkernel::prelude::*;
use ringkernel::{AskError, EndError, FailureKind, GridError, TilePlace};
use ringkernel_tests::backend::{PATIENCE, builder, is_cuda};

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Fragile {
    level: Field<i32, 2>,
    other: Field<i32, 2>,
    apart: bool,
}

#[ring_message]
struct Set {
    cell: [u32; 2],
    value: i32,
}

#[ring_message]
struct Separate;

#[ring_actor]
impl Fragile {
    #[step]
    fn advance(&mut self) {
        self.other.update(&self.level, |own, level| {
            assert!(level.here() < 10, "a level of ten");
            own.here() + level.at([1, 0])
        });
        if self.apart {
            // One that reads no neighbour waits for nobody on a device.
            self.level.update(&self.other, |own, other| own.here() + other.at([1, 0]));
        }
    }

    #[handler]
    fn set(&mut self, m: Set) {
        self.level.set(m.cell, m.value);
    }

    #[handler]
    fn separate(&mut self, _: Separate) {
        self.apart = true;
    }
}

fn fragile(boundary: Boundary) -> System {
    builder().grid([12, 9], boundary, Fragile::default()).tile([4, 3]).start().unwrap()
}

fn failed(result: Result<u64, GridError>) -> ringkernel::Failure {
    match result {
        Err(GridError::Failed(failure)) => *failure,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_assertion_fails_the_grid_with_tile_cell_and_step_and_the_fields_can_be_read() {
    let system = fragile(Boundary::Reflect);
    let grid = system.grid::<Fragile>();
    grid.run(5).unwrap();
    grid.at([6, 7]).tell(Set { cell: [6, 7], value: 12 }).unwrap();
    let failure = failed(grid.run(5));
    assert_eq!(failure.name, "Fragile#7");
    assert_eq!(failure.tile, Some(TilePlace { steps: 5, cell: Some(vec![6, 7]) }));
    assert!(failure.file.ends_with("failing.rs") && failure.line > 0);
    let text = failure.to_string();
    assert!(text.starts_with("tile Fragile#7 failed after 5 steps in cell [6, 7] at "), "{text}");
    assert!(text.ends_with("a level of ten"), "{text}");
    assert_eq!(grid.field(|it| &it.level).get([6, 7]).unwrap(), 12);
    assert_eq!(grid.field(|it| &it.level).read().unwrap().iter().sum::<i32>(), 12);
    assert_eq!(system.failures().len(), 1);
    assert!(matches!(system.join_timeout(PATIENCE), Err(EndError::GridFailed(_))));
    assert!(matches!(grid.at([0, 0]).tell(Separate), Err(SendError::Stopped(_))));
    assert!(matches!(grid.hold(), Err(GridError::Failed(_))));
}

#[test]
fn a_handler_that_fails_fails_the_grid_and_tells_the_asker() {
    let system = fragile(Boundary::Reflect);
    let grid = system.grid::<Fragile>();
    let error = grid.at([0, 0]).ask(Set { cell: [11, 8], value: 1 }).unwrap().wait().unwrap_err();
    let AskError::Failed(failure) = error else { panic!("{error}") };
    assert_eq!(failure.kind, FailureKind::OutOfBounds);
    assert_eq!(failure.tile, Some(TilePlace { steps: 0, cell: Some(vec![11, 8]) }));
    assert!(failure.message.contains("not in this tile"));
    failed(grid.run(1));
}

#[test]
fn messages_that_nobody_hears_after_a_failure_are_dead_letters() {
    let system = fragile(Boundary::Reflect);
    let grid = system.grid::<Fragile>();
    let mut sent = 0;
    // The first fails the grid; how many of the others are sent before that is known does not matter.
    for value in 1..50 {
        sent += u64::from(grid.at([0, 0]).tell(Set { cell: [11, 8], value }).is_ok());
    }
    assert!(matches!(system.join_timeout(PATIENCE), Err(EndError::GridFailed(_))));
    let stats = system.stats();
    assert_eq!((stats.sent_by_host, stats.handled, stats.dead_letters), (sent, 1, sent - 1));
    let letters = system.dead_letters();
    assert_eq!(letters.len() as u64, sent - 1);
    assert!(letters.iter().all(|letter| letter.tag == 0), "{letters:?}");
}

#[test]
fn tiles_that_do_not_come_to_the_same_updates_are_told_so() {
    let system = fragile(Boundary::Reflect);
    let grid = system.grid::<Fragile>();
    grid.at([5, 5]).tell(Separate).unwrap();
    let failure = failed(grid.run(3));
    assert!(failure.message.contains("must be the same in all tiles"), "{failure}");
    assert!(failure.file.ends_with("failing.rs"), "{failure}");
    // A neighbour that finds it elsewhere may be in its next step.
    assert!(failure.tile.unwrap().steps <= 1);
}

#[test]
fn nothing_is_read_where_there_is_no_boundary() {
    let text = start_error(builder().grid([12, 9], Boundary::Open, Fragile::default()));
    assert!(text.contains("reads `level` at [1, 0]") && text.contains("the high side of axis 0"), "{text}");
}

#[ring_actor(grid = 1)]
#[derive(Default)]
struct Chatty {
    cells: Field<u8, 1>,
}

#[ring_message]
struct Word;

#[ring_actor]
impl Chatty {
    #[step]
    fn talk(&mut self, ctx: &mut Context<Self>) {
        ctx.host().tell(Word);
    }
}

#[test]
fn an_inbox_that_nobody_reads_fails_the_grid_instead_of_holding_it_for_ever() {
    let system = builder().inbox_depth(8).grid([4], Boundary::Open, Chatty::default()).tile([2]).start().unwrap();
    let failure = failed(system.grid::<Chatty>().run(100));
    assert_eq!(failure.kind, FailureKind::PoolExhausted);
    assert!(failure.file.ends_with("failing.rs"), "{failure}");
    assert_eq!(system.inbox::<Word>().try_iter().count(), 8);
}

#[ring_actor(grid = 3)]
#[derive(Default)]
struct Vast {
    cells: Field<u8, 3>,
}

#[ring_actor]
impl Vast {
    #[step]
    fn nothing(&mut self) {}
}

fn start_error(builder: ringkernel::Builder) -> String {
    builder.start().expect_err("an error").to_string()
}

#[test]
fn what_cannot_be_started_says_why() {
    let grid = |extents, boundaries: ringkernel::Boundaries| builder().grid(extents, boundaries, Fragile::default());
    let text = start_error(grid([0, 4], Boundary::Fixed.into()));
    assert!(text.starts_with("the grid of Fragile cannot be: its domain has [0, 4] cells"), "{text}");
    let one_sided = [(Boundary::Fixed, Boundary::Fixed), (Boundary::Periodic, Boundary::Fixed)];
    let text = start_error(grid([4, 4], one_sided.into()));
    assert!(text.contains("axis 1 is periodic on one side alone"), "{text}");
    let text = start_error(grid([4, 4], [Boundary::Fixed; 3].into()));
    assert!(text.contains("boundaries for 3 axes, and the grid has 2"), "{text}");
    let text = start_error(grid([4, 4], Boundary::Fixed.into()).tile([2, 2, 2]));
    assert!(text.contains("`.tile([2, 2, 2])` has extents along 3 axes, and the grid has 2"), "{text}");
    let text = start_error(grid([4, 4], Boundary::Fixed.into()).tile([2, 0]));
    assert!(text.contains("`.tile([2, 0])` has no cells"), "{text}");
    let text = start_error(grid([64, 64], Boundary::Fixed.into()).tile([1, 1]));
    assert!(text.contains("tiles of [1, 1] cells cut its domain of [64, 64] into 4096"), "{text}");
    assert!(text.contains(if is_cuda() { "has room for " } else { "takes 1024 at most" }), "{text}");
    assert!(text.contains(": use larger tiles, or leave"), "{text}");
    let text = start_error(grid([4, 4], Boundary::Fixed.into()).grid([4], Boundary::Open, Chatty::default()));
    assert!(text.contains("no second grid so far"), "{text}");
    let text = start_error(grid([1 << 30, 1 << 30], Boundary::Fixed.into()));
    // Of both fields, or of the first.
    let bytes = if is_cuda() { "need 9223372036854775808 bytes" } else { "need 4611686018427387904 bytes" };
    assert!(text.contains(bytes) && text.contains("fewer cells"), "{text}");
    let text = start_error(builder().grid([1 << 30; 3], Boundary::Fixed, Vast::default()).tile([1, 1, 1]));
    assert!(text.contains("which no memory holds"), "{text}");
    let panics = Fragile { level: Field::from_fn(|_| panic!("no level")), ..Fragile::default() };
    let text = start_error(builder().grid([4, 4], Boundary::Fixed, panics));
    assert!(text.contains("no level"), "{text}");
}

#[test]
fn a_grid_that_the_builder_was_not_given_is_named() {
    let system = fragile(Boundary::Fixed);
    let text = system.grid::<Chatty>().run(1).unwrap_err().to_string();
    assert!(text.contains("no grid of type Chatty"), "{text}");
    assert!(matches!(system.grid::<Fragile>().run(1), Ok(1)));
}
