//! Whether a comparison is the one that `derive` gives: field by field, variants in their order.
//!
//! Device code compares that way, and nothing in Rust tells a derived implementation from one written by hand. So the
//! user's comparison is tried on values made here and compared with [`compare`], which is the rule itself on canonical
//! bytes. What is generated is made to catch what people write: fields left out, tolerances, other orders of fields.

use crate::desc::{EnumDesc, FieldDesc, FloatType, IntType, Native, Said, TypeDesc, TypeDesc as T};
use crate::layout;
use std::cmp::Ordering;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Pairs of unrelated values, and values of which one bit is changed.
const PAIRS: u32 = 300;
/// Bits changed of each such value.
const BITS: u32 = 64;

/// Whether two values of this type are compared by a function of the user's.
pub(crate) fn has_user_type(ty: TypeDesc) -> bool {
    match ty {
        T::Struct(_) => true,
        T::Enum(desc) => (desc.path)() != std::any::type_name::<Ordering>(),
        T::Tuple(elems) => elems.iter().any(|elem| has_user_type(*elem)),
        T::Array(elem, _) | T::Slice(elem) | T::Option(elem) | T::Ref { to: elem, .. } => has_user_type(*elem),
        _ => false,
    }
}

/// Whether Rust's comparison and the rule agree on all values that are tried.
pub(crate) fn agrees(native: &Native) -> bool {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let size = layout::size_of(native.ty);
    let same = |a: &[u8], b: &[u8]| {
        let Some(expected) = compare(native.ty, a, b) else { return true };
        // A comparison that panics is no derived one.
        let found = catch_unwind(AssertUnwindSafe(|| (native.compare)(a, b))).unwrap_or(None);
        match (found, native.equality) {
            (None, _) => false,
            (Some(found), true) => found.0.is_some() == (expected.0 == Some(Ordering::Equal)),
            (Some(found), false) => found == expected,
        }
    };
    (0..PAIRS).all(|_| {
        let mut a = vec![0; size];
        let mut b = vec![0; size];
        fill(native.ty, &mut a, &mut random);
        fill(native.ty, &mut b, &mut random);
        same(&a, &b) && same(&a, &a)
    }) && (0..PAIRS / 10).all(|_| {
        let mut a = vec![0; size];
        fill(native.ty, &mut a, &mut random);
        let mut bits = Vec::new();
        changeable(native.ty, &a, 0, &mut bits);
        bits.is_empty()
            || (0..BITS).all(|_| {
                let (byte, bit) = bits[random.below(bits.len() as u64) as usize];
                let mut b = a.clone();
                b[byte] ^= 1 << bit;
                same(&a, &b) && same(&b, &a)
            })
    })
}

/// A small generator (xorshift64*), the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 16) % end.max(1)
    }
}

/// Writes a value; small numbers often, so that values are equal often.
fn fill(ty: TypeDesc, out: &mut [u8], random: &mut Random) {
    match ty {
        T::Bool => out[0] = random.below(2) as u8,
        T::Int(_) | T::Addr(_) | T::AnyAddr => {
            let value = match random.below(8) {
                0 => u128::from(random.next()) << 64 | u128::from(random.next()),
                1 => u128::MAX,
                2 => u128::from(random.below(30)),
                _ => u128::from(random.below(3)),
            };
            let size = layout::size_of(ty);
            out[..size].copy_from_slice(&value.to_le_bytes()[..size]);
        }
        T::Float(float) => {
            let all = [0.0, -0.0, 1.0, 1.0, 2.0, -1.5, 0.001, f64::NAN, f64::INFINITY];
            let value = all[random.below(all.len() as u64) as usize];
            match float {
                FloatType::F32 => out[..4].copy_from_slice(&(value as f32).to_le_bytes()),
                FloatType::F64 => out[..8].copy_from_slice(&value.to_le_bytes()),
                // 1.0 and its neighbours are numbers in both formats.
                _ => out[..2].copy_from_slice(&(0x3c00 + random.below(3) as u16).to_le_bytes()),
            }
        }
        T::Option(some) => {
            let tag = random.below(3).min(1) as u32;
            out[..4].copy_from_slice(&tag.to_le_bytes());
            if tag == 1 {
                fill(*some, &mut out[layout::data_offset(ty)..], random);
            }
        }
        T::Enum(desc) => {
            let tag = random.below(desc.variants.len() as u64) as usize;
            out[..4].copy_from_slice(&(tag as u32).to_le_bytes());
            for (part, at) in parts(desc.variants[tag].fields) {
                fill(part, &mut out[layout::data_offset(ty) + at..], random);
            }
        }
        _ => {
            for (part, at) in elements(ty) {
                fill(part, &mut out[at..], random);
            }
        }
    }
}

/// The bits of a value that can be changed one by one: those of numbers and `bool`.
fn changeable(ty: TypeDesc, value: &[u8], start: usize, bits: &mut Vec<(usize, u32)>) {
    match ty {
        T::Bool => bits.push((start, 0)),
        T::Int(_) | T::Float(_) | T::Addr(_) | T::AnyAddr => {
            let bytes = start..start + layout::size_of(ty);
            bits.extend(bytes.flat_map(|byte| (0..8).map(move |bit| (byte, bit))));
        }
        T::Option(some) => {
            if tag(&value[start..]) == 1 {
                changeable(*some, value, start + layout::data_offset(ty), bits);
            }
        }
        T::Enum(desc) => {
            for (part, at) in variant(desc, &value[start..]) {
                changeable(part, value, start + layout::data_offset(ty) + at, bits);
            }
        }
        _ => {
            for (part, at) in elements(ty) {
                changeable(part, value, start + at, bits);
            }
        }
    }
}

