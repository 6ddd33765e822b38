//! Groups of tiles: who comes to a barrier.

use ringkernel_codegen::abi::MAX_GROUPS;
use ringkernel_codegen::desc::{EnumDesc, FieldDesc, IntType, Shape, TypeDesc, VariantDesc};

use super::device_type::{DecodeError, DeviceType, DeviceValue};
use super::layout;

/// Groups that a builder can name.
pub(crate) const MAX_NAMED: u32 = MAX_GROUPS - 1;

/// The tiles of a grid that come to a barrier, [`Context::barrier`](super::Context::barrier). `D` is the grid's number of dimensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group<const D: usize> {
    /// All tiles.
    Grid,
    /// The tiles in a box around each, of so many along each axis: odd numbers. `Near([3, 3])` are the eight around a tile and itself.
    /// Where an axis is periodic, the box goes on at the other side of the domain; else it ends there.
    Near([u32; D]),
    /// The tiles that the builder has put into a group of this number.
    Named(u32),
}

const fn variant(name: &'static str, shape: Shape, fields: &'static [FieldDesc], index: usize) -> VariantDesc {
    VariantDesc { name, shape, fields, discriminant: index as i128 }
}

const fn field(ty: TypeDesc) -> FieldDesc {
    FieldDesc { name: "0", ty, doc: &[], checkpoint: false, debuggable: false }
}

#[diagnostic::do_not_recommend]
impl<const D: usize> DeviceType for Group<D> {
    const DESC: TypeDesc = TypeDesc::Enum(&EnumDesc {
        name: "Group",
        path: std::any::type_name::<Self>,
        doc: &["The tiles that come to a barrier."],
        variants: &[
            variant("Grid", Shape::Unit, &[], 0),
            variant("Near", Shape::Tuple, &[field(<[u32; D]>::DESC)], 1),
            variant("Named", Shape::Tuple, &[field(TypeDesc::Int(IntType::U32))], 2),
        ],
    });
}

#[diagnostic::do_not_recommend]
impl<const D: usize> DeviceValue for Group<D> {
    const SIZE: usize = layout::TAG + <[u32; D]>::SIZE;
    const ALIGN: usize = layout::TAG;
    fn encode(&self, out: &mut [u8]) {
        let (tag, value) = out.split_at_mut(layout::TAG);
        match self {
            Self::Grid => layout::put_tag(tag, 0),
            Self::Near(extents) => {
                layout::put_tag(tag, 1);
                extents.encode(value);
            }
            Self::Named(number) => {
                layout::put_tag(tag, 2);
                number.encode(&mut value[..u32::SIZE]);
            }
        }
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let value = bytes.get(layout::TAG..).unwrap_or_default();
        match layout::tag(bytes, Self::SIZE, "Group")? {
            0 => Ok(Self::Grid),
            1 => <[u32; D]>::decode(value).map(Self::Near),
            2 => u32::decode(&value[..u32::SIZE.min(value.len())]).map(Self::Named),
            tag => Err(DecodeError::new("Group", u64::from(tag))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_what_it_was() {
        for group in [Group::Grid, Group::Near([3, 5]), Group::Named(7)] {
            let mut bytes = [0xff; Group::<2>::SIZE];
            group.encode(&mut bytes);
            assert_eq!(Group::<2>::decode(&bytes), Ok(group));
        }
        assert!(Group::<2>::decode(&[3; 12]).is_err());
    }
}
