//! The canonical layout: the rules of C, in constants.
//!
//! A struct lays its fields out in the order of declaration; an enum is a `u32` tag, then the union of its variants'
//! structs at the next offset that suits them all. `ringkernel_codegen` emits structs with exactly these offsets and
//! asserts them.

use ringkernel_codegen::desc::TypeDesc;

use super::device_type::{DecodeError, DeviceValue};

/// Size and alignment of one field.
pub type Field = (usize, usize);

/// Rounds `offset` up to a multiple of `align`.
#[must_use]
pub const fn round_up(offset: usize, align: usize) -> usize {
    offset.div_ceil(align) * align
}

/// The largest alignment among `fields`, at least 1.
#[must_use]
pub const fn align_of(fields: &[Field]) -> usize {
    let mut align = 1;
    let mut i = 0;
    while i < fields.len() {
        if fields[i].1 > align {
            align = fields[i].1;
        }
        i += 1;
    }
    align
}

/// Where field `index` of a struct begins, counted from the struct's beginning.
#[must_use]
pub const fn offset_of(fields: &[Field], index: usize) -> usize {
    let mut offset = 0;
    let mut i = 0;
    loop {
        offset = round_up(offset, fields[i].1);
        if i == index {
            return offset;
        }
        offset += fields[i].0;
        i += 1;
    }
}

/// The size of a struct, rounded up to its alignment.
#[must_use]
pub const fn size_of(fields: &[Field]) -> usize {
    if fields.is_empty() {
        return 0;
    }
    let last = fields.len() - 1;
    round_up(offset_of(fields, last) + fields[last].0, align_of(fields))
}

/// Size of the tag of an enum.
pub const TAG: usize = 4;

/// The alignment of the union of `variants`.
const fn union_align(variants: &[&[Field]]) -> usize {
    let mut align = 1;
    let mut i = 0;
    while i < variants.len() {
        let own = align_of(variants[i]);
        if own > align {
            align = own;
        }
        i += 1;
    }
    align
}

/// Where the fields of every variant begin.
#[must_use]
pub const fn enum_offset(variants: &[&[Field]]) -> usize {
    round_up(TAG, union_align(variants))
}

/// The alignment of an enum.
#[must_use]
pub const fn enum_align(variants: &[&[Field]]) -> usize {
    let align = union_align(variants);
    if align > TAG { align } else { TAG }
}

/// The size of an enum.
#[must_use]
pub const fn enum_size(variants: &[&[Field]]) -> usize {
    let mut union = 0;
    let mut i = 0;
    while i < variants.len() {
        let own = size_of(variants[i]);
        if own > union {
            union = own;
        }
        i += 1;
    }
    if union == 0 {
        return TAG;
    }
    round_up(enum_offset(variants) + union, enum_align(variants))
}

/// The size and alignment of `T` as a field.
#[must_use]
pub const fn field<T: DeviceValue>() -> Field {
    (T::SIZE, T::ALIGN)
}

/// Refuses bytes that are not as long as the type, before anything is cut out of them.
///
/// # Errors
/// If the lengths differ.
pub fn check_len(bytes: &[u8], size: usize, what: &'static str) -> Result<(), DecodeError> {
    if bytes.len() == size { Ok(()) } else { Err(DecodeError::new(what, bytes.len() as u64)) }
}

/// The tag of an enum, after checking that there are as many bytes as the enum has.
///
/// # Errors
/// If the length is not `size`.
pub fn tag(bytes: &[u8], size: usize, what: &'static str) -> Result<u32, DecodeError> {
    check_len(bytes, size, what)?;
    let tag: [u8; TAG] = bytes[..TAG].try_into().map_err(|_| DecodeError::new(what, bytes.len() as u64))?;
    Ok(u32::from_le_bytes(tag))
}

/// Writes the tag of an enum.
pub fn put_tag(out: &mut [u8], tag: u32) {
    out[..TAG].copy_from_slice(&tag.to_le_bytes());
}

/// One field of a struct or variant, as the derive uses it.
#[derive(Clone, Copy, Debug)]
pub struct Slot<T> {
    /// Its size and alignment.
    pub field: Field,
    /// Its description.
    pub desc: TypeDesc,
    put: fn(&T, &mut [u8]),
    get: fn(&[u8]) -> Result<T, DecodeError>,
}

/// The field of type `T`. The derive names a field's type only here, so that one that does not belong there is one
/// error.
#[must_use]
pub const fn slot<T: DeviceValue>() -> Slot<T> {
    Slot { field: field::<T>(), desc: T::DESC, put: T::encode, get: T::decode }
}

impl<T> Slot<T> {
    /// Writes it at offset `at`.
    pub fn put(self, value: &T, out: &mut [u8], at: usize) {
        (self.put)(value, &mut out[at..at + self.field.0]);
    }

    /// Reads it at offset `at` of bytes whose length was checked.
    ///
    /// # Errors
    /// If the bytes are not such a value.
    pub fn get(self, bytes: &[u8], at: usize) -> Result<T, DecodeError> {
        (self.get)(&bytes[at..at + self.field.0])
    }
}
