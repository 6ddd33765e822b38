//! What a caller gets that does not keep to the rules, or comes from several threads at once.

use std::thread;
use std::time::Instant;

use ringkernel::prelude::*;
use ringkernel::{BackendKind, GridError, StartError};
use ringkernel_tests::backend::{PATIENCE, builder};

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Count {
    steps: Field<u64, 2>,
    told: u32,
}

#[ring_message]
struct Note {
    from: u32,
}

/// As large as a message can be, so that two thousand million of them fit nowhere.
#[ring_message]
struct Letter {
    words: [u32; 44],
}

#[ring_actor]
impl Count {
    #[step]
    fn advance(&mut self) {
        self.steps.update((), |own, ()| own.here() + 1);
    }

    #[handler]
    fn note(&mut self, m: Note) -> u32 {
        self.told += m.from;
        self.told
    }

    #[handler]
    fn letter(&mut self, m: Letter) {
        self.told += m.words[0];
    }
}

fn planned() -> ringkernel::Builder {
    builder().grid([10, 7], Boundary::Fixed, Count::default())
}

fn count() -> System {
    planned().tile([4, 4]).start().unwrap()
}

#[test]
fn steps_of_several_threads_add_up() {
    const THREADS: u64 = 4;
    const RUNS: u64 = 10;
    let system = count();
    let grid = system.grid::<Count>();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut last = 0;
                for _ in 0..RUNS {
                    let done = grid.run(3).unwrap();
                    assert!(done >= last + 3, "{done} after {last}");
                    last = done;
                }
            });
        }
        scope.spawn(|| {
            let steps = grid.field(|count| &count.steps);
            for _ in 0..RUNS {
                let seen = steps.read().unwrap();
                assert!(seen.iter().all(|cell| *cell == seen[0]), "{seen:?}");
            }
        });
    });
    assert_eq!(grid.current_step(), 3 * THREADS * RUNS);
    assert_eq!(grid.field(|count| &count.steps).get([9, 6]), Ok(3 * THREADS * RUNS));
}

#[test]
fn one_thread_may_hold_what_another_lets_run() {
    let system = count();
    let grid = system.grid::<Count>();
    thread::scope(|scope| {
        scope.spawn(|| (0..20).for_each(|_| grid.resume().unwrap()));
        scope.spawn(|| (0..20).for_each(|_| assert!(grid.hold().is_ok())));
    });
    let held = grid.hold().unwrap();
    assert!(grid.field(|count| &count.steps).read().unwrap().iter().all(|cell| *cell == held));
}

#[test]
fn a_stop_by_another_thread_ends_a_run_and_fields_can_be_read_after_it() {
    let system = count();
    let grid = system.grid::<Count>();
    let steps = grid.field(|count| &count.steps);
    thread::scope(|scope| {
        let running = scope.spawn(|| while grid.run(5).is_ok() {});
        let start = Instant::now();
        while grid.current_step() < 10 {
            assert!(start.elapsed() < PATIENCE, "it does not run");
            thread::yield_now();
        }
        system.stop();
        running.join().unwrap();
    });
    system.join_timeout(PATIENCE).unwrap();
    let (all, last) = (steps.read().unwrap(), grid.current_step());
    assert!(last >= 10 && all.iter().all(|cell| *cell == last), "{last}: {all:?}");
    assert_eq!(grid.run(1), Err(GridError::Stopped));
    assert_eq!(grid.resume(), Err(GridError::Stopped));
    assert!(matches!(grid.tell_all(|_| Note { from: 1 }), Err(SendError::Stopped(_))));
    assert_eq!(grid.state(|count| count.told), Ok(0));
}

#[test]
fn boxes_that_reach_beyond_what_can_be_counted_are_outside() {
    let system = count();
    let steps = system.grid::<Count>().field(|count| &count.steps);
    for (from, extents) in [([u32::MAX, 0], [2, 1]), ([0, 7], [1, 1]), ([11, 0], [0, 1]), ([0; 2], [u32::MAX; 2])] {
        assert!(matches!(steps.read_box(from, extents), Err(GridError::Outside { .. })), "{from:?} {extents:?}");
        assert!(matches!(steps.write_box(from, extents, &[]), Err(GridError::Outside { .. })), "{from:?} {extents:?}");
    }
    let text = steps.set([u32::MAX, u32::MAX], 1).unwrap_err().to_string();
    assert_eq!(text, "the cell [4294967295, 4294967295] is not within the domain of [10, 7] cells");
}

#[test]
fn whoever_makes_messages_to_all_may_ask_the_grid() {
    let system = count();
    let grid = system.grid::<Count>();
    grid.tell_all(|tile| Note { from: grid.run(1).unwrap() as u32 + tile }).unwrap();
    assert_eq!(grid.at([0, 0]).ask(Note { from: 0 }).unwrap().wait(), Ok(1));
    assert_eq!(grid.current_step(), u64::from(system.count::<Count>()));
}

#[test]
fn options_that_mean_nothing_are_refused_by_name() {
    match builder().tile([4, 4]).grid([10, 7], Boundary::Fixed, Count::default()).start() {
        Err(error @ StartError::BadOption { option: "tile", .. }) => {
            assert!(error.to_string().contains("after the `.grid(..)`"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let huge = builder().grid([u32::MAX, 2], Boundary::Fixed, Count::default()).start();
    assert!(huge.unwrap_err().to_string().contains("each axis has from 1 to 1073741824"));
    match planned().host_window(u32::MAX).start() {
        Err(error @ StartError::HostMemory { .. }) => assert!(error.to_string().contains("host_window"), "{error}"),
        Ok(system) => assert_eq!(system.backend(), BackendKind::Cpu),
        Err(other) => panic!("{other}"),
    }
    // One tile that is larger than the domain has all of it.
    let system = planned().tile([100, 100]).start().unwrap();
    assert_eq!((system.count::<Count>(), system.grid::<Count>().run(2)), (1, Ok(2)));
}
