//! A grid's memory as a runtime would lay it out, on whatever device.

use ringkernel::Boundary;
use ringkernel_codegen::CompiledGrid;
use ringkernel_codegen::abi::{
    GROUP_COUNTERS, GridArray, GridControl, GridDeviceLine, GridExchange, GridHostLine, GridParams, GridProgress,
    GridTile, MAX_GROUPS, NEIGHBOUR_DEPTH, NO_GROUP, SharedEntry,
};
use ringkernel_codegen::tiling::{self, Faces, Lists, Shape, Side};

/// What keeps accesses to a piece of memory in order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// Each stands for itself.
    Atomic,
    /// Meetings of tiles, and barriers within one.
    Meetings,
}

/// A device's memory, and what it shares with the host; all of it zeroed.
pub(crate) trait Memory {
    fn device(&mut self, name: &str, bytes: u64, stride: u64, order: Order) -> u64;
    fn mapped(&mut self, name: &str, bytes: usize) -> u64;
    fn put(&mut self, at: u64, bytes: &[u8]);
}

/// A field before the first step, in canonical layout.
#[derive(Clone)]
pub(crate) struct Cells {
    pub(crate) values: Vec<u8>,
    pub(crate) border: Vec<u8>,
}

/// A domain, how it is cut, and what is in it.
#[derive(Clone)]
pub(crate) struct Domain {
    pub(crate) extents: Vec<u32>,
    pub(crate) tile: Vec<u32>,
    pub(crate) sides: Vec<(Boundary, Boundary)>,
    pub(crate) fields: Vec<Cells>,
    /// Members that are no fields, in canonical layout.
    pub(crate) members: Vec<u8>,
    /// How fields are kept on the chip; in device memory if not.
    pub(crate) chip: Option<Chip>,
}

/// How the threads of a tile share its cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Chip {
    pub(crate) threads: [u32; 3],
    pub(crate) cells: [u32; 3],
    pub(crate) published: u32,
    pub(crate) shared: u32,
    pub(crate) aside: u32,
    pub(crate) lists: Lists,
    pub(crate) hears_in_memory: bool,
}

impl Domain {
    /// What the compiler's half of fields on the chip is asked with.
    fn shape(&self) -> Option<(tiling::Domain, Shape)> {
        let Chip { threads, cells, published, shared, aside, lists, hears_in_memory } = self.chip?;
        let side = |side: &Boundary| match side {
            Boundary::Reflect => Side::Reflect,
            Boundary::Periodic => Side::Periodic,
            _ => Side::Fixed,
        };
        let sides = |axis: usize| {
            self.sides.get(axis).map_or((Side::Fixed, Side::Fixed), |(low, high)| (side(low), side(high)))
        };
        let domain = tiling::Domain {
            dims: self.extents.len(),
            extents: Self::full(&self.extents),
            sides: std::array::from_fn(sides),
        };
        Some((
            domain,
            Shape { tile: Self::full(&self.tile), threads, cells, published, shared, aside, lists, hears_in_memory },
        ))
    }

    fn faces(&self, compiled: &CompiledGrid) -> Vec<Faces> {
        let Some((domain, shape)) = self.shape() else { return Vec::new() };
        compiled.exchanges.iter().map(|exchange| shape.faces(&domain, &compiled.exchanges, exchange)).collect()
    }

    /// The text of the kernel for this domain, and bytes of shared memory that it needs besides.
    pub(crate) fn text(&self, compiled: &CompiledGrid) -> (String, u32) {
        let Some((domain, shape)) = self.shape() else { return (compiled.text.clone(), 0) };
        let faces = self.faces(compiled);
        (shape.text(compiled, &domain, &faces), shape.arena(&compiled.exchanges, &compiled.cell_bytes, &faces).bytes)
    }

    fn full(of: &[u32]) -> [u32; 3] {
        std::array::from_fn(|axis| of.get(axis).copied().unwrap_or(1))
    }

