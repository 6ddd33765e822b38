//! What the macros say of a program: its types, its handlers, and bodies whose witnesses rustc has filled in.

use ringkernel::prelude::*;
use ringkernel::{Actor, DeviceValue as _, Handles};
use ringkernel_codegen::desc::{IntType, TypeDesc};
use ringkernel_codegen::model::FnModel;

mod math {
    use ringkernel::prelude::*;

    /// Between `a` and `b`.
    #[ring_fn]
    pub(crate) fn lerp(a: u64, b: u64, t: u64) -> u64 {
        a + (b - a) * t / 100
    }

    #[ring_fn]
    pub(crate) fn sum<const N: usize>(values: &[u32; N]) -> u32 {
        let mut total = 0;
        for value in values {
            total += *value;
        }
        total
    }

    #[ring_fn]
    pub(crate) fn twice<T: Copy + std::ops::Add<Output = T>>(x: T) -> T {
        x + x
    }
}
use math::lerp;

const FEE: u64 = 3;

#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
enum Shape {
    Empty,
    Circle { radius: f32 },
    Square(f32, u8),
}

#[derive(DeviceType, Clone, Copy)]
enum Color {
    Red = 5,
    Green = 7,
}

#[derive(DeviceType, Clone, Copy)]
struct Vec3 {
    x: f32,
    y: f32,
    z: f32,
}

#[ring_fn]
impl Vec3 {
    const UNIT: f32 = 1.0;
    fn new(x: f32, y: f32, z: f32) -> Self {
        Self { x, y, z }
    }
    fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }
    fn length(&self) -> f32 {
        self.dot(*self).sqrt()
    }
}

#[ring_message]
struct Deposit {
    cents: u64,
    shape: Shape,
}

#[ring_message]
struct Balance;

#[ring_message]
struct Tick(u32);

/// Keeps money.
#[ring_actor]
struct Account {
    /// What there is.
    #[checkpoint]
    #[debuggable]
    cents: u64,
    peer: Option<Addr<Account>>,
    history: [u32; 4],
    color: Color,
}

#[ring_actor]
impl Account {
    const LIMIT: u64 = 1000;

    #[handler]
    fn deposit(&mut self, m: Deposit, ctx: &mut Context<Self>) {
        let Deposit { cents, shape } = m;
        let extra = match shape {
            Shape::Empty => 0,
            Shape::Circle { radius } if radius > 2.0 => radius as u64,
            Shape::Circle { .. } => 1,
            Shape::Square(side, n @ 1..=9) => side as u64 + n as u64,
            Shape::Square(_, _) => 2,
        };
        self.cents += lerp(cents, extra, 50) - FEE;
        let mut i = 0;
        'outer: loop {
            for slot in self.history.iter_mut().rev() {
                *slot = slot.wrapping_add(1);
                if *slot > 10 {
                    break 'outer;
                }
            }
            i += 1;
            if i >= 3 {
                break;
            }
        }
        if let Some(peer) = self.peer
            && self.cents > Self::LIMIT
        {
            ctx.tell(peer, Tick(math::sum(&self.history)));
        }
        self.note(extra);
        trace!(ctx, "cents = {} {extra}", self.cents);
    }

    #[handler]
    fn balance(&mut self, _: Balance) -> u64 {
        let v = Vec3::new(1.0, 2.0, Vec3::UNIT);
        assert!(v.length() < 100.0, "too long");
        let small: u8 = 200;
        let twice = math::twice(small);
        self.cents + u64::from(twice)
    }

    #[handler(fma)]
    fn tick(&mut self, Tick(n): Tick, reply: Reply<u32>) {
        let first = self.first();
        let Some(value) = first else { return };
        let half = if matches!(self.color, Color::Red) { n / 2 } else { n };
        let grid = [[None; 2]; 3];
        let _ = grid[0][1].unwrap_or(value);
        reply.send(half.min(value));
    }

    fn note(&mut self, extra: u64) {
        while let Some(peer) = self.peer.take() {
            let _ = peer;
        }
        self.history[extra as usize % 4] = 1;
    }

    fn first(&self) -> Option<u32> {
        let value = self.history.first()?;
        Some(*value)
    }
}

macro_rules! plus_one {
    ($name:ident, $x:ident => $value:expr) => {
        #[ring_fn]
        fn $name($x: u32) -> u32 {
            let t = 1;
            $value + t
        }
    };
}
plus_one!(twice_plus_one, t => t * 2);

