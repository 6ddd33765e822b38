//! What a memory operation is: kind, width, order and scope, as `device/simulator.h` encodes them.

use std::fmt;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Reads.
    Load,
    /// Writes.
    Store,
    /// Adds and returns the old value.
    Add,
    /// Swaps.
    Exchange,
    /// Swaps if the old value is the expected one.
    Compare,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// Minimum of unsigned values.
    Min,
    /// Maximum of unsigned values.
    Max,
    /// Minimum of signed values.
    SignedMin,
    /// Maximum of signed values.
    SignedMax,
}

/// How it is ordered with the other operations of its thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// An ordinary access: may come from a stale L1.
    Weak,
    /// Coherent, not ordered.
    Relaxed,
    /// Later accesses stay behind it.
    Acquire,
    /// Earlier accesses stay before it.
    Release,
    /// Both.
    AcqRel,
}

/// For whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Threads of one GPU.
    Gpu,
    /// The host too.
    System,
}

/// A memory operation without its address and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// What is done.
    pub kind: Kind,
    /// Width in bytes: 1, 2, 4, 8 or 16.
    pub bytes: u8,
    /// Order.
    pub order: Order,
    /// Scope.
    pub scope: Scope,
}

impl Access {
    /// From the number that device code passes.
    #[must_use]
    pub fn decode(op: u32) -> Option<Self> {
        const KINDS: [Kind; 12] = [
            Kind::Load,
            Kind::Store,
            Kind::Add,
            Kind::Exchange,
            Kind::Compare,
            Kind::And,
            Kind::Or,
            Kind::Xor,
            Kind::Min,
            Kind::Max,
            Kind::SignedMin,
            Kind::SignedMax,
        ];
        const ORDERS: [Order; 5] = [Order::Weak, Order::Relaxed, Order::Acquire, Order::Release, Order::AcqRel];
        Some(Self {
            kind: *KINDS.get((op & 15) as usize)?,
            bytes: 1u8.checked_shl(op >> 4 & 15).filter(|n| *n <= 16)?,
            order: *ORDERS.get((op >> 8 & 15) as usize)?,
            scope: if op >> 12 & 1 == 0 { Scope::Gpu } else { Scope::System },
        })
    }

    /// It reads (a load, or an atomic).
    #[must_use]
    pub fn reads(self) -> bool {
        self.kind != Kind::Store
    }

    /// It writes (a store, or an atomic).
    #[must_use]
    pub fn writes(self) -> bool {
        self.kind != Kind::Load
    }

    /// Reads and writes at once.
    #[must_use]
    pub fn is_atomic(self) -> bool {
        self.reads() && self.writes()
    }

    /// Later accesses of its thread stay behind it.
    #[must_use]
    pub fn acquires(self) -> bool {
        matches!(self.order, Order::Acquire | Order::AcqRel)
    }

    /// Earlier accesses of its thread stay before it.
    #[must_use]
    pub fn releases(self) -> bool {
        matches!(self.order, Order::Release | Order::AcqRel)
    }

    fn signed(self, value: u128) -> i128 {
        let unused = 128 - 8 * u32::from(self.bytes);
        (value << unused).cast_signed() >> unused
    }

    /// The value that an atomic leaves, given the old one.
    #[must_use]
    pub fn result(self, old: u128, first: u128, second: u128) -> u128 {
        let mask = if self.bytes == 16 { u128::MAX } else { (1 << (8 * u32::from(self.bytes))) - 1 };
        let new = match self.kind {
            Kind::Load => old,
            Kind::Store | Kind::Exchange => first,
            Kind::Add => old.wrapping_add(first),
            Kind::Compare if old == first => second,
            Kind::Compare => old,
            Kind::And => old & first,
            Kind::Or => old | first,
            Kind::Xor => old ^ first,
            Kind::Min => old.min(first),
            Kind::Max => old.max(first),
            Kind::SignedMin if self.signed(old) < self.signed(first) => old,
            Kind::SignedMax if self.signed(old) > self.signed(first) => old,
            Kind::SignedMin | Kind::SignedMax => first,
        };
        new & mask
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self.order {
            Order::Weak => "weak",
            Order::Relaxed => "relaxed",
            Order::Acquire => "acquire",
            Order::Release => "release",
            Order::AcqRel => "acq_rel",
        };
        let scope = if self.scope == Scope::Gpu { "gpu" } else { "system" };
        write!(f, "{:<8} {:>2} {order:<7} {scope:<6}", format!("{:?}", self.kind).to_lowercase(), self.bytes)
    }
}
