//! The canonical layout, which the derive computes in the user's crate and the compiler computes from descriptions: both
//! agree, values survive it, and bytes that are no value are refused.

use std::fmt::Debug;
use std::marker::PhantomData;

use ringkernel::DeviceValue;
use ringkernel::prelude::*;
use ringkernel_codegen::layout;

#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
struct Empty;

#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
struct Mixed {
    a: u8,
    b: u64,
    c: (bool, u16),
    d: [u8; 3],
    empty: Empty,
    nothing: [u64; 0],
    of: PhantomData<u128>,
}

#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
enum Plain {
    A,
    B,
    C,
}

#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
enum Data<T> {
    None,
    One(T),
    Two { small: u8, large: u128 },
    Nested(Option<Mixed>, Plain, T),
}

#[derive(DeviceType, Clone, Copy, Debug, PartialEq)]
enum NoFields {
    Unit(()),
    Empty(Empty, [u32; 0]),
}

/// Numbers that look random and are the same in every run.
struct Bits(u64);

impl Bits {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// What holds for every type and value.
fn check<T: DeviceValue + Debug + PartialEq>(values: &[T]) {
    let layout = layout::of(T::DESC);
    assert_eq!((T::SIZE, T::ALIGN), (layout.size, layout.align), "{}", std::any::type_name::<T>());
    for value in values {
        let mut bytes = vec![0xa5; T::SIZE];
        value.encode(&mut bytes);
        let mut again = vec![0x5a; T::SIZE];
        value.encode(&mut again);
        assert_eq!(bytes, again, "every byte is written");
        assert_eq!(T::decode(&bytes).as_ref(), Ok(value));
        bytes.push(0);
        assert!(T::decode(&bytes).is_err(), "a wrong length is refused");
    }
    let mut bits = Bits(0x9e37_79b9_7f4a_7c15);
    for _ in 0..200 {
        // Mostly small numbers, so that tags are often right.
        let bytes: Vec<u8> = (0..T::SIZE)
            .map(|_| if bits.next().is_multiple_of(3) { bits.next() as u8 } else { (bits.next() % 3) as u8 })
            .collect();
        if let Ok(value) = T::decode(&bytes) {
            let mut again = vec![0; T::SIZE];
            value.encode(&mut again);
            assert!(T::decode(&again).is_ok());
        }
    }
}

fn mixed(a: u8) -> Mixed {
    Mixed { a, b: u64::MAX, c: (true, 7), d: [1, 2, 3], empty: Empty, nothing: [], of: PhantomData }
}

#[test]
fn both_sides_agree_on_every_type() {
    check(&[0u8, 255]);
    check(&[i16::MIN, -1]);
    check(&[1u128 << 100]);
    check(&[usize::MAX]);
    check(&[-1isize]);
    check(&[1.5f32, -0.0]);
    check(&[f64::INFINITY]);
    check(&[true, false]);
    check(&[()]);
    check(&[(1u8, 2u64, true)]);
    check(&[(1u8, (2u16, 3u8), 4u8, 5i128, Empty, (), 7u32, Some(8u16))]);
    check(&[[(1u8, 2u16); 3]; 2]);
    check::<[u64; 0]>(&[[]]);
    check(&[None, Some(1u8)]);
    check(&[None, Some(1u128)]);
    check(&[None, Some(()), Some(())]);
    check(&[Some(Some(3u64)), Some(None), None]);
    check(&[Empty]);
    check(&[mixed(1), mixed(2)]);
    check(&[Plain::A, Plain::B, Plain::C]);
    check(&[Data::None, Data::One(3u8), Data::Two { small: 1, large: 2 }, Data::Nested(Some(mixed(3)), Plain::C, 4)]);
    check(&[Data::None, Data::One([1u64; 2]), Data::Nested(None, Plain::A, [5, 6])]);
    check(&[NoFields::Unit(()), NoFields::Empty(Empty, [])]);
}

#[test]
fn a_bool_is_zero_or_one_and_a_tag_is_a_variant() {
    assert!(bool::decode(&[2]).is_err());
    assert!(Plain::decode(&3u32.to_le_bytes()).is_err());
    assert!(Option::<u8>::decode(&[2, 0, 0, 0, 0, 0, 0, 0]).is_err());
    let error = Plain::decode(&9u32.to_le_bytes()).expect_err("no such variant");
    assert_eq!(error.to_string(), "invalid bytes for Plain: found 9");
}
