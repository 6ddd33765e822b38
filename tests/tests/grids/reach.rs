//! Which neighbours a step reads is known before it runs.

use ringkernel::Actor;
use ringkernel::prelude::*;
use ringkernel_codegen::desc::ActorDesc;
use ringkernel_codegen::halo::halos;
use ringkernel_codegen::{Options, compile_grid};
use ringkernel_tests::backend::{builder, is_cuda};

const AROUND: [[i32; 2]; 4] = [[-1, 0], [1, 0], [0, -1], [0, 1]];

#[ring_fn]
fn diagonal<const FAR: i32>(near: Near<f32, 2>, sign: i32) -> f32 {
    near.at([sign * FAR, FAR - 1])
}

#[ring_fn]
fn along<const AXIS: usize>(near: Near<f32, 2>) -> f32 {
    let low = if AXIS == 0 { [-1, 0] } else { [0, -1] };
    let high = match AXIS {
        0 => [1, 0],
        _ => [0, 1],
    };
    near.at(low) + near.at(high)
}

#[ring_actor(grid = 2)]
#[derive(Default)]
struct Reader {
    a: Field<f32, 2>,
    b: Field<f32, 2>,
    c: Field<[u8; 3], 2>,
    rate: f32,
    total: f32,
}

#[ring_actor]
impl Reader {
    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        self.b.update((&self.a, &self.c), |own, (a, c)| {
            let mut sum = own.here();
            for [x, y] in AROUND {
                sum += a.at([x, y]);
            }
            for (i, far) in [2, 3].iter().enumerate() {
                if sum > 1.0 {
                    sum += a.at([0, i as i32 - far]);
                }
            }
            if c.here()[1] == 2 { sum } else { sum + diagonal::<3>(a, -1) }
        });
        swap(&mut self.a, &mut self.b);
        self.settle();
        self.total = ctx.sum(&self.a, |a| 0.5 * along::<1>(a));
    }

    fn settle(&mut self) {
        let mut offset = [0; 2];
        offset[1] = 4;
        let rate = self.rate;
        self.c.update(&self.b, |_, b| [b.at(offset) as u8, rate as u8, 0]);
    }
}

#[test]
fn the_report_says_what_is_read_of_which_field() {
    let halos = halos(&Reader::desc()).unwrap().unwrap();
    let lines: Vec<u32> = halos.operations.iter().map(|operation| operation.line).collect();
    let file = &halos.operations[0].file;
    let want = format!(
        "Reader: a grid of 2 dimensions\n\n\
         fields\n\
         \x20 a: f32 a cell, swapped with b; neighbours are read\n\
         \x20 b: f32 a cell, swapped with a; neighbours are read\n\
         \x20 c: [u8; 3] a cell; read by its own cell alone\n\n\
         operations of a step\n\
         \x20 {file}:{}: update b\n\
         \x20   reads a, x -3 +1, y -2 +2: 6 neighbours, corners too\n\
         \x20   reads c at the cell itself\n\
         \x20 {file}:{}: update c\n\
         \x20   reads b, y -0 +4: 1 neighbours, no corners\n\
         \x20 {file}:{}: sum\n\
         \x20   reads a, y -1 +1: 2 neighbours, no corners\n",
        lines[0], lines[1], lines[2]
    );
    assert_eq!(halos.to_string(), want);
    assert!(file.ends_with("reach.rs"));
}

fn errors(actor: ActorDesc) -> String {
    let errors = halos(&actor).expect_err("errors");
    errors.iter().map(|error| format!("{error}\n")).collect()
}

#[ring_actor(grid = 1)]
#[derive(Default)]
struct Wrong {
    a: Field<i32, 1>,
    b: Field<i32, 1>,
    far: i32,
}

