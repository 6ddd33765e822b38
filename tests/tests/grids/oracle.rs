//! What a domain is without tiles and threads: an array, and boundaries written out.

use ringkernel::Boundary;

/// The rules of both sides of each axis.
pub(crate) type Sides<const D: usize> = [(Boundary, Boundary); D];

/// A field.
#[derive(Clone)]
pub(crate) struct Plain<T, const D: usize> {
    pub(crate) extents: [u32; D],
    pub(crate) sides: Sides<D>,
    pub(crate) border: T,
    pub(crate) values: Vec<T>,
}

impl<T: Copy, const D: usize> Plain<T, D> {
    pub(crate) fn new(extents: [u32; D], sides: Sides<D>, border: T, of: impl Fn([u32; D]) -> T) -> Self {
        let count: u32 = extents.iter().product();
        let mut plain = Self { extents, sides, border, values: Vec::new() };
        plain.values = (0..count).map(|index| of(plain.cell(index))).collect();
        plain
    }

    fn cell(&self, mut index: u32) -> [u32; D] {
        self.extents.map(|extent| {
            let along = index % extent;
            index /= extent;
            along
        })
    }

    /// The value at an offset from a cell.
    pub(crate) fn at(&self, cell: [u32; D], offset: [i32; D]) -> T {
        let mut index = 0;
        for axis in (0..D).rev() {
            let extent = self.extents[axis] as i32;
            let mut along = cell[axis] as i32 + offset[axis];
            while !(0..extent).contains(&along) {
                let rule = if along < 0 { self.sides[axis].0 } else { self.sides[axis].1 };
                along = match rule {
                    Boundary::Periodic if along < 0 => along + extent,
                    Boundary::Periodic => along - extent,
                    Boundary::Reflect if along < 0 => -1 - along,
                    Boundary::Reflect => 2 * extent - 1 - along,
                    _ => return self.border,
                };
            }
            index = index * extent + along;
        }
        self.values[index as usize]
    }

    /// A field of what `of` makes of every cell.
    pub(crate) fn map<U: Copy>(&self, border: U, of: impl Fn([u32; D]) -> U) -> Plain<U, D> {
        Plain::new(self.extents, self.sides, border, of)
    }
}

/// A number that depends on the cell, and looks like none of its neighbours'.
pub(crate) fn scatter<const D: usize>(cell: [u32; D]) -> u32 {
    let mixed = cell.iter().fold(0x9e37_79b9_u32, |hash, at| (hash ^ at).wrapping_mul(0x85eb_ca6b).rotate_left(13));
    mixed ^ mixed >> 15
}

/// The same as a float from 0 to 1.
pub(crate) fn scatter_f32<const D: usize>(cell: [u32; D]) -> f32 {
    (scatter(cell) >> 8) as f32 / 16_777_216.0
}
