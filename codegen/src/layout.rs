//! The canonical layout: where each byte of a value lies when it crosses between host and device.
//!
//! Rust gives no promise for `Option`, tuples and enums with data, so values cross in this layout, which is that of
//! the C structs that `emit` writes; both sides assert it. Enums and `Option` are a `u32` tag at offset 0 and then the
//! union of the variants' structs.

use crate::desc::{FieldDesc, FloatType, TypeDesc};

/// Size and alignment in bytes; the size is a multiple of the alignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Bytes.
    pub size: usize,
    /// Bytes, a power of two.
    pub align: usize,
}

impl Layout {
    const fn scalar(bytes: usize) -> Self {
        Self { size: bytes, align: bytes }
    }
}

const EMPTY: Layout = Layout { size: 0, align: 1 };

/// Size and alignment of a type.
#[must_use]
pub fn of(ty: TypeDesc) -> Layout {
    match ty {
        TypeDesc::Unit | TypeDesc::Never | TypeDesc::Host | TypeDesc::Str => EMPTY,
        TypeDesc::Bool => Layout::scalar(1),
        TypeDesc::Int(int) => Layout::scalar(int.bits() as usize / 8),
        TypeDesc::Float(FloatType::F16 | FloatType::Bf16) => Layout::scalar(2),
        TypeDesc::Float(FloatType::F32) | TypeDesc::Ordering | TypeDesc::Scope => Layout::scalar(4),
        // A pointer and a length.
        TypeDesc::Ref { to: TypeDesc::Slice(_), .. } => Layout { size: 16, align: 8 },
        TypeDesc::Float(FloatType::F64)
        | TypeDesc::Addr(_)
        | TypeDesc::AnyAddr
        | TypeDesc::Reply(_)
        | TypeDesc::Context(_) => Layout::scalar(8),
        TypeDesc::Ref { .. } => Layout::scalar(8),
        TypeDesc::SharedSlice(_) | TypeDesc::SharedAtomics(_) => Layout { size: 8, align: 4 },
        TypeDesc::Tuple(elems) => fields(elems.iter().copied()).0,
        TypeDesc::Struct(desc) => fields(desc.fields.iter().map(|field| field.ty)).0,
        TypeDesc::Array(elem, len) => {
            let elem = of(*elem);
            // What has no bytes has no alignment either: the emitted text cannot hold it.
            if elem.size * len == 0 { EMPTY } else { Layout { size: elem.size * len, align: elem.align } }
        }
        TypeDesc::Option(some) => tagged([of(*some)]),
        TypeDesc::TryTell(message) => tagged([of(*message)]),
        TypeDesc::Enum(desc) => tagged(desc.variants.iter().map(|variant| variant_layout(variant.fields))),
        // Not part of any record: what they refer to is kept by the cell, apart from the state.
        TypeDesc::Field(..) | TypeDesc::Own(..) | TypeDesc::Near(..) => EMPTY,
        TypeDesc::Atomic(elem) | TypeDesc::Slice(elem) | TypeDesc::Range(elem) | TypeDesc::Iter(elem) => of(*elem),
    }
}

/// Bytes of a value.
#[must_use]
pub fn size_of(ty: TypeDesc) -> usize {
    of(ty).size
}

/// Where the fields of a struct or tuple lie, in the order of declaration, and the layout of the whole.
#[must_use]
pub fn fields(types: impl IntoIterator<Item = TypeDesc>) -> (Layout, Vec<usize>) {
    let (mut end, mut align, mut offsets) = (0_usize, 1, Vec::new());
    for ty in types {
        let field = of(ty);
        let offset = end.next_multiple_of(field.align);
        offsets.push(offset);
        end = offset + field.size;
        align = align.max(field.align);
    }
    (Layout { size: end.next_multiple_of(align), align }, offsets)
}

/// What a tile of a grid keeps: its members that are no fields, in order, and then a number for each field. Gives the whole,
/// and where these lie in that order; members without bytes are left out.
#[must_use]
pub fn of_tile(members: impl Iterator<Item = TypeDesc> + Clone) -> (Layout, Vec<usize>) {
    let is_field = |ty: &TypeDesc| matches!(ty, TypeDesc::Field(..));
    let plain = members.clone().filter(move |ty| !is_field(ty) && !crate::ty::is_zero_sized(*ty));
    fields(plain.chain(members.filter(is_field).map(|_| crate::ty::U32)))
}

/// Where the data of an enum or `Option` begins: after the tag, aligned for the most demanding variant.
#[must_use]
pub fn data_offset(ty: TypeDesc) -> usize {
    let align = match ty {
        TypeDesc::Option(some) | TypeDesc::TryTell(some) => of(*some).align,
        TypeDesc::Enum(desc) => desc.variants.iter().map(|v| variant_layout(v.fields).align).max().unwrap_or(1),
        _ => 1,
    };
    4_usize.next_multiple_of(align)
}

/// The struct that the fields of one variant make.
#[must_use]
pub fn variant_layout(variant: &[FieldDesc]) -> Layout {
    fields(variant.iter().map(|field| field.ty)).0
}

fn tagged(variants: impl IntoIterator<Item = Layout>) -> Layout {
    let (mut size, mut align) = (0, 1);
    for variant in variants {
        size = size.max(variant.size);
        align = align.max(variant.align);
    }
    let align_all = align.max(4);
    Layout { size: (4_usize.next_multiple_of(align) + size).next_multiple_of(align_all), align: align_all }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desc::IntType;

    const U8: TypeDesc = TypeDesc::Int(IntType::U8);
    const U64: TypeDesc = TypeDesc::Int(IntType::U64);

    #[test]
    fn a_struct_is_laid_out_as_in_c() {
        assert_eq!(fields([U8, U64, U8]), (Layout { size: 24, align: 8 }, vec![0, 8, 16]));
    }

    #[test]
    fn an_option_is_a_tag_and_then_the_value() {
        assert_eq!(of(TypeDesc::Option(&U8)), Layout { size: 8, align: 4 });
        assert_eq!(of(TypeDesc::Option(&U64)), Layout { size: 16, align: 8 });
        assert_eq!(of(TypeDesc::Option(&TypeDesc::Unit)), Layout { size: 4, align: 4 });
        assert_eq!(data_offset(TypeDesc::Option(&U64)), 8);
    }
}
