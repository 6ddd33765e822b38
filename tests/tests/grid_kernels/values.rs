//! First values of cells, and their bytes.

use ringkernel::__private::DeviceValue;

/// A number that depends on the cell, and looks like none of its neighbours'.
pub(crate) fn scatter<const D: usize>(cell: [u32; D]) -> u32 {
    let mixed = cell.iter().fold(0x9e37_79b9_u32, |hash, at| (hash ^ at).wrapping_mul(0x85eb_ca6b).rotate_left(13));
    mixed ^ mixed >> 15
}

pub(crate) fn scatter_f32<const D: usize>(cell: [u32; D]) -> f32 {
    (scatter(cell) >> 8) as f32 / 16_777_216.0
}

pub(crate) fn bytes<T: DeviceValue>(values: &[T]) -> Vec<u8> {
    let mut bytes = vec![0; values.len() * T::SIZE];
    values.iter().zip(bytes.chunks_mut(T::SIZE)).for_each(|(value, to)| value.encode(to));
    bytes
}
