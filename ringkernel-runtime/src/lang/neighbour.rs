//! Messages between the tiles of a grid: where a tile's neighbours are, and what becomes of what is sent there.

use std::fmt;

use ringkernel_codegen::desc::{EnumDesc, FieldDesc, IntType, Shape, StructDesc, TypeDesc, VariantDesc};

use super::device_type::{DecodeError, DeviceType, DeviceValue};
use super::layout;
use super::message::Message;

/// The side of a tile on which a neighbour is.
///
/// How many tiles a domain has depends on the machine, unless `.tile(..)` on the builder says how large they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dir {
    /// Along the first axis, where `x` is larger.
    East,
    /// Along the first axis, where `x` is smaller.
    West,
    /// Along the second axis, where `y` is larger.
    North,
    /// Along the second axis, where `y` is smaller.
    South,
    /// Along the third axis, where `z` is larger.
    Up,
    /// Along the third axis, where `z` is smaller.
    Down,
}

/// How many sides a tile has.
pub(crate) const SIDES: usize = 6;

impl Dir {
    /// All of them, in the order in which messages from there are handled, two for each axis.
    pub(crate) const ALL: [Self; SIDES] = [Self::East, Self::West, Self::North, Self::South, Self::Up, Self::Down];
}

/// The side across. Two sides of an axis stand side by side in the order of [`Dir`].
pub(crate) const fn across(side: usize) -> usize {
    side ^ 1
}

/// Why [`Context::send`](super::Context::send) gave the message back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum NotSent<M> {
    /// As many messages as a tile sends to one side between two steps were sent there: eight.
    Full(M),
    /// There is no tile on that side: it is the edge of the domain, which is not periodic along this axis.
    NoNeighbour(M),
}

impl<M> NotSent<M> {
    /// The message.
    pub fn into_inner(self) -> M {
        match self {
            Self::Full(message) | Self::NoNeighbour(message) => message,
        }
    }
}

impl<M> fmt::Debug for NotSent<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::NoNeighbour(_) => "NoNeighbour(..)",
        })
    }
}

/// What became of a message to all sides ([`Context::exchange`](super::Context::exchange)): the three are as many as sides, twice
/// the number of dimensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exchanged {
    /// Neighbours that it was sent to.
    pub sent: u32,
    /// Sides to which eight messages had been sent before.
    pub full: u32,
    /// Sides on which there is no tile.
    pub alone: u32,
}

const fn variant(name: &'static str, shape: Shape, fields: &'static [FieldDesc], index: usize) -> VariantDesc {
    VariantDesc { name, shape, fields, discriminant: index as i128 }
}

const fn side(name: &'static str, index: usize) -> VariantDesc {
    variant(name, Shape::Unit, &[], index)
}

#[diagnostic::do_not_recommend]
impl DeviceType for Dir {
    const DESC: TypeDesc = TypeDesc::Enum(&EnumDesc {
        name: "Dir",
        path: std::any::type_name::<Self>,
        doc: &["The side of a tile on which a neighbour is."],
        variants: &[
            side("East", 0),
            side("West", 1),
            side("North", 2),
            side("South", 3),
            side("Up", 4),
            side("Down", 5),
        ],
    });
}

#[diagnostic::do_not_recommend]
impl DeviceValue for Dir {
    const SIZE: usize = layout::TAG;
    const ALIGN: usize = layout::TAG;
    fn encode(&self, out: &mut [u8]) {
        layout::put_tag(out, *self as u32);
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let tag = layout::tag(bytes, Self::SIZE, "Dir")?;
        Self::ALL.get(tag as usize).copied().ok_or(DecodeError::new("Dir", u64::from(tag)))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Message> DeviceType for NotSent<M> {
    const DESC: TypeDesc = TypeDesc::Enum(&EnumDesc {
        name: "NotSent",
        path: std::any::type_name::<Self>,
        doc: &["Why a message to a neighbour came back."],
        variants: &[
            variant("Full", Shape::Tuple, &[given_back::<M>()], 0),
            variant("NoNeighbour", Shape::Tuple, &[given_back::<M>()], 1),
        ],
    });
}

const fn given_back<M: Message>() -> FieldDesc {
    FieldDesc { name: "0", ty: M::DESC, doc: &[], checkpoint: false, debuggable: false }
}

#[diagnostic::do_not_recommend]
impl<M: Message> DeviceType for Result<(), NotSent<M>> {
    const DESC: TypeDesc = TypeDesc::TryTell(&NotSent::<M>::DESC);
}

const fn count(name: &'static str) -> FieldDesc {
    FieldDesc { name, ty: TypeDesc::Int(IntType::U32), doc: &[], checkpoint: false, debuggable: false }
}

#[diagnostic::do_not_recommend]
impl DeviceType for Exchanged {
    const DESC: TypeDesc = TypeDesc::Struct(&StructDesc {
        name: "Exchanged",
        path: std::any::type_name::<Self>,
        doc: &["What became of a message to all sides."],
        shape: Shape::Named,
        fields: &[count("sent"), count("full"), count("alone")],
    });
}

#[diagnostic::do_not_recommend]
impl DeviceValue for Exchanged {
    const SIZE: usize = <[u32; 3]>::SIZE;
    const ALIGN: usize = <[u32; 3]>::ALIGN;
    fn encode(&self, out: &mut [u8]) {
        [self.sent, self.full, self.alone].encode(out);
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        <[u32; 3]>::decode(bytes).map(|[sent, full, alone]| Self { sent, full, alone })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_is_what_it_was_and_its_opposite_is_across() {
        for (index, dir) in Dir::ALL.into_iter().enumerate() {
            let mut bytes = [0xff; 4];
            dir.encode(&mut bytes);
            assert_eq!((Dir::decode(&bytes), dir as usize), (Ok(dir), index));
            assert_eq!(across(across(index)), index);
        }
        assert_eq!((across(Dir::East as usize), across(Dir::Down as usize)), (Dir::West as usize, Dir::Up as usize));
        assert!(Dir::decode(&6_u32.to_le_bytes()).is_err());
        let counts = Exchanged { sent: 3, full: 2, alone: 1 };
        let mut bytes = [0; 12];
        counts.encode(&mut bytes);
        assert_eq!(Exchanged::decode(&bytes), Ok(counts));
    }
}