/// The rule: `None` for types that have no comparison in device code.
fn compare(ty: TypeDesc, a: &[u8], b: &[u8]) -> Option<Said> {
    let ordering = match ty {
        T::Bool => a[0].cmp(&b[0]),
        T::Int(int) => integer(int, a).cmp(&integer(int, b)),
        T::Addr(_) | T::AnyAddr => integer(IntType::U64, a).cmp(&integer(IntType::U64, b)),
        T::Float(FloatType::F32) => return Some(Said(single(a).partial_cmp(&single(b)))),
        T::Float(FloatType::F64) => return Some(Said(double(a).partial_cmp(&double(b)))),
        T::Float(float) => {
            let wide = |bytes: &[u8]| half(float, u16::from_le_bytes([bytes[0], bytes[1]]));
            return Some(Said(wide(a).partial_cmp(&wide(b))));
        }
        T::Option(some) => match (tag(a), tag(b)) {
            (1, 1) => {
                let at = layout::data_offset(ty);
                return compare(*some, &a[at..], &b[at..]);
            }
            (x, y) => x.cmp(&y),
        },
        T::Enum(desc) => {
            let number = |value| desc.variants[tag(value) as usize].discriminant;
            if tag(a) != tag(b) {
                number(a).cmp(&number(b))
            } else {
                let at = layout::data_offset(ty);
                return lexical(variant(desc, a), &a[at..], &b[at..]);
            }
        }
        T::Unit | T::Struct(_) | T::Tuple(_) | T::Array(..) => return lexical(elements(ty), a, b),
        _ => return None,
    };
    Some(Said(Some(ordering)))
}

fn lexical(parts: Vec<(TypeDesc, usize)>, a: &[u8], b: &[u8]) -> Option<Said> {
    for (part, at) in parts {
        let said = compare(part, &a[at..], &b[at..])?;
        if said.0 != Some(Ordering::Equal) {
            return Some(said);
        }
    }
    Some(Said(Some(Ordering::Equal)))
}

/// The parts of a type that is not tagged, and where they lie.
fn elements(ty: TypeDesc) -> Vec<(TypeDesc, usize)> {
    match ty {
        T::Struct(desc) => parts(desc.fields),
        T::Tuple(elems) => elems.iter().copied().zip(layout::fields(elems.iter().copied()).1).collect(),
        T::Array(elem, len) => (0..len).map(|index| (*elem, index * layout::size_of(*elem))).collect(),
        _ => Vec::new(),
    }
}

fn parts(fields: &[FieldDesc]) -> Vec<(TypeDesc, usize)> {
    let types = || fields.iter().map(|field| field.ty);
    types().zip(layout::fields(types()).1).collect()
}

fn variant(desc: &EnumDesc, value: &[u8]) -> Vec<(TypeDesc, usize)> {
    parts(desc.variants[tag(value) as usize].fields)
}

fn tag(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// A key in the order of the numbers: of signed ones, the sign is turned.
fn integer(int: IntType, bytes: &[u8]) -> u128 {
    let mut wide = [0; 16];
    let size = int.bits() as usize / 8;
    wide[..size].copy_from_slice(&bytes[..size]);
    let raw = u128::from_le_bytes(wide);
    if int.signed() { raw ^ 1 << (int.bits() - 1) } else { raw }
}

fn single(bytes: &[u8]) -> f32 {
    f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The value of a 16-bit float, but for the scale of one of binary16, which a comparison does not need.
fn half(float: FloatType, bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let rest = u32::from(bits & 0x7fff);
    f32::from_bits(match float {
        FloatType::F16 if rest >= 0x7c00 => sign | 0x7f80_0000 | (rest & 0x3ff) << 13,
        FloatType::F16 => sign | rest << 13,
        _ => sign | rest << 16,
    })
}

fn double(bytes: &[u8]) -> f64 {
    let mut all = [0; 8];
    all.copy_from_slice(&bytes[..8]);
    f64::from_le_bytes(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAIR: TypeDesc = T::Tuple(&[T::Int(IntType::I32), T::Float(FloatType::F32)]);

    fn read(bytes: &[u8]) -> (i32, f32) {
        (i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]), single(&bytes[4..]))
    }

    macro_rules! agrees {
        ($a:ident == $b:ident: $same:expr) => {
            agrees(&Native {
                ty: PAIR,
                equality: true,
                compare: |a, b| {
                    let ($a, $b) = (read(a), read(b));
                    Some(Said($same.then_some(Ordering::Equal)))
                },
            })
        };
        ($a:ident < $b:ident: $order:expr) => {
            agrees(&Native {
                ty: PAIR,
                equality: false,
                compare: |a, b| {
                    let ($a, $b) = (read(a), read(b));
                    Some(Said($order))
                },
            })
        };
    }

    #[test]
    fn what_derive_gives_agrees() {
        assert!(agrees!(a < b: a.partial_cmp(&b)));
        assert!(agrees!(a == b: (a == b)));
    }

    #[test]
    fn what_people_write_by_hand_does_not() {
        // A field left out, a tolerance, bits instead of numbers.
        assert!(!agrees!(a == b: (a.0 == b.0)));
        assert!(!agrees!(a == b: (a.0 == b.0 && (a.1 == b.1 || (a.1 - b.1).abs() < 1e-6))));
        assert!(!agrees!(a == b: (a.0 == b.0 && a.1.to_bits() == b.1.to_bits())));
        assert!(!agrees!(a == b: (a.0 % 16 == b.0 % 16 && a.1 == b.1)));
        // Another order of fields, the other way round, all NaNs last.
        assert!(!agrees!(a < b: (a.1, a.0).partial_cmp(&(b.1, b.0))));
        assert!(!agrees!(a < b: b.partial_cmp(&a)));
        assert!(!agrees!(a < b: Some(a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))));
    }
}
