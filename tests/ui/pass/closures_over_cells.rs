//! Closures over cells: patterns, `#[ring_fn]`s that take views, early returns, loops over constants.

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy, Default)]
struct Cell {
    heat: f32,
    wet: bool,
}

#[ring_fn]
impl Cell {
    fn dried(self) -> Self {
        Cell { wet: false, ..self }
    }
}

#[ring_fn]
fn mean(cell: Near<Cell, 2>) -> f32 {
    let mut sum = 0.0;
    for [dx, dy] in NEXT {
        sum += cell.at([dx, dy]).heat;
    }
    sum / 4.0
}

#[ring_fn]
fn along<const AXIS: usize>(cell: Near<'_, Cell, 2>) -> f32 {
    let mut offset = [0; 2];
    offset[AXIS] = 1;
    cell.at(offset).heat
}

const NEXT: [[i32; 2]; 4] = [[-1, 0], [1, 0], [0, -1], [0, 1]];

#[ring_message]
struct Pour {
    cell: [u32; 2],
}

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Soil {
    /// What is now.
    #[checkpoint]
    #[debuggable]
    now: Field<Cell, 2>,
    next: Field<Cell, 2>,
    flow: Field<[f32; 2], 2>,
    #[checkpoint]
    steps: u64,
    wettest: f32,
    #[cfg(any())]
    absent: Vec<Field<String, 9>>,
}

#[ring_actor]
impl Soil {
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        self.spread(0.5);
        if ctx.step() % 10 == 0 {
            self.wettest = ctx.max((&self.now, &self.flow), |(now, _)| if now.here().wet { now.here().heat } else { 0.0 });
            let count: u32 = ctx.sum(&self.now, |_| 1);
            assert!(count > 0);
        }
        swap(&mut self.now, &mut self.next);
        self.steps += 1;
    }

    // A method with updates, called from the step.
    fn spread(&mut self, rate: f32) {
        (&mut self.next, &mut self.flow).update(&self.now, |(_, flow), now| {
            if now.here().wet {
                return (now.here().dried(), flow.here());
            }
            let [x, y] = now.cell();
            let heat = if x == y { mean(now) } else { along::<0>(now) - along::<1>(now) };
            (Cell { heat: rate * heat, wet: false }, [heat, 0.0])
        });
        self.flow.update((), |own: Own<[f32; 2], 2>, ()| [own.here()[1], own.here()[0]]);
        let shadowed = rate;
        self.flow.update(&self.now, |shadowed_too, now| {
            let shadowed = now.here().heat + shadowed;
            [shadowed, shadowed_too.here()[0]]
        });
    }

    #[handler]
    fn pour(&mut self, m: Pour, ctx: &mut Context<Self>) -> bool {
        let before = self.now.get(m.cell);
        self.now.set(m.cell, Cell { wet: true, ..before });
        ctx.step() > 0
    }
}

fn main() {
    let init = Soil { now: Field::from_fn(|[x, _]| Cell { heat: x as f32, wet: false }), ..Soil::default() };
    let system = System::builder().grid([9, 7], [Boundary::Periodic, Boundary::Reflect], init).start().unwrap();
    let soil = system.grid::<Soil>();
    soil.at([3, 3]).ask(Pour { cell: [3, 3] }).unwrap().wait().unwrap();
    soil.run(21).unwrap();
    assert_eq!(soil.state(|soil| soil.steps).unwrap(), 21);
}