fn model(bytes: &[u8]) -> FnModel {
    FnModel::from_bytes(bytes).expect("the model decodes")
}

#[test]
fn handlers_are_described_in_order() {
    let desc = Account::desc();
    assert_eq!(desc.state.name, "Account");
    assert_eq!(desc.state.doc, ["Keeps money."]);
    assert!(desc.state.fields[0].checkpoint && desc.state.fields[0].debuggable);
    assert!(!desc.state.fields[1].checkpoint);
    assert_eq!(desc.handlers.iter().map(|h| h.name).collect::<Vec<_>>(), ["deposit", "balance", "tick"]);
    assert_eq!(desc.handlers[1].reply, TypeDesc::Int(IntType::U64));
    assert_eq!(desc.handlers[2].reply, TypeDesc::Int(IntType::U32));
    assert_eq!(<Account as Handles<Tick>>::TAG, 2);
    let TypeDesc::Struct(message) = desc.handlers[0].message else { panic!("a struct") };
    assert_eq!(message.name, "Deposit");
}

#[test]
fn witnesses_of_a_handler_are_filled() {
    let desc = Account::desc();
    let deposit = model(desc.handlers[0].model);
    assert_eq!(deposit.name, "deposit");
    assert!(deposit.file.ends_with("front.rs"), "{}", deposit.file);
    assert!(deposit.span.line > 90);
    let tables = (desc.handlers[0].tables)();
    assert_eq!(tables.fns.len(), 2);
    assert_eq!(tables.fns[0].name, "lerp");
    assert!(tables.fns[0].path.ends_with("math::lerp"), "{}", tables.fns[0].path);
    assert!(tables.fns[1].path.ends_with("math::sum<4>"), "{}", tables.fns[1].path);
    let fee = &tables.consts[0];
    assert_eq!((fee.ty, fee.bytes.as_slice()), (TypeDesc::Int(IntType::U64), 3u64.to_le_bytes().as_slice()));
    let found: Vec<_> = tables.methods.iter().flatten().map(|method| method.name).collect();
    assert_eq!(found, ["note"]);
    println!("{deposit:#?}\n{:#?}", tables.types);
}

#[test]
fn helpers_and_generic_functions_are_found() {
    let desc = Account::desc();
    let tables = (desc.handlers[1].tables)();
    assert_eq!(tables.methods.iter().flatten().map(|m| m.name).collect::<Vec<_>>(), ["new", "length"]);
    let twice = &tables.fns[0];
    assert!(twice.path.ends_with("twice<u8>"), "{}", twice.path);
    assert_eq!((twice.tables)().types[0], TypeDesc::Int(IntType::U8));
    let length = tables.methods.iter().flatten().nth(1).expect("length");
    assert_eq!((length.tables)().methods[0].map(|m| m.name), Some("dot"));
    assert!(model(desc.handlers[2].model).fma);
}

#[test]
fn values_survive_their_canonical_layout() {
    let shape = Shape::Square(2.5, 7);
    assert_eq!((Shape::SIZE, Shape::ALIGN), (12, 4));
    let mut bytes = [0xff; 12];
    shape.encode(&mut bytes);
    assert_eq!(bytes[..4], 2u32.to_le_bytes());
    assert_eq!(bytes[9..], [0, 0, 0]);
    assert_eq!(Shape::decode(&bytes), Ok(shape));
    bytes[0] = 9;
    assert!(Shape::decode(&bytes).is_err());
    let TypeDesc::Enum(color) = Color::DESC else { panic!("an enum") };
    assert_eq!(color.variants[1].discriminant, 7);
    assert_eq!(<(u8, u64, bool)>::SIZE, 24);
    assert_eq!(Option::<u64>::SIZE, 16);
    let _ = Color::Green;
}

#[test]
fn names_of_a_macro_are_not_those_of_its_caller() {
    assert_eq!(twice_plus_one(5), 11);
    let model = model(<twice_plus_one as ringkernel::__private::DeviceFn>::desc().model);
    let value = format!("{:?}", model.body.value);
    let (caller, own) = (value.find("Local(LocalId(0))"), value.find("Local(LocalId(1))"));
    assert!(caller.is_some() && own.is_some() && caller < own, "{value}");
}
