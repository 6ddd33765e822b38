//! Fields on the chip: how a domain is cut into tiles, and which words they send each other.
//!
//! The device's half is `templates/resident.cuh` and `templates/exchange.cuh`, which know no edge of a domain and no neighbour: a
//! tile has a list of words that it sends and one of words that it receives. What lies beyond an edge is settled here.
//! `periodic` is the cell around, `reflect` one further in, of whichever tile it is, and `fixed` the border value, which a
//! tile sends itself. So is which corners are needed.

mod candidates;
mod choose;

use std::collections::BTreeSet;
use std::fmt::Write as _;

pub use candidates::{candidates, fit};
pub use choose::{Room, choose};

use crate::compile::CompiledGrid;
use crate::exchange::Exchange;

/// What lies beyond one side of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The border value of the field.
    Fixed,
    /// The domain, mirrored between its last cell and the first beyond.
    Reflect,
    /// The other end.
    Periodic,
}

/// A domain: cells along each axis, 1 where there is none, and its sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    /// How many axes there are.
    pub dims: usize,
    /// Cells along each.
    pub extents: [u32; 3],
    /// The low and the high side of each.
    pub sides: [(Side, Side); 3],
}

/// How tiles and their threads divide a domain. All but the last tile along an axis are as large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Cells of a tile along each axis.
    pub tile: [u32; 3],
    /// Threads along each axis.
    pub threads: [u32; 3],
    /// Cells of a thread along each axis.
    pub cells: [u32; 3],
    /// How many buffers a published field has, 1 or 2.
    pub published: u32,
    /// A bit for each field that is in shared memory all the time, and not in registers.
    pub shared: u32,
    /// How many of a thread's cells of each other field are in shared memory, too.
    pub aside: u32,
    /// Where entries of lists are.
    pub lists: Lists,
    /// Handlers find fields in device memory.
    pub hears_in_memory: bool,
}

/// Where a thread has its entries of lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// In device memory, fetched for each exchange.
    Fetched,
    /// In registers: those of the only exchange.
    Registers,
    /// In shared memory.
    Shared,
}

/// Shared memory of a tile: where things begin, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arena {
    /// The buffers of each exchange that publishes a field.
    pub buffers: Vec<u32>,
    /// Each field that is there all the time.
    pub fields: Vec<Option<u32>>,
    /// Cells of each other field that are not in registers.
    pub asides: Vec<u32>,
    /// Entries of each exchange.
    pub lists: Vec<u32>,
    /// The end.
    pub bytes: u32,
}

/// The words that tiles send each other in one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faces {
    /// Entries of a thread in each list.
    pub sends_per_thread: u32,
    /// The same of words that it receives.
    pub receives_per_thread: u32,
    /// For each tile so many entries as its threads have: what is gathered, and above it the word in all inboxes.
    pub sends: Vec<u64>,
    /// For each tile: where the word of the same place in its inbox goes.
    pub receives: Vec<u32>,
}

impl Faces {
    /// What a thread's entries take.
    fn bytes_per_thread(&self) -> u32 {
        8 * self.sends_per_thread + 4 * self.receives_per_thread
    }
}

/// No word has this entry.
const NO_WORD: u32 = u32::MAX;

/// An entry's axis for a word whose cells are all the same.
const SAME: u32 = 3;

/// The greatest place in a published field that an entry can name.
const MOST_PLACES: u32 = 1 << 20;

/// The device has a bit for each.
const MOST_FIELDS: usize = 32;

/// Why a program's fields cannot be on the chip, whatever the device.
#[must_use]
pub fn obstacle(exchanges: &[Exchange], cell_bytes: &[usize]) -> Option<String> {
    if exchanges.len() > crate::abi::MAX_EXCHANGES {
        return Some(format!("neighbours are read in {} places of the step", exchanges.len()));
    }
    let odd = exchanges.iter().find(|exchange| {
        let bytes = exchange.cell_bytes;
        bytes == 0 || bytes > 12 && (!bytes.is_multiple_of(4) || exchange.cell_align < 4) || bytes > 12 * 63
    });
    if cell_bytes.len() > MOST_FIELDS {
        return Some(format!("there are {} fields", cell_bytes.len()));
    }
    odd.map(|exchange| format!("a cell has {} bytes", exchange.cell_bytes))
        .or_else(|| cell_bytes.iter().find(|bytes| **bytes > 256).map(|bytes| format!("a cell has {bytes} bytes")))
}