#[ring_actor]
impl Wrong {
    #[step]
    fn advance(&mut self) {
        let far = self.far;
        self.b.update(&self.a, |_, a| a.at([far]));
        self.b.update(&self.a, |_, a| a.at([a.here()]));
        self.b.update(&self.a, |_, a| {
            let mut sum = 0;
            for x in 3..6 {
                sum += a.at([x]);
            }
            let mut x = 0;
            while sum > 0 {
                sum -= a.at([x]);
                x += 1;
            }
            sum
        });
    }
}

#[test]
fn an_offset_that_is_no_constant_or_too_far_is_reported_at_its_place() {
    let text = errors(Wrong::desc());
    assert_eq!(text.matches("error[RK0108]: the offset of a neighbour is not a constant").count(), 3, "{text}");
    assert_eq!(text.matches("error[RK0109]: an offset of 5 cells").count(), 1, "{text}");
    assert!(text.contains("reach.rs:"), "{text}");
    let error = builder().grid([8], Boundary::Fixed, Wrong::default()).start().unwrap_err().to_string();
    assert!(error.contains("RK0108"), "{error}");
}

#[ring_actor(grid = 1)]
#[derive(Default)]
struct Either {
    a: Field<i32, 1>,
    b: Field<i32, 1>,
    first: bool,
}

#[ring_actor]
impl Either {
    #[step]
    fn advance(&mut self) {
        let one = if self.first { &mut self.a } else { &mut self.b };
        one.update((), |own, ()| own.here() + 1);
    }
}

#[test]
fn a_field_must_be_told_by_its_name() {
    let text = errors(Either::desc());
    assert!(text.contains("error[RK0110]: which field this is cannot be told"), "{text}");
}

#[test]
fn a_boundary_that_is_missing_is_named_with_who_reads_there() {
    let open = [(Boundary::Reflect, Boundary::Reflect), (Boundary::Open, Boundary::Fixed)];
    let error = builder().grid([8, 8], open, Reader::default()).start().unwrap_err().to_string();
    assert!(error.starts_with("the grid of Reader cannot be: its step reads `a` at [0, -2] ("), "{error}");
    assert!(error.contains("reach.rs:") && error.contains("on the low side of axis 1"), "{error}");
    assert!(builder().grid([8, 8], Boundary::Fixed, Reader::default()).start().is_ok());
}

#[ring_message]
struct Freeze;

#[ring_actor(grid = 1)]
#[derive(Default)]
struct Freezer {
    a: Field<i32, 1>,
}

#[ring_actor]
impl Freezer {
    fn freeze(&mut self, ctx: &mut Context<Self>) {
        ctx.hold();
    }

    #[step]
    fn advance(&mut self, ctx: &mut Context<Self>) {
        self.a.update((), |own, ()| own.here() + 1);
        if ctx.step() == 4 {
            self.freeze(ctx);
        }
    }

    #[handler]
    fn stop(&mut self, _: Freeze, ctx: &mut Context<Self>) {
        self.freeze(ctx);
    }
}

#[test]
fn a_handler_that_holds_the_grid_through_a_function_is_refused() {
    let errors = compile_grid(&Freezer::desc(), true, Options::default()).expect_err("an error");
    let text: String = errors.iter().map(|error| format!("{error}\n")).collect();
    assert!(text.contains("error[RK0111]: the handler `stop` holds the grid, in a function that it calls"), "{text}");
    assert!(text.contains("reach.rs:") && text.contains("help: let the handler set a member"), "{text}");

    let started = builder().grid([8], Boundary::Fixed, Freezer::default()).tile([4]).start();
    if is_cuda() {
        assert!(started.unwrap_err().to_string().contains("RK0111"));
        return;
    }
    let system = started.unwrap();
    let grid = system.grid::<Freezer>();
    assert_eq!(grid.run(20), Ok(5));
    grid.at([6]).tell(Freeze).unwrap();
    let failure = grid.run(20).unwrap_err().to_string();
    assert!(failure.contains("`ctx.hold()` in a handler") && failure.contains("reach.rs"), "{failure}");
}
