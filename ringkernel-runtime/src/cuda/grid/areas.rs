//! Where a grid's memory lies: one allocation on the device and one beside it.
//!
//! [`place`] is run twice, as for actors: from address 0, to learn how many bytes there are, and from where they are.

use ringkernel_codegen::abi::{
    GROUP_COUNTERS, GridArray, GridControl, GridDeviceLine, GridHostLine, GridParams, GridProgress, GridTile,
    NEIGHBOUR_DEPTH,
};

use super::super::areas::Cut;
use crate::lang::neighbour::SIDES;

/// What decides how much memory a grid needs.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes {
    pub(super) tiles: u32,
    /// Groups of tiles.
    pub(super) groups: u32,
    /// Entries of the list of neighbours.
    pub(super) neighbours: u64,
    pub(super) extents: [u32; 3],
    pub(super) dims: usize,
    /// Bytes of a cell of each field.
    pub(super) cell_bytes: Vec<usize>,
    /// Bytes of what a tile keeps.
    pub(super) row_bytes: usize,
    /// Bytes of what a reduction gives; 0 if there is none.
    pub(super) reduction_bytes: usize,
    /// Bytes of the largest message to a tile, if there are any.
    pub(super) message_bytes: Option<usize>,
    /// Words of sixteen bytes of a message between tiles that touch; 0 if there are none.
    pub(super) neighbour_words: u32,
    /// Messages that can be under way; a power of two.
    pub(super) mail_slots: u32,
    pub(super) reply_bytes: u32,
    /// Questions that can be open; a power of two.
    pub(super) reply_count: u32,
    /// Bytes of a message to the host with its header, if there are any; a multiple of 16.
    pub(super) outbox_bytes: Option<u32>,
    /// Of each exchange, entries of the lists of words that are sent and received.
    pub(super) faces: Vec<(u64, u64)>,
}

/// Messages to the host that wait in mapped memory, which the keeper empties.
pub(super) const OUTBOX_SLOTS: u32 = 1 << 12;
/// Lanes of a reduction, as `reduce.cuh` has it.
const LANES: u64 = 256;

/// Bytes of a group's counters and flags, as `groups.cuh` has them: on a line each.
const GROUP_BYTES: u64 = 4 * GROUP_COUNTERS as u64 * 128;

/// Bytes of what a tile is told by its neighbours, as `neighbours.cuh` has it: of both halves, for each side a word of their number and
/// the messages.
fn nearby_bytes(words: u32) -> u64 {
    2 * SIDES as u64 * 16 * (1 + u64::from(NEIGHBOUR_DEPTH) * u64::from(words))
}

/// Bytes of shared memory that the kernel declares itself, and somewhat more; with messages from neighbours also the next one of each side.
pub(super) const fn declared_shared(neighbour_words: u32) -> u32 {
    1024 + SIDES as u32 * 12 * neighbour_words
}

impl Sizes {
    fn cells(&self) -> u128 {
        self.extents.iter().map(|extent| u128::from(*extent)).product()
    }

    /// Bytes of all cells and of what reductions keep of them, however many: to be looked at before anything is placed.
    pub(super) fn bytes_of_cells(&self) -> u64 {
        let each = self.cell_bytes.iter().sum::<usize>() + self.reduction_bytes;
        u64::try_from(self.cells().saturating_mul(each as u128)).unwrap_or(u64::MAX)
    }

    /// Bricks of a reduction, as `reduce.cuh` has it.
    fn bricks(&self) -> u64 {
        let brick: [u32; 3] = match self.dims {
            1 => [512, 1, 1],
            2 => [32, 16, 1],
            _ => [8, 8, 8],
        };
        (0..3).map(|axis| u64::from(self.extents[axis].div_ceil(brick[axis]))).product()
    }
}

/// Everything of a grid that has an address.
#[derive(Clone, Debug)]
pub(super) struct Areas {
    /// The kernel's parameters, without the boundaries.
    pub(super) params: GridParams,
    pub(super) arrays: Vec<GridArray>,
}