/// How far neighbours are read along an axis, below and above.
fn reach(exchanges: &[Exchange], axis: usize) -> (u32, u32) {
    let along = || exchanges.iter().flat_map(|exchange| &exchange.offsets).filter_map(|offset| offset.get(axis));
    let low = along().map(|cells| cells.min(&0).unsigned_abs()).max().unwrap_or(0);
    let high = along().map(|cells| cells.max(&0).unsigned_abs()).max().unwrap_or(0);
    (low, high)
}

/// A published field: what `templates/exchange.cuh` makes of the shape.
struct Published {
    low: [u32; 3],
    pitch: u32,
    plane: u32,
    border: u32,
}

impl Published {
    fn place(&self, cell: [i64; 3]) -> u32 {
        let at = |axis: usize| (cell[axis] + i64::from(self.low[axis])) as u32;
        at(2) * self.plane + at(1) * self.pitch + at(0)
    }
}

impl Shape {
    /// Threads of a block.
    #[must_use]
    pub fn block(&self) -> u32 {
        self.threads.iter().product()
    }

    /// How many tiles there are along each axis.
    #[must_use]
    pub fn tiles(&self, domain: &Domain) -> [u32; 3] {
        std::array::from_fn(|axis| domain.extents[axis].div_ceil(self.tile[axis]))
    }

    /// Whether every thread has all of its cells in every tile.
    #[must_use]
    pub fn is_exact(&self, domain: &Domain) -> bool {
        (0..3).all(|axis| {
            self.threads[axis] * self.cells[axis] == self.tile[axis]
                && domain.extents[axis].is_multiple_of(self.tile[axis])
        })
    }

    fn published(&self, exchanges: &[Exchange]) -> Published {
        let width = |axis: usize| {
            let (low, high) = reach(exchanges, axis);
            low + self.threads[axis] * self.cells[axis] + high
        };
        let low = std::array::from_fn(|axis| reach(exchanges, axis).0);
        let pitch = width(0) | 1;
        let plane = pitch * width(1);
        Published { low, pitch, plane, border: plane * width(2) }
    }

    /// What is where in shared memory.
    #[must_use]
    pub fn arena(&self, exchanges: &[Exchange], cell_bytes: &[usize], faces: &[Faces]) -> Arena {
        let cells = self.published(exchanges).border + 1;
        let field = |bytes: usize| (cells * bytes as u32).next_multiple_of(16);
        let mut end = 0;
        let mut buffers = Vec::new();
        for exchange in exchanges {
            buffers.push(end);
            if exchange.fields.is_empty() || exchange.fields.iter().any(|number| !self.is_shared(*number)) {
                end += self.published * field(exchange.cell_bytes);
            }
        }
        // A single cell is shown to all threads there.
        let single = cell_bytes.iter().max().map_or(0, |bytes| *bytes as u32);
        end = end.max(single).next_multiple_of(16).max(16);
        let mut fields = Vec::new();
        for (number, bytes) in cell_bytes.iter().enumerate() {
            fields.push(self.is_shared(number).then_some(end));
            if self.is_shared(number) {
                end += field(*bytes);
            }
        }
        let mut asides = Vec::new();
        for (number, bytes) in cell_bytes.iter().enumerate() {
            asides.push(end);
            if !self.is_shared(number) {
                end += (self.aside * self.block() * 4 * bytes.div_ceil(4) as u32).next_multiple_of(16);
            }
        }
        let mut lists = Vec::new();
        for faces in faces.iter().filter(|_| self.lists == Lists::Shared) {
            lists.push(end);
            end += self.block() * faces.bytes_per_thread();
        }
        Arena { buffers, fields, asides, lists, bytes: end.next_multiple_of(16) }
    }

