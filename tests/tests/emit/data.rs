//! Types: enums with data in the state, options, tuples, nested arrays, types without bytes, generic types, two types
//! of one name, names that C++ keeps for itself.

use ringkernel::Actor;
use ringkernel::prelude::*;

mod inner {
    use ringkernel::prelude::*;

    /// The other point.
    #[derive(DeviceType, Clone, Copy, PartialEq)]
    pub(crate) struct Point {
        pub(crate) x: u8,
    }
}

#[derive(DeviceType, Clone, Copy, PartialEq)]
struct Point {
    x: f64,
    y: u16,
}

#[derive(DeviceType, Clone, Copy)]
struct Marker;

#[derive(DeviceType, Clone, Copy)]
struct Matrix<const R: usize, const C: usize> {
    cells: [[f32; C]; R],
}

#[ring_fn]
impl<const R: usize, const C: usize> Matrix<R, C> {
    /// The sum of the diagonal.
    fn trace(&self) -> f32 {
        let mut sum = 0.0;
        for i in 0..R.min(C) {
            sum += self.cells[i][i];
        }
        sum
    }
}

/// What the actor is doing.
#[derive(DeviceType, Clone, Copy, PartialEq)]
enum State {
    /// Nothing.
    Idle,
    Moving {
        to: Point,
        speed: f32,
    },
    Waiting(u8, Option<inner::Point>),
    State,
}

#[ring_message]
struct Update {
    class: u8,
    new: (u32, bool),
}

#[ring_actor]
struct Robot {
    state: State,
    seen: Option<(u8, u64)>,
    marker: Marker,
    square: Matrix<2, 2>,
    wide: Matrix<1, 3>,
    double: u128,
}

#[ring_actor]
impl Robot {
    #[handler]
    fn update(&mut self, m: Update) -> State {
        let old = self.state;
        self.state = match self.state {
            State::Idle => State::Moving { to: Point { x: 1.5, y: 2 }, speed: 0.25 },
            State::Moving { to, speed } if to.x > f64::from(speed) => State::Waiting(to.y as u8, None),
            State::Moving { .. } => State::State,
            State::Waiting(_, Some(point)) if point == (inner::Point { x: m.class }) => State::Idle,
            other => other,
        };
        if let Some((class, count)) = &mut self.seen {
            *class = m.class;
            *count += 1;
        }
        self.double += u128::from(m.new.0);
        self.square.cells[0][1] = self.square.trace() + self.wide.trace();
        if old == self.state { State::Idle } else { old }
    }
}

#[test]
fn data() {
    super::check("data", &[Robot::desc]);
}
