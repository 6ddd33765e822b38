//! The right to answer one question.
//!
//! A `Reply` is 64 bits: the backend's name of the question, 0 if nobody asked. It is answered by [`Reply::send`], and
//! the asker gets an error when it is dropped. [`encode`](DeviceValue::encode) moves the right into the bytes (a message
//! or a state that goes elsewhere), so that dropping the Rust value afterwards answers nothing.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

use ringkernel_codegen::desc::{FieldDesc, TypeDesc};

use super::device_type::{DecodeError, DeviceType, DeviceValue};
use super::layout::round_up;
use super::message::MAX_PAYLOAD;
use crate::cpu::{grid, worker};

/// A question kept to be answered later.
#[must_use = "dropping a `Reply` gives the asker an error"]
pub struct Reply<T> {
    raw: Cell<u64>,
    value: PhantomData<fn(T)>,
}

impl<T> Reply<T> {
    pub(crate) const fn from_raw(raw: u64) -> Self {
        Self { raw: Cell::new(raw), value: PhantomData }
    }
}

impl<T: DeviceValue> Reply<T> {
    /// Answers. If the message was told, not asked, nobody hears it.
    #[allow(clippy::needless_pass_by_value)] // the answer is given away
    pub fn send(self, value: T) {
        const { assert!(T::SIZE <= MAX_PAYLOAD, "an answer can have 180 bytes at most") };
        let raw = self.raw.take();
        if raw != 0 {
            // A thread is a worker's or a tile's.
            worker::with_current(|worker| worker.answer(raw, T::SIZE, |out| value.encode(out)));
            grid::with_current(|tile| tile.answer(raw, T::SIZE, |out| value.encode(out)));
            #[cfg(feature = "record")]
            super::record::with_current(|recorder| recorder.answer(raw, &value));
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        let raw = self.raw.take();
        if raw != 0 {
            worker::with_current(|worker| worker.drop_reply(raw));
            grid::with_current(|tile| tile.drop_reply(raw));
            #[cfg(feature = "record")]
            super::record::with_current(|recorder| recorder.drop_reply(raw));
        }
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply(..)")
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeviceValue> DeviceType for Reply<T> {
    const DESC: TypeDesc = TypeDesc::Reply(&T::DESC);
}

#[diagnostic::do_not_recommend]
impl<T: DeviceValue> DeviceValue for Reply<T> {
    const SIZE: usize = 8;
    const ALIGN: usize = 8;
    fn encode(&self, out: &mut [u8]) {
        self.raw.take().encode(out);
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        u64::decode(bytes).map(Self::from_raw)
    }
}

/// Whether a value of this type can hold a [`Reply`].
pub(crate) fn holds_replies(desc: &TypeDesc) -> bool {
    let in_fields = |fields: &[FieldDesc]| fields.iter().any(|field| holds_replies(&field.ty));
    match desc {
        TypeDesc::Reply(_) => true,
        TypeDesc::Tuple(elems) => elems.iter().any(holds_replies),
        TypeDesc::Array(elem, _) | TypeDesc::Option(elem) => holds_replies(elem),
        TypeDesc::Struct(it) => in_fields(it.fields),
        TypeDesc::Enum(it) => it.variants.iter().any(|variant| in_fields(variant.fields)),
        _ => false,
    }
}

/// Calls `found` with every question held by the value in `bytes`, which is in the canonical layout of `desc`.
pub(crate) fn each_reply(desc: &TypeDesc, bytes: &[u8], found: &mut dyn FnMut(u64)) {
    let tag = |bytes: &[u8]| bytes.first_chunk().map_or(0, |tag| u32::from_le_bytes(*tag));
    match desc {
        TypeDesc::Reply(_) => {
            if let Some(raw) = bytes.first_chunk().map(|raw| u64::from_le_bytes(*raw))
                && raw != 0
            {
                found(raw);
            }
        }
        TypeDesc::Tuple(elems) => {
            in_struct(elems.iter(), bytes, found);
        }
        TypeDesc::Array(elem, count) => {
            in_struct(std::iter::repeat_n(*elem, *count), bytes, found);
        }
        TypeDesc::Struct(it) => in_struct(it.fields.iter().map(|field| &field.ty), bytes, found),
        TypeDesc::Option(elem) => {
            if tag(bytes) == 1 {
                let offset = round_up(4, layout(elem).1);
                each_reply(elem, bytes.get(offset..).unwrap_or_default(), found);
            }
        }
        TypeDesc::Enum(it) => {
            let align = it.variants.iter().flat_map(|v| v.fields).map(|f| layout(&f.ty).1).max().unwrap_or(1);
            if let Some(variant) = it.variants.get(tag(bytes) as usize) {
                let bytes = bytes.get(round_up(4, align)..).unwrap_or_default();
                in_struct(variant.fields.iter().map(|field| &field.ty), bytes, found);
            }
        }
        _ => {}
    }
}

fn in_struct<'a>(fields: impl Iterator<Item = &'a TypeDesc>, bytes: &[u8], found: &mut dyn FnMut(u64)) {
    let mut offset = 0;
    for field in fields {
        let (size, align) = layout(field);
        offset = round_up(offset, align);
        each_reply(field, bytes.get(offset..offset + size).unwrap_or_default(), found);
        offset += size;
    }
}

/// Size and alignment in the canonical layout, at run time.
fn layout(desc: &TypeDesc) -> (usize, usize) {
    match desc {
        TypeDesc::Bool => (1, 1),
        TypeDesc::Int(int) => ((int.bits() / 8) as usize, (int.bits() / 8) as usize),
        TypeDesc::Float(float) => match float.name() {
            "f64" => (8, 8),
            "f32" => (4, 4),
            _ => (2, 2),
        },
        TypeDesc::Addr(_) | TypeDesc::AnyAddr | TypeDesc::Reply(_) => (8, 8),
        TypeDesc::SharedSlice(_) | TypeDesc::SharedAtomics(_) => (8, 4),
        TypeDesc::Tuple(elems) => layout_of_struct(elems.iter()),
        TypeDesc::Struct(it) => layout_of_struct(it.fields.iter().map(|field| &field.ty)),
        TypeDesc::Array(elem, count) => {
            let (size, align) = layout(elem);
            (size * count, align)
        }
        TypeDesc::Option(elem) => layout_of_union(std::iter::once(layout(elem))),
        TypeDesc::Enum(it) => layout_of_union(
            it.variants.iter().map(|variant| layout_of_struct(variant.fields.iter().map(|field| &field.ty))),
        ),
        _ => (0, 1),
    }
}

fn layout_of_struct<'a>(fields: impl Iterator<Item = &'a TypeDesc>) -> (usize, usize) {
    let (size, align) = fields
        .map(layout)
        .fold((0, 1), |(offset, most), (size, align)| (round_up(offset, align) + size, most.max(align)));
    (round_up(size, align), align)
}

fn layout_of_union(variants: impl Iterator<Item = (usize, usize)>) -> (usize, usize) {
    let (size, align) = variants.fold((0, 1), |(most, all), (size, align)| (most.max(size), all.max(align)));
    let whole = align.max(4);
    (round_up(round_up(4, align) + size, whole), whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_found_wherever_they_are_kept() {
        type Kept = (u8, Option<Reply<u32>>, [Option<(u32, Reply<bool>)>; 2]);
        let kept: Kept = (1, Some(Reply::from_raw(7)), [None, Some((3, Reply::from_raw(9)))]);
        assert!(holds_replies(&Kept::DESC));
        assert_eq!(layout(&Kept::DESC), (Kept::SIZE, Kept::ALIGN));
        let mut bytes = vec![0; Kept::SIZE];
        kept.encode(&mut bytes);
        let mut found = Vec::new();
        each_reply(&Kept::DESC, &bytes, &mut |raw| found.push(raw));
        assert_eq!(found, [7, 9]);
    }
}