    /// The same with entries of lists in shared memory, if there is room and nothing is published that they could be fetched beside: which is
    /// faster (measured on an H200: 128^3 takes 3.0 us a step and not 3.3).
    fn with_lists(self, exchanges: &[Exchange], cell_bytes: &[usize], faces: &[Faces], shared_bytes: u32) -> Self {
        let shape = Self { lists: Lists::Shared, ..self };
        let fits = shape.arena(exchanges, cell_bytes, faces).bytes <= shared_bytes;
        if fits && self.shared != 0 && self.lists == Lists::Fetched && !faces.is_empty() { shape } else { self }
    }

    fn is_shared(&self, number: usize) -> bool {
        number < MOST_FIELDS && self.shared >> number & 1 == 1
    }

    /// A grid's text with its constants in front; the number of threads is given to the compiler, as for fields in device memory.
    #[must_use]
    pub fn text(&self, grid: &CompiledGrid, domain: &Domain, faces: &[Faces]) -> String {
        let constants = self.constants(domain, &grid.exchanges, &grid.cell_bytes, faces);
        let mut text = String::new();
        for (name, value) in &constants {
            let _ = writeln!(text, "#define {name} {value}");
        }
        text + &grid.text
    }

    /// The constants that the headers are compiled with.
    fn constants(
        &self,
        domain: &Domain,
        exchanges: &[Exchange],
        cell_bytes: &[usize],
        faces: &[Faces],
    ) -> Vec<(&'static str, String)> {
        let mut all = vec![("RK_RESIDENT", "1".to_owned())];
        const NAMES: [[&str; 4]; 3] = [
            ["RK_THREADS_X", "RK_CELLS_X", "RK_LOW_X", "RK_HIGH_X"],
            ["RK_THREADS_Y", "RK_CELLS_Y", "RK_LOW_Y", "RK_HIGH_Y"],
            ["RK_THREADS_Z", "RK_CELLS_Z", "RK_LOW_Z", "RK_HIGH_Z"],
        ];
        for (axis, names) in NAMES.iter().enumerate() {
            let (low, high) = reach(exchanges, axis);
            let values = [self.threads[axis], self.cells[axis], low, high];
            all.extend(names.iter().copied().zip(values.map(|value| value.to_string())));
        }
        let list = |values: Vec<u32>| {
            let mut text = String::new();
            for (k, value) in values.iter().enumerate() {
                let _ = write!(text, "{}{value}", if k == 0 { "" } else { "," });
            }
            // A list that is not read, but has to be one, and no array may be empty.
            if text.is_empty() { "1".to_owned() } else { text }
        };
        let arena = self.arena(exchanges, cell_bytes, faces);
        all.push(("RK_EXACT", self.is_exact(domain).to_string()));
        let fixed = (0..domain.dims).any(|axis| {
            let (low, high) = domain.sides[axis];
            low == Side::Fixed || high == Side::Fixed
        });
        all.push(("RK_BORDER", fixed.to_string()));
        all.push(("RK_PUBLISHED", self.published.to_string()));
        all.push(("RK_KEEPS_LISTS", (self.lists == Lists::Registers).to_string()));
        all.push(("RK_LISTS_IN_SHARED", (self.lists == Lists::Shared).to_string()));
        all.push(("RK_LISTS", list(arena.lists)));
        all.push(("RK_OFFSETS", list(arena.buffers)));
        all.push(("RK_FIELDS", list(arena.fields.into_iter().map(|at| at.unwrap_or(u32::MAX)).collect())));
        all.push(("RK_HEARS_IN_MEMORY", self.hears_in_memory.to_string()));
        all.push(("RK_ASIDE", self.aside.to_string()));
        all.push(("RK_ASIDES", list(arena.asides)));
        all.push(("RK_SENDS", list(faces.iter().map(|faces| faces.sends_per_thread).collect())));
        all.push(("RK_RECEIVES", list(faces.iter().map(|faces| faces.receives_per_thread).collect())));
        all.push(("RK_ARENA_BYTES", arena.bytes.to_string()));
        all
    }

