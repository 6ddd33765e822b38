//! Fields as arrays of the host.

use ringkernel::GridError;
use ringkernel::prelude::*;
use ringkernel_tests::backend::builder;

#[ring_actor(grid = 3)]
#[derive(Default)]
struct Volume {
    now: Field<u32, 3>,
    next: Field<u32, 3>,
}

/// Adds to a cell, and asks what was in it.
#[ring_message]
struct Add {
    cell: [u32; 3],
    amount: u32,
}

#[ring_actor]
impl Volume {
    #[handler]
    fn add(&mut self, m: Add) -> u32 {
        let before = self.now.get(m.cell);
        self.now.set(m.cell, before + m.amount);
        before
    }

    #[step]
    fn shift(&mut self) {
        self.next.update(&self.now, |_, now| now.at([-1, 0, 0]));
        swap(&mut self.now, &mut self.next);
    }
}

const EXTENTS: [u32; 3] = [6, 5, 4];

fn number([x, y, z]: [u32; 3]) -> u32 {
    x + 10 * y + 100 * z
}

fn volume() -> System {
    let init = Volume { now: Field::from_fn(number), ..Volume::default() };
    builder().grid(EXTENTS, Boundary::Periodic, init).tile([4, 2, 3]).start().unwrap()
}

#[test]
fn values_stand_in_rows_along_x() {
    let system = volume();
    let now = system.grid::<Volume>().field(|volume| &volume.now);
    let values = now.read().unwrap();
    let mut index = 0;
    for z in 0..4 {
        for y in 0..5 {
            for x in 0..6 {
                assert_eq!(values[index], number([x, y, z]));
                index += 1;
            }
        }
    }
    assert_eq!(index, values.len());
    assert_eq!(now.extents().unwrap(), EXTENTS);
}

#[test]
fn boxes_are_read_and_written_across_tiles() {
    let system = volume();
    let now = system.grid::<Volume>().field(|volume| &volume.now);
    let got = now.read_box([3, 1, 2], [2, 2, 2]).unwrap();
    assert_eq!(got, [213, 214, 223, 224, 313, 314, 323, 324]);
    now.write_box([3, 1, 2], [2, 2, 2], &[0, 1, 2, 3, 4, 5, 6, 7]).unwrap();
    assert_eq!(now.read_box([2, 2, 2], [4, 1, 1]).unwrap(), [222, 2, 3, 225]);
    assert_eq!(now.get([4, 2, 3]).unwrap(), 7);
    now.set([0, 0, 0], 77).unwrap();
    let mut all = now.read().unwrap();
    assert_eq!(all[0], 77);
    all.reverse();
    now.write(&all).unwrap();
    assert_eq!(now.get([5, 4, 3]).unwrap(), 77);
    assert_eq!(now.read_box([1, 1, 1], [0, 2, 2]).unwrap(), []);
}

#[test]
fn a_name_is_followed_through_swaps() {
    let system = volume();
    let grid = system.grid::<Volume>();
    let now = grid.field(|volume| &volume.now);
    for step in 1..4 {
        grid.run(1).unwrap();
        assert_eq!(now.get([5, 2, 1]).unwrap(), number([5 - step, 2, 1]));
    }
}

#[test]
fn wrong_shapes_are_errors() {
    let system = volume();
    let now = system.grid::<Volume>().field(|volume| &volume.now);
    let error = now.write(&[1, 2, 3]).unwrap_err();
    assert_eq!(error, GridError::Shape { extents: vec![6, 5, 4], cells: 120, found: 3 });
    assert_eq!(error.to_string(), "a box of [6, 5, 4] has 120 cells, and the slice has 3 values");
    let error = now.read_box([5, 0, 0], [2, 1, 1]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the box of [2, 1, 1] cells from [5, 0, 0] on is not within the domain of [6, 5, 4] cells"
    );
    assert!(matches!(now.set([0, 5, 0], 1), Err(GridError::Outside { .. })));
    assert!(matches!(now.read_box([1, 1, 1], [u32::MAX, 1, 1]), Err(GridError::Outside { .. })));
}

#[test]
fn arrays_are_indexed_by_cells() {
    let system = volume();
    let now = system.grid::<Volume>().field(|volume| &volume.now);
    let mut array = now.to_array().unwrap();
    assert_eq!(array.shape(), [6, 5, 4]);
    assert_eq!(array[[1, 2, 3].as_slice()], 321);
    array[[4, 3, 2].as_slice()] = 9;
    now.write_array(&array).unwrap();
    assert_eq!(now.get([4, 3, 2]).unwrap(), 9);
    assert_eq!(now.get([1, 2, 3]).unwrap(), 321);
    assert!(matches!(now.write_array(&array.t()), Err(GridError::Shape { cells: 120, found: 120, .. })));
}

/// Tiles may have their cells on the chip while they hold.
#[test]
fn steps_and_handlers_see_what_the_host_has_written() {
    let system = volume();
    let grid = system.grid::<Volume>();
    let now = grid.field(|volume| &volume.now);
    let add = |cell, amount| grid.at(cell).ask(Add { cell, amount }).unwrap().wait().unwrap();
    for step in 1..20 {
        let cell = [step % 6, step % 5, step % 4];
        now.set(cell, 1000 + step).unwrap();
        assert_eq!(add(cell, 10), 1000 + step);
        assert_eq!(now.get(cell).unwrap(), 1010 + step);
        now.set(cell, 2000 + step).unwrap();
        assert_eq!(grid.run(1).unwrap(), u64::from(step));
        let next = [(step + 1) % 6, cell[1], cell[2]];
        assert_eq!(add(next, 1), 2000 + step);
        assert_eq!(now.get(next).unwrap(), 2001 + step);
    }
}
