//! What is known of a value before anything runs: constants, views and fields.

use crate::desc::{ConstValue, TypeDesc};
use crate::layout;
use crate::model::{BinOp, Lit, Pat, PatKind};

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// The state of the grid: its fields are members of it.
    State,
    /// A field, by its name.
    Field(String),
    /// The `n`-th source of the operation that is looked at.
    Near(usize),
    /// An integer; `bool` as 0 and 1.
    Int(i128),
    /// The elements of an array or tuple.
    Parts(Vec<Value>),
    /// Anything else, or something that depends on what runs.
    Unknown,
}

impl Value {
    /// The elements, of a value that has so many.
    pub(super) fn parts(&self, count: usize) -> Vec<Self> {
        match self {
            Self::Parts(parts) if parts.len() == count => parts.clone(),
            _ => vec![Self::Unknown; count],
        }
    }

    /// The cells of a constant offset.
    pub(super) fn offset(&self) -> Option<Vec<i128>> {
        let Self::Parts(parts) = self else { return None };
        parts.iter().map(|part| if let Self::Int(cells) = part { Some(*cells) } else { None }).collect()
    }

    /// What is known whichever of two ways was taken.
    pub(super) fn or(self, other: &Self) -> Self {
        if self == *other { self } else { Self::Unknown }
    }
}

/// A named constant.
pub(super) fn constant(value: &ConstValue) -> Value {
    of_bytes(value.ty, &value.bytes)
}

fn of_bytes(ty: TypeDesc, bytes: &[u8]) -> Value {
    match ty {
        TypeDesc::Bool => bytes.first().map_or(Value::Unknown, |byte| Value::Int(i128::from(*byte))),
        TypeDesc::Int(int) => {
            let mut wide = [0; 16];
            let len = bytes.len().min(16);
            wide[..len].copy_from_slice(&bytes[..len]);
            let unused = 128 - int.bits();
            let raw = u128::from_le_bytes(wide) << unused;
            // Values beyond `i128` are no offsets.
            Value::Int(if int.signed() { (raw as i128) >> unused } else { (raw >> unused) as i128 })
        }
        TypeDesc::Array(elem, len) => {
            let size = layout::size_of(*elem);
            let part = |at: usize| bytes.get(at * size..(at + 1) * size).map_or(Value::Unknown, |b| of_bytes(*elem, b));
            Value::Parts((0..len).map(part).collect())
        }
        TypeDesc::Tuple(elems) => {
            let (_, offsets) = layout::fields(elems.iter().copied());
            let part = |(ty, at): (&TypeDesc, usize)| {
                bytes.get(at..at + layout::size_of(*ty)).map_or(Value::Unknown, |b| of_bytes(*ty, b))
            };
            Value::Parts(elems.iter().zip(offsets).map(part).collect())
        }
        TypeDesc::Ref { to, .. } => of_bytes(*to, bytes),
        _ => Value::Unknown,
    }
}

/// A value as another type of number.
pub(super) fn cast(value: &Value, ty: TypeDesc) -> Value {
    match (value, ty) {
        (Value::Int(value), TypeDesc::Int(_)) => of_bytes(ty, &value.to_le_bytes()),
        _ => Value::Unknown,
    }
}

/// What an operator makes of two constants.
pub(super) fn binary(op: BinOp, left: &Value, right: &Value) -> Value {
    let (Value::Int(left), Value::Int(right)) = (left, right) else { return Value::Unknown };
    let value = match op {
        BinOp::Add => left.checked_add(*right),
        BinOp::Sub => left.checked_sub(*right),
        BinOp::Mul => left.checked_mul(*right),
        BinOp::Div => left.checked_div(*right),
        BinOp::Rem => left.checked_rem(*right),
        BinOp::Eq => Some(i128::from(left == right)),
        BinOp::Ne => Some(i128::from(left != right)),
        BinOp::Lt => Some(i128::from(left < right)),
        BinOp::Le => Some(i128::from(left <= right)),
        BinOp::Gt => Some(i128::from(left > right)),
        BinOp::Ge => Some(i128::from(left >= right)),
        _ => None,
    };
    value.map_or(Value::Unknown, Value::Int)
}

/// Whether a pattern takes a value, as far as that is known.
pub(super) fn takes(pat: &Pat, value: &Value) -> Option<bool> {
    let Value::Int(value) = value else { return None };
    match &pat.kind {
        PatKind::Wild => Some(true),
        PatKind::Lit(Lit::Int { value: wanted, negative }) => {
            let wanted = i128::try_from(*wanted).ok()?;
            Some(*value == if *negative { -wanted } else { wanted })
        }
        _ => None,
    }
}