    fn tiles(&self) -> Vec<([u32; 3], [u32; 3])> {
        let (extents, tile) = (Self::full(&self.extents), Self::full(&self.tile));
        let firsts = |axis: usize| (0..extents[axis]).step_by(tile[axis] as usize);
        let mut tiles = Vec::new();
        for z in firsts(2) {
            for y in firsts(1) {
                for x in firsts(0) {
                    let from = [x, y, z];
                    tiles.push((from, std::array::from_fn(|axis| (from[axis] + tile[axis]).min(extents[axis]))));
                }
            }
        }
        tiles
    }

    /// The tile that touches another one on a side, all ones for none.
    fn on_side(&self, of: &([u32; 3], [u32; 3]), tiles: &[([u32; 3], [u32; 3])], side: usize) -> u32 {
        let (axis, extents) = (side / 2, Self::full(&self.extents));
        let around = self.sides.get(axis).is_some_and(|sides| sides.0 == Boundary::Periodic);
        let mut first = of.0;
        first[axis] = match side % 2 {
            0 if of.1[axis] < extents[axis] => of.1[axis],
            0 if around => 0,
            1 if of.0[axis] > 0 => of.0[axis] - Self::full(&self.tile)[axis],
            1 if around => tiles.iter().map(|tile| tile.0[axis]).max().unwrap_or(0),
            _ => return u32::MAX,
        };
        tiles.iter().position(|tile| tile.0 == first).map_or(u32::MAX, |tile| tile as u32)
    }

    /// Whether cells of one tile are at most four cells away from cells of another.
    fn are_near(&self, a: &([u32; 3], [u32; 3]), b: &([u32; 3], [u32; 3])) -> bool {
        (0..self.extents.len()).all(|axis| {
            let extent = i64::from(self.extents[axis]);
            let reach = |shift: i64| {
                i64::from(b.0[axis]) + shift < i64::from(a.1[axis]) + 4
                    && i64::from(b.1[axis]) + shift > i64::from(a.0[axis]) - 4
            };
            let times = if self.sides[axis].0 == Boundary::Periodic { 1 + 4 / extent } else { 0 };
            (-times..=times).any(|times| reach(times * extent))
        })
    }
}