    /// Which words tiles send each other.
    #[must_use]
    pub fn faces(&self, domain: &Domain, exchanges: &[Exchange], exchange: &Exchange) -> Faces {
        let published = self.published(exchanges);
        let tiles = self.tiles(domain);
        let count = tiles.iter().product::<u32>() as usize;
        let mut lists = Words { all: vec![Vec::new(); count] };
        for index in 0..count as u32 {
            let tile = [index % tiles[0], index / tiles[0] % tiles[1], index / (tiles[0] * tiles[1])];
            for pattern in patterns(exchange, domain.dims) {
                self.words(domain, &published, exchange, tile, &pattern, &mut lists.all[index as usize]);
            }
        }
        lists.answer();
        lists.faces(self.block())
    }

    /// The words of one side, edge or corner of a tile.
    fn words(
        &self,
        domain: &Domain,
        published: &Published,
        exchange: &Exchange,
        tile: [u32; 3],
        pattern: &[i32],
        words: &mut Vec<Word>,
    ) {
        let tiles = self.tiles(domain);
        let sign = |axis: usize| pattern.get(axis).copied().unwrap_or(0);
        let first = |axis: usize| i64::from(tile[axis] * self.tile[axis]);
        let size = |axis: usize| (i64::from(domain.extents[axis]) - first(axis)).min(self.tile[axis].into());
        let ranges: [(i64, i64); 3] = std::array::from_fn(|axis| {
            let deep = i64::from(depth(exchange, pattern, axis));
            match sign(axis) {
                0 => (0, size(axis)),
                below if below < 0 => (-deep, 0),
                _ => (size(axis), size(axis) + deep),
            }
        });
        // Along an axis that is not left, cells lie in the other tile as they do here.
        let along = (0..domain.dims).find(|axis| sign(*axis) == 0);
        let (cells_of_word, words_of_cell) = packing(exchange.cell_bytes);
        let (mut from, mut to) = (ranges.map(|range| range.0), ranges.map(|range| range.1));
        let (length, axis) = along.map_or((1, 0), |axis| (to[axis] - from[axis], axis));
        if along.is_some() {
            (from[axis], to[axis]) = (0, 1);
        }
        for z in from[2]..to[2] {
            for y in from[1]..to[1] {
                for x in from[0]..to[0] {
                    for chunk in (0..length).step_by(cells_of_word as usize) {
                        let mut here = [x, y, z];
                        if along.is_some() {
                            here[axis] = chunk;
                        }
                        let cells = (length - chunk).min(cells_of_word.into()) as u32;
                        let global: [Option<i64>; 3] = std::array::from_fn(|axis| {
                            land(here[axis] + first(axis), domain.extents[axis].into(), domain.sides[axis])
                        });
                        let mut word = Word {
                            source: index(tile, tiles),
                            from: entry(published.border, SAME, cells, 0),
                            to: entry(published.place(here), axis as u32, cells, 0),
                        };
                        if let [Some(x), Some(y), Some(z)] = global {
                            let global = [x, y, z];
                            let owner = std::array::from_fn(|axis| global[axis] as u32 / self.tile[axis]);
                            let there = std::array::from_fn(|axis| global[axis] % i64::from(self.tile[axis]));
                            word.source = index(owner, tiles);
                            word.from = entry(published.place(there), axis as u32, cells, 0);
                        }
                        for part in 0..words_of_cell {
                            words.push(Word { from: word.from | part << 26, to: word.to | part << 26, ..word });
                        }
                    }
                }
            }
        }
    }
}

/// A word that a tile receives.
#[derive(Clone, Copy)]
struct Word {
    source: u32,
    from: u32,
    to: u32,
}

/// What each tile receives.
struct Words {
    all: Vec<Vec<Word>>,
}

