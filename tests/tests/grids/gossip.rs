//! What tiles tell each other, all of them at once: beside a model without tiles.

use ringkernel::prelude::*;
use ringkernel_tests::backend::builder;

/// Every tile sends so many messages to each side in each step, and folds what it hears in the order of hearing.
#[ring_actor(grid = 2)]
#[derive(Default)]
struct Gossip {
    level: Field<i32, 2>,
    next: Field<i32, 2>,
    /// Its place among the tiles, told by the host.
    name: u32,
    each: u32,
    order: u64,
    heard: u32,
    full: u32,
    alone: u32,
    given_back: u64,
}

#[ring_message]
struct Name {
    name: u32,
    each: u32,
}

/// Sixty-four bytes.
#[ring_message]
struct Rumour {
    from: u32,
    number: u32,
    side: Dir,
    step: u64,
    rest: [u32; 11],
}

#[ring_message]
struct Nudge;

#[ring_message]
struct Long {
    values: [u32; 45],
}

#[ring_message]
struct Order;

#[ring_message]
struct Counts;

const SIDES: [Dir; 6] = [Dir::East, Dir::West, Dir::North, Dir::South, Dir::Up, Dir::Down];

#[ring_fn]
fn fold(order: u64, value: u64) -> u64 {
    (order ^ value).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17)
}

#[ring_actor]
impl Gossip {
    #[step]
    fn talk(&mut self, ctx: &mut Context<Self>) {
        for number in 0..self.each {
            for side in SIDES {
                let step = ctx.step();
                let rumour = Rumour { from: self.name, number, side, step, rest: [self.name ^ number; 11] };
                match ctx.send(side, rumour) {
                    Ok(()) => {}
                    Err(NotSent::Full(m)) => {
                        self.full += 1;
                        self.given_back += u64::from(m.number);
                    }
                    Err(NotSent::NoNeighbour(m)) => {
                        self.alone += 1;
                        assert!(m.from == self.name && m.side == side);
                    }
                }
            }
        }
        // What neighbours' handlers wrote is read here.
        self.next.update(&self.level, |_, level| level.here() + level.at([1, 0]) - level.at([0, -1]));
        swap(&mut self.level, &mut self.next);
    }

    #[handler]
    fn rumour(&mut self, m: Rumour, ctx: &mut Context<Self>) {
        assert!(m.step + 1 == ctx.step(), "of the step that is done");
        assert!(m.rest[0] == m.from ^ m.number && m.rest[10] == m.rest[0], "a whole message");
        assert!(!ctx.sender().is_host());
        self.order = fold(self.order, (u64::from(m.from) << 32) + u64::from(10 * m.number) + side_number(m.side));
        self.heard += 1;
        if m.number == 0 && matches!(m.side, Dir::West) && ctx.send(Dir::North, Nudge).is_err() {
            self.alone += 1;
        }
    }

    #[handler]
    fn nudge(&mut self, _: Nudge, ctx: &mut Context<Self>) {
        self.order = fold(self.order, 7);
        let mut values = [0; 45];
        for (i, value) in values.iter_mut().enumerate() {
            *value = self.name + i as u32;
        }
        if let Err(back) = ctx.send(Dir::East, Long { values }) {
            match back {
                NotSent::Full(m) | NotSent::NoNeighbour(m) => self.given_back += u64::from(m.values[44]),
            }
        }
    }

    #[handler]
    fn long(&mut self, m: Long) {
        for value in m.values {
            self.order = fold(self.order, u64::from(value));
        }
    }

    #[handler]
    fn name(&mut self, m: Name, ctx: &mut Context<Self>) {
        assert!(ctx.sender().is_host());
        self.name = m.name;
        self.each = m.each;
    }

    #[handler]
    fn order(&mut self, _: Order) -> u64 {
        self.order
    }

    #[handler]
    fn counts(&mut self, _: Counts) -> (u32, u32, u32, u64) {
        (self.heard, self.full, self.alone, self.given_back)
    }
}

#[ring_fn]
pub(crate) fn side_number(side: Dir) -> u64 {
    match side {
        Dir::East => 0,
        Dir::West => 1,
        Dir::North => 2,
        Dir::South => 3,
        Dir::Up => 4,
        Dir::Down => 5,
    }
}

/// The same without tiles that run: what every tile folds.
struct Model {
    along: [usize; 2],
    periodic: [bool; 2],
    tiles: Vec<Told>,
}

#[derive(Clone, Default)]
struct Told {
    order: u64,
    heard: u32,
    full: u32,
    alone: u32,
    given_back: u64,
    /// By the side they come from, of this round and of the next one.
    inbox: [Vec<Said>; 6],
    next: [Vec<Said>; 6],
    sent: [u32; 6],
}

#[derive(Clone)]
enum Said {
    Rumour(u32, u32, usize),
    Nudge,
    Long(u32),
}