pub(crate) fn bytes_of<T: Copy>(value: &T) -> &[u8] {
    // SAFETY: structures of the ABI have no padding, and any byte may be read.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// Lays out the memory of a grid.
pub(crate) fn lay_out(memory: &mut impl Memory, compiled: &CompiledGrid, domain: &Domain) -> GridParams {
    let tiles = domain.tiles();
    let count = tiles.len() as u64;
    let cells = domain.extents.iter().map(|extent| u64::from(*extent)).product::<u64>();
    let mut p = GridParams { count: count as u32, extents: Domain::full(&domain.extents), ..GridParams::default() };
    for (axis, (low, high)) in domain.sides.iter().enumerate() {
        let rule = |side: &Boundary| match side {
            Boundary::Reflect => 1,
            Boundary::Periodic => 2,
            _ => 0,
        };
        (p.sides[2 * axis], p.sides[2 * axis + 1]) = (rule(low), rule(high));
    }
    p.tiles =
        memory.device("tile", count * size_of::<GridTile>() as u64, size_of::<GridTile>() as u64, Order::Meetings);
    let mut all = Vec::new();
    for (index, tile) in tiles.iter().enumerate() {
        let first_neighbour = all.len() as u32;
        let near = |other: &usize| *other != index && domain.are_near(tile, &tiles[*other]);
        all.extend((0..tiles.len()).filter(near).map(|other| other as u32));
        let neighbours = all.len() as u32 - first_neighbour;
        let on_side = std::array::from_fn(|side| domain.on_side(tile, &tiles, side));
        let mut places = [NO_GROUP; MAX_GROUPS as usize];
        places[0] = (count as u32) << 16 | index as u32;
        // The odd tiles are a group.
        places[1] = if index % 2 == 0 { 0 } else { (count as u32 / 2) << 16 | index as u32 / 2 };
        let record = GridTile { from: tile.0, to: tile.1, first_neighbour, neighbours, on_side, places };
        memory.put(p.tiles + (index * size_of::<GridTile>()) as u64, bytes_of(&record));
    }
    p.along = std::array::from_fn(|axis| p.extents[axis].div_ceil(Domain::full(&domain.tile)[axis]));
    p.counters = memory.device("counter", 2 * 4 * u64::from(GROUP_COUNTERS) * 128, 128, Order::Atomic);
    p.neighbours = memory.device("neighbour", all.len() as u64 * 4, 4, Order::Meetings);
    all.iter().enumerate().for_each(|(k, other)| memory.put(p.neighbours + 4 * k as u64, &other.to_le_bytes()));
    let progress = size_of::<GridProgress>() as u64;
    p.progress = memory.device("progress", count * progress, progress, Order::Atomic);
    let array = size_of::<GridArray>() as u64;
    p.arrays = memory.device("array", domain.fields.len() as u64 * array, array, Order::Meetings);
    for (k, field) in domain.fields.iter().enumerate() {
        let bytes = compiled.cell_bytes[k] as u64;
        assert_eq!(field.values.len() as u64, cells * bytes, "field {k}");
        let made = GridArray {
            cells: memory.device(&format!("field{k}"), cells * bytes, bytes, Order::Meetings),
            border: memory.device("border", bytes, bytes, Order::Meetings),
        };
        memory.put(made.cells, &field.values);
        memory.put(made.border, &field.border);
        memory.put(p.arrays + k as u64 * array, bytes_of(&made));
    }
    p.row_bytes = (compiled.tile_bytes as u32).next_multiple_of(16);
    p.rows = memory.device("row", count * u64::from(p.row_bytes), p.row_bytes.into(), Order::Meetings);
    for tile in 0..count {
        let row = p.rows + tile * u64::from(p.row_bytes);
        memory.put(row, &domain.members);
        for (k, offset) in compiled.field_offsets.iter().enumerate() {
            memory.put(row + *offset as u64, &(k as u32).to_le_bytes());
        }
    }
    let value = compiled.reduction_bytes as u64;
    p.cell_values = memory.device("cell_value", cells * value, value.max(1), Order::Meetings);
    p.brick_values = memory.device("brick_value", cells * value, value.max(1), Order::Meetings);
    p.lane_values = memory.device("lane_value", count * 256 * value, value.max(1), Order::Meetings);
    p.control = memory.device("control", size_of::<GridControl>() as u64, 128, Order::Atomic);
    memory.put(p.control + 8, &u64::MAX.to_le_bytes());
    for (k, faces) in domain.faces(compiled).iter().enumerate() {
        let sends: Vec<u8> = faces.sends.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        let receives: Vec<u8> = faces.receives.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        let made = GridExchange {
            sends: memory.device("send", sends.len() as u64, 8, Order::Meetings),
            receives: memory.device("receive", receives.len() as u64, 4, Order::Meetings),
            inbox: memory.device("face", 2 * 16 * faces.receives.len() as u64, 16, Order::Atomic),
        };
        memory.put(made.sends, &sends);
        memory.put(made.receives, &receives);
        p.exchanges[k] = made;
    }
    if compiled.neighbour_words != 0 {
        let words = count * 2 * 6 * (1 + u64::from(NEIGHBOUR_DEPTH) * u64::from(compiled.neighbour_words));
        p.nearby = memory.device("nearby", words * 16, 16, Order::Atomic);
    }
    // What all tiles share: one array of words.
    let entry = SharedEntry { base: memory.device("shared", 64 * 4, 4, Order::Meetings), ..SharedEntry::default() };
    p.shared = memory.device("shared_table", size_of::<SharedEntry>() as u64, 16, Order::Meetings);
    memory.put(p.shared, bytes_of(&entry));
    p.host_line = memory.mapped("host_line", size_of::<GridHostLine>());
    p.device_line = memory.mapped("device_line", size_of::<GridDeviceLine>());
    if !compiled.traces.is_empty() {
        // Fewer places than what is told in a step.
        (p.outbox_bytes, p.outbox_mask) = (32, 1);
        p.outbox = memory.mapped("outbox", 2 * 32);
    }
    if compiled.message_bytes > 0 {
        p.mail_bytes = 16 * (2 + (compiled.message_bytes as u32).div_ceil(12));
        p.mail_mask = 3;
        p.mail = memory.mapped("mail", 4 * p.mail_bytes as usize);
        p.inboxes = memory.device("inbox", count * u64::from(p.mail_bytes), p.mail_bytes.into(), Order::Atomic);
    }
    p
}