/// The areas of `device` and of `mapped`.
pub(super) fn place(sizes: &Sizes, device: &mut Cut, mapped: &mut Cut) -> Areas {
    let (tiles, cells) = (u64::from(sizes.tiles), sizes.cells() as u64);
    let mut params = GridParams {
        count: sizes.tiles,
        extents: sizes.extents,
        row_bytes: sizes.row_bytes.max(1).next_multiple_of(16) as u32,
        reply_bytes: sizes.reply_bytes,
        reply_count: sizes.reply_count,
        ..GridParams::default()
    };
    params.control = device.area(size_of::<GridControl>() as u64);
    params.tiles = device.area(tiles * size_of::<GridTile>() as u64);
    params.neighbours = device.area(sizes.neighbours * 4);
    params.progress = device.area(tiles * size_of::<GridProgress>() as u64);
    params.counters = device.area(u64::from(sizes.groups) * GROUP_BYTES);
    params.rows = device.area(tiles * u64::from(params.row_bytes));
    params.arrays = device.area((sizes.cell_bytes.len() * size_of::<GridArray>()) as u64);
    let value = sizes.reduction_bytes as u64;
    params.cell_values = device.area(cells * value);
    params.brick_values = device.area(sizes.bricks() * value);
    params.lane_values = device.area(tiles * LANES * value);
    for (exchange, (sends, receives)) in params.exchanges.iter_mut().zip(&sizes.faces) {
        exchange.sends = device.area(sends * 8);
        exchange.receives = device.area(receives * 4);
        // Two halves of words of sixteen bytes.
        exchange.inbox = device.area(receives * 32);
    }
    if sizes.neighbour_words != 0 {
        params.nearby = device.area(tiles * nearby_bytes(sizes.neighbour_words));
    }
    let arrays = sizes.cell_bytes.iter().map(|bytes| {
        let border = device.area(*bytes as u64);
        GridArray { cells: device.area(cells * *bytes as u64), border }
    });
    let arrays = arrays.collect();

    // A page each: one is written by the host alone, the other by the device alone.
    params.host_line = mapped.area(4096.max(size_of::<GridHostLine>() as u64));
    params.device_line = mapped.area(4096.max(size_of::<GridDeviceLine>() as u64));
    params.replies = mapped.area(u64::from(sizes.reply_bytes) * u64::from(sizes.reply_count));
    if let Some(bytes) = sizes.outbox_bytes {
        (params.outbox_bytes, params.outbox_mask) = (bytes, OUTBOX_SLOTS - 1);
        params.outbox = mapped.area(u64::from(bytes) * u64::from(OUTBOX_SLOTS));
    }
    if let Some(bytes) = sizes.message_bytes {
        // The first two words are the header; each has twelve bytes.
        params.mail_bytes = 16 * (2 + bytes.div_ceil(12)) as u32;
        params.mail_mask = sizes.mail_slots - 1;
        params.mail = mapped.area(u64::from(params.mail_bytes) * u64::from(sizes.mail_slots));
        params.inboxes = device.area(tiles * u64::from(params.mail_bytes));
    }
    Areas { params, arrays }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes() -> Sizes {
        Sizes {
            tiles: 9,
            groups: 1,
            neighbours: 40,
            extents: [100, 70, 1],
            dims: 2,
            cell_bytes: vec![4, 8],
            row_bytes: 20,
            reduction_bytes: 8,
            message_bytes: Some(20),
            neighbour_words: 0,
            mail_slots: 64,
            reply_bytes: 32,
            reply_count: 16,
            outbox_bytes: None,
            faces: Vec::new(),
        }
    }

    #[test]
    fn cells_take_what_they_take() {
        let (mut device, mut mapped) = (Cut::from(0), Cut::from(0));
        let areas = place(&sizes(), &mut device, &mut mapped);
        assert_eq!(sizes().bytes_of_cells(), 7000 * 20);
        assert!((7000 * 20..7000 * 20 + 40_000 + GROUP_BYTES).contains(&device.bytes()), "{}", device.bytes());
        assert_eq!((areas.params.row_bytes, areas.params.mail_bytes, areas.arrays.len()), (32, 64, 2));
        assert_eq!(sizes().bricks(), 4 * 5);
        let silent = Sizes { message_bytes: None, ..sizes() };
        assert_eq!(place(&silent, &mut Cut::from(0), &mut Cut::from(0)).params.mail_bytes, 0);
        // Six sides of nine tiles, eight messages of six words, twice.
        let before = device.bytes();
        let mut device = Cut::from(0);
        let talking = place(&Sizes { neighbour_words: 6, ..sizes() }, &mut device, &mut Cut::from(0));
        assert!(talking.params.nearby != 0 && areas.params.nearby == 0);
        let bytes = 2 * 9 * 6 * 49 * 16;
        assert!((bytes..bytes + 256).contains(&(device.bytes() - before)), "{}", device.bytes() - before);
    }

    #[test]
    fn a_domain_that_no_memory_holds_is_no_overflow() {
        let vast = Sizes { extents: [1 << 30, 1 << 30, 1], ..sizes() };
        assert_eq!(vast.bytes_of_cells(), u64::MAX);
    }
}