impl Model {
    fn new(along: [usize; 2], periodic: [bool; 2]) -> Self {
        Self { along, periodic, tiles: vec![Told::default(); along[0] * along[1]] }
    }

    fn on_side(&self, tile: usize, side: usize) -> Option<usize> {
        let axis = side / 2;
        if axis > 1 {
            return None;
        }
        let mut at = [tile % self.along[0], tile / self.along[0]];
        let len = self.along[axis];
        at[axis] = match side % 2 {
            0 if at[axis] + 1 < len => at[axis] + 1,
            0 if self.periodic[axis] => 0,
            1 if at[axis] > 0 => at[axis] - 1,
            1 if self.periodic[axis] => len - 1,
            _ => return None,
        };
        Some(at[0] + at[1] * self.along[0])
    }

    /// Whether it was sent; if not, whether there was nobody.
    fn send(&mut self, from: usize, side: usize, said: Said) -> Result<(), bool> {
        let Some(to) = self.on_side(from, side) else { return Err(true) };
        if self.tiles[from].sent[side] == 8 {
            return Err(false);
        }
        self.tiles[from].sent[side] += 1;
        self.tiles[to].next[side ^ 1].push(said);
        Ok(())
    }

    fn step(&mut self, each: u32) {
        for tile in 0..self.tiles.len() {
            for number in 0..each {
                for side in 0..6 {
                    match self.send(tile, side, Said::Rumour(tile as u32, number, side)) {
                        Ok(()) => {}
                        Err(true) => self.tiles[tile].alone += 1,
                        Err(false) => {
                            self.tiles[tile].full += 1;
                            self.tiles[tile].given_back += u64::from(number);
                        }
                    }
                }
            }
        }
        for told in &mut self.tiles {
            told.inbox = std::mem::take(&mut told.next);
            told.sent = [0; 6];
        }
        for tile in 0..self.tiles.len() {
            for said in std::mem::take(&mut self.tiles[tile].inbox).into_iter().flatten() {
                self.hear(tile, &said);
            }
        }
    }

    fn hear(&mut self, tile: usize, said: &Said) {
        let mix = |order: u64, value: u64| (order ^ value).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17);
        let told = &mut self.tiles[tile];
        match *said {
            Said::Rumour(from, number, side) => {
                told.order = mix(told.order, (u64::from(from) << 32) + u64::from(10 * number) + side as u64);
                told.heard += 1;
                if number == 0 && side == 1 && self.send(tile, 2, Said::Nudge).is_err() {
                    self.tiles[tile].alone += 1;
                }
            }
            Said::Nudge => {
                told.order = mix(told.order, 7);
                if self.send(tile, 0, Said::Long(tile as u32)).is_err() {
                    self.tiles[tile].given_back += tile as u64 + 44;
                }
            }
            Said::Long(first) => {
                told.order = (0..45).fold(told.order, |order, i| mix(order, u64::from(first + i)));
            }
        }
    }
}

/// Runs so many steps with so many messages each, and compares all that tiles know with the model.
fn compare(along: [u32; 2], sides: [Boundary; 2], rounds: &[(u64, u32)]) {
    let extents = [along[0] * 5 - 1, along[1] * 3];
    let system = builder().grid(extents, sides, Gossip::default()).tile([5, 3]).start().unwrap();
    let grid = system.grid::<Gossip>();
    let mut model = Model::new(along.map(|n| n as usize), sides.map(|side| side == Boundary::Periodic));
    for (steps, each) in rounds {
        grid.tell_all(|name| Name { name, each: *each }).unwrap();
        grid.run(*steps).unwrap();
        (0..*steps).for_each(|_| model.step(*each));
    }
    for (tile, told) in model.tiles.iter().enumerate() {
        let at = grid.at([tile as u32 % along[0] * 5, tile as u32 / along[0] * 3]);
        let counts = at.ask(Counts).unwrap().wait().unwrap();
        assert_eq!(counts, (told.heard, told.full, told.alone, told.given_back), "{along:?} {sides:?} tile {tile}");
        assert_eq!(at.ask(Order).unwrap().wait().unwrap(), told.order, "{along:?} {sides:?} tile {tile}");
    }
}

#[test]
fn messages_arrive_once_and_in_order_whichever_the_sides() {
    use Boundary::{Fixed, Periodic, Reflect};
    compare([2, 2], [Reflect, Fixed], &[(3, 1)]);
    compare([2, 1], [Periodic, Periodic], &[(2, 2), (3, 0), (2, 1)]);
    compare([1, 1], [Periodic, Fixed], &[(3, 1)]);
}

#[test]
fn the_ninth_message_to_a_side_comes_back() {
    compare([2, 2], [Boundary::Periodic, Boundary::Fixed], &[(2, 10), (1, 0), (1, 8)]);
}