impl Words {
    /// Who sends a tile words without getting any could be two exchanges ahead, and overwrite what was not read yet: it gets an empty one.
    fn answer(&mut self) {
        let pairs: BTreeSet<(u32, u32)> =
            self.all.iter().zip(0..).flat_map(|(words, to)| words.iter().map(move |word| (word.source, to))).collect();
        for (source, to) in &pairs {
            if source != to && !pairs.contains(&(*to, *source)) {
                self.all[*source as usize].push(Word { source: *to, from: 0, to: 0 });
            }
        }
    }

    fn faces(&self, block: u32) -> Faces {
        let count = self.all.len();
        let most =
            |lengths: &mut dyn Iterator<Item = usize>| (lengths.max().unwrap_or(0) as u32).div_ceil(block).max(1);
        let receives_per_thread = most(&mut self.all.iter().map(Vec::len));
        let inbox = (receives_per_thread * block) as usize;
        let mut receives = vec![NO_WORD; count * inbox];
        let mut sent = vec![Vec::new(); count];
        for (tile, words) in self.all.iter().enumerate() {
            for (k, word) in words.iter().enumerate() {
                let at = tile * inbox + k;
                receives[at] = word.to;
                sent[word.source as usize].push(u64::from(word.from) | (at as u64) << 32);
            }
        }
        let sends_per_thread = most(&mut sent.iter().map(Vec::len));
        let outbox = (sends_per_thread * block) as usize;
        let mut sends = vec![u64::from(NO_WORD) << 32; count * outbox];
        for (tile, words) in sent.iter().enumerate() {
            sends[tile * outbox..][..words.len()].copy_from_slice(words);
        }
        Faces { sends_per_thread, receives_per_thread, sends, receives }
    }
}

fn index(tile: [u32; 3], tiles: [u32; 3]) -> u32 {
    (tile[2] * tiles[1] + tile[1]) * tiles[0] + tile[0]
}

fn entry(place: u32, axis: u32, cells: u32, part: u32) -> u32 {
    debug_assert!(place < MOST_PLACES, "shapes are smaller");
    place | axis << 20 | cells << 22 | part << 26
}

/// How many cells there are in a word, and how many words in a cell.
fn packing(cell_bytes: usize) -> (u32, u32) {
    if cell_bytes > 12 { (1, cell_bytes.div_ceil(12) as u32) } else { ((12 / cell_bytes.max(1)) as u32, 1) }
}

/// The sides, edges and corners that are read: below, at or above the tile along each axis.
fn patterns(exchange: &Exchange, dims: usize) -> BTreeSet<Vec<i32>> {
    let mut all = BTreeSet::new();
    for offset in &exchange.offsets {
        // A cell near one side reads beyond that one alone, a cell in the corner beyond all.
        for subset in 1..1_u32 << dims {
            let pattern: Vec<i32> =
                (0..dims).map(|axis| if subset >> axis & 1 == 1 { offset[axis].signum() } else { 0 }).collect();
            if pattern.iter().any(|sign| *sign != 0) {
                all.insert(pattern);
            }
        }
    }
    all
}

/// How deep a side, edge or corner is read along an axis.
fn depth(exchange: &Exchange, pattern: &[i32], axis: usize) -> u32 {
    let fits =
        |offset: &&Vec<i32>| offset.iter().zip(pattern).all(|(cells, sign)| *sign == 0 || cells.signum() == *sign);
    exchange
        .offsets
        .iter()
        .filter(fits)
        .filter_map(|offset| offset.get(axis))
        .map(|cells| cells.unsigned_abs())
        .max()
        .unwrap_or(0)
}

/// The cell that is meant by an index along an axis; none beyond a fixed side.
fn land(mut index: i64, extent: i64, sides: (Side, Side)) -> Option<i64> {
    while index < 0 || index >= extent {
        match if index < 0 { sides.0 } else { sides.1 } {
            Side::Fixed => return None,
            Side::Periodic => index = index.rem_euclid(extent),
            // Narrow domains are crossed several times.
            Side::Reflect => index = if index < 0 { -1 - index } else { 2 * extent - 1 - index },
        }
    }
    Some(index)
}
