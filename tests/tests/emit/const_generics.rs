//! methods of your types
//!
//! A type and its methods, for each of the sizes that are used.

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Matrix<const R: usize, const C: usize> {
    cells: [[f32; C]; R],
}

#[ring_fn]
impl<const R: usize, const C: usize> Matrix<R, C> {
    fn corner(&self) -> f32 {
        self.cells[R - 1][C - 1]
    }
}

#[ring_fn]
fn corners(a: Matrix<2, 2>, b: Matrix<1, 3>) -> f32 {
    a.corner() + b.corner()
}

emits!(functions: corners; Types, Functions);
