//! What a grid's memory has in it at first: tiles and their neighbours, cells, and what each tile keeps.

use ringkernel_codegen::abi::{GridArray, GridControl, GridParams, GridTile};
use ringkernel_codegen::tiling::Faces;

use super::super::driver::{DeviceMemory, DriverError, Stream};
use super::areas::Areas;
use crate::lang::neighbour::SIDES;
use crate::lang::{PlaceError, Upload};
use crate::tile_groups::Places;
use crate::tiling::Corners;

/// Bytes that are made and copied at once.
const CHUNK: usize = 1 << 22;

/// The bytes of a structure of the ABI.
fn bytes_of<T: Copy>(values: &[T]) -> &[u8] {
    // SAFETY: structures of the ABI are numbers without padding, of which any byte may be read.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) }
}

/// Writes which words tiles send each other.
pub(super) fn faces(
    memory: &DeviceMemory,
    stream: &Stream,
    params: &GridParams,
    faces: &[Faces],
) -> Result<(), DriverError> {
    for (exchange, faces) in params.exchanges.iter().zip(faces) {
        memory.write(stream, exchange.sends, bytes_of(&faces.sends))?;
        memory.write(stream, exchange.receives, bytes_of(&faces.receives))?;
    }
    Ok(())
}

/// Writes what does not depend on the user's values.
pub(super) fn tiles(
    memory: &DeviceMemory,
    stream: &Stream,
    areas: &Areas,
    corners: &[Corners],
    neighbours: &[Vec<usize>],
    on_each_side: &[[Option<usize>; SIDES]],
    places: &[Places],
) -> Result<(), DriverError> {
    let params = &areas.params;
    let mut list: Vec<u32> = Vec::new();
    let mut tiles = Vec::with_capacity(corners.len());
    for (((corners, near), on_side), places) in corners.iter().zip(neighbours).zip(on_each_side).zip(places) {
        let (first_neighbour, neighbours) = (list.len() as u32, near.len() as u32);
        let on_side = on_side.map(|tile| tile.map_or(u32::MAX, |tile| tile as u32));
        tiles.push(GridTile {
            from: corners.from,
            to: corners.to,
            first_neighbour,
            neighbours,
            on_side,
            places: *places,
        });
        list.extend(near.iter().map(|tile| *tile as u32));
    }
    memory.write(stream, params.tiles, bytes_of(&tiles))?;
    if !list.is_empty() {
        memory.write(stream, params.neighbours, bytes_of(&list))?;
    }
    memory.write(stream, params.arrays, bytes_of(&areas.arrays))?;
    let control = GridControl { held: u64::MAX, ..GridControl::default() };
    memory.write(stream, params.control, bytes_of(&[control]))
}

/// Takes the first state to the device.
#[derive(Debug)]
pub(super) struct Uploader<'a> {
    pub(super) memory: &'a DeviceMemory,
    pub(super) stream: &'a Stream,
    pub(super) extents: &'a [u32],
    pub(super) arrays: &'a [GridArray],
    /// Bytes of a cell of each field.
    pub(super) cell_bytes: &'a [usize],
    /// Where the members begin that are no fields and have bytes.
    pub(super) values: &'a [usize],
    /// What a tile keeps.
    pub(super) row: Vec<u8>,
    /// Fields so far.
    pub(super) fields: usize,
}

impl Uploader<'_> {
    fn put(&self, at: u64, bytes: &[u8]) -> Result<(), PlaceError> {
        self.memory.write(self.stream, at, bytes).map_err(|error| PlaceError::Device(error.to_string()))
    }
}

impl Upload for Uploader<'_> {
    fn value(&mut self, bytes: usize, write: &mut dyn FnMut(&mut [u8])) {
        if bytes == 0 {
            return;
        }
        if let Some((at, rest)) = self.values.split_first() {
            write(&mut self.row[*at..at + bytes]);
            self.values = rest;
        }
    }

    fn field(&mut self, border: &[u8], cells: Option<&mut dyn FnMut(usize, &mut [u8])>) -> Result<(), PlaceError> {
        let (array, cell) = (self.arrays[self.fields], self.cell_bytes[self.fields]);
        self.fields += 1;
        if cell == 0 {
            return Ok(());
        }
        self.put(array.border, border)?;
        let Some(make) = cells else { return Ok(()) };
        let all = self.extents.iter().map(|extent| *extent as usize).product::<usize>();
        let in_chunk = (CHUNK / cell).max(1);
        let mut chunk = vec![0; in_chunk.min(all) * cell];
        for first in (0..all).step_by(in_chunk) {
            let part = &mut chunk[..in_chunk.min(all - first) * cell];
            make(first, part);
            self.put(array.cells + (first * cell) as u64, part)?;
        }
        Ok(())
    }

    fn extents(&self) -> &[u32] {
        self.extents
    }
}
