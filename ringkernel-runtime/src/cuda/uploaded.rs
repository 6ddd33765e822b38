//! Which shared data the device has.
//!
//! Data is uploaded once, at the start; a running kernel leaves no room for more. A message that names other data is
//! refused before it is sent, since the device would read through a handle that leads nowhere.

use ringkernel_codegen::desc::{FieldDesc, TypeDesc};
use ringkernel_codegen::layout;

/// For each type of actor and each of its messages: where handles can lie.
#[derive(Debug, Default)]
pub(super) struct Uploaded {
    /// Numbers of the data on the device, sorted.
    ids: Vec<u32>,
    /// By actor type and tag: the message, if it can hold a handle.
    messages: Vec<Vec<Option<TypeDesc>>>,
    any: bool,
}

impl Uploaded {
    /// `messages` are the types that each actor type takes, by tag.
    pub(super) fn new(mut ids: Vec<u32>, messages: Vec<Vec<TypeDesc>>) -> Self {
        ids.sort_unstable();
        let messages: Vec<Vec<_>> =
            messages.into_iter().map(|of| of.into_iter().map(|ty| can_hold(ty).then_some(ty)).collect()).collect();
        let any = messages.iter().flatten().any(Option::is_some);
        Self { ids, messages, any }
    }

    /// Whether any message of the system needs to be looked at.
    #[inline]
    pub(super) const fn watches(&self) -> bool {
        self.any
    }

    /// Whether the device has all that a message names.
    pub(super) fn has_all_of(&self, actor: usize, tag: u32, bytes: &[u8]) -> bool {
        let message = self.messages.get(actor).and_then(|of| of.get(tag as usize)).copied().flatten();
        message.is_none_or(|ty| all_handles(ty, bytes, &mut |id| self.ids.binary_search(&id).is_ok()))
    }
}

/// Whether a value of this type can hold a handle.
fn can_hold(ty: TypeDesc) -> bool {
    let in_fields = |fields: &[FieldDesc]| fields.iter().any(|field| can_hold(field.ty));
    match ty {
        TypeDesc::SharedSlice(_) | TypeDesc::SharedAtomics(_) => true,
        TypeDesc::Tuple(elems) => elems.iter().any(|elem| can_hold(*elem)),
        TypeDesc::Array(elem, _) => can_hold(*elem),
        TypeDesc::Option(some) => can_hold(*some),
        TypeDesc::Struct(desc) => in_fields(desc.fields),
        TypeDesc::Enum(desc) => desc.variants.iter().any(|variant| in_fields(variant.fields)),
        _ => false,
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.get(..4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}

/// Whether `known` holds for every handle in a value's bytes.
fn all_handles(ty: TypeDesc, bytes: &[u8], known: &mut impl FnMut(u32) -> bool) -> bool {
    let each = |types: Vec<TypeDesc>, bytes: &[u8], known: &mut dyn FnMut(u32) -> bool| {
        let (_, offsets) = layout::fields(types.iter().copied());
        types.iter().zip(offsets).all(|(ty, at)| walk(*ty, bytes.get(at..).unwrap_or_default(), known))
    };
    fn walk(ty: TypeDesc, bytes: &[u8], known: &mut dyn FnMut(u32) -> bool) -> bool {
        all_handles(ty, bytes, &mut |id| known(id))
    }
    match ty {
        TypeDesc::SharedSlice(_) | TypeDesc::SharedAtomics(_) => known(number(bytes)),
        TypeDesc::Tuple(elems) => each(elems.to_vec(), bytes, known),
        TypeDesc::Struct(desc) => each(desc.fields.iter().map(|field| field.ty).collect(), bytes, known),
        TypeDesc::Array(elem, len) if can_hold(*elem) => {
            let size = layout::size_of(*elem);
            (0..len).all(|i| walk(*elem, bytes.get(i * size..).unwrap_or_default(), known))
        }
        TypeDesc::Option(some) if number(bytes) == 1 => {
            walk(*some, bytes.get(layout::data_offset(ty)..).unwrap_or_default(), known)
        }
        TypeDesc::Enum(desc) => desc.variants.get(number(bytes) as usize).is_none_or(|variant| {
            let types = variant.fields.iter().map(|field| field.ty).collect();
            each(types, bytes.get(layout::data_offset(ty)..).unwrap_or_default(), known)
        }),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringkernel_codegen::desc::IntType;

    const U32: TypeDesc = TypeDesc::Int(IntType::U32);
    const SLICE: TypeDesc = TypeDesc::SharedSlice(&U32);

    #[test]
    fn only_messages_that_can_hold_a_handle_are_looked_at() {
        let none = Uploaded::new(vec![3], vec![vec![U32, TypeDesc::Unit]]);
        assert!(!none.watches() && none.has_all_of(0, 0, &[9, 0, 0, 0]));
        let some = Uploaded::new(vec![3], vec![vec![U32], vec![U32, TypeDesc::Tuple(&[U32, SLICE])]]);
        assert!(some.watches());
        assert!(some.has_all_of(1, 1, &[9, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0]));
        assert!(!some.has_all_of(1, 1, &[9, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0]));
        assert!(some.has_all_of(1, 0, &[4, 0, 0, 0]) && some.has_all_of(0, 0, &[4, 0, 0, 0]));
    }

    #[test]
    fn an_absent_handle_is_no_handle() {
        let ty = TypeDesc::Option(&SLICE);
        let uploaded = Uploaded::new(vec![], vec![vec![ty]]);
        assert!(uploaded.has_all_of(0, 0, &[0; 12]));
        assert!(!uploaded.has_all_of(0, 0, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    }
}
