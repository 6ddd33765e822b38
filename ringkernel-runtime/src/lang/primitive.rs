//! Integers, floats, `bool` and `()` as device values: little-endian, naturally aligned. `PhantomData` is `()`.

use std::marker::PhantomData;

use ringkernel_codegen::desc::{FloatType, IntType, TypeDesc};

use super::device_type::{DecodeError, DeviceType, DeviceValue};

/// The bytes as an array, or the error that every primitive reports for a wrong length.
fn exact<const N: usize>(bytes: &[u8], what: &'static str) -> Result<[u8; N], DecodeError> {
    bytes.try_into().map_err(|_| DecodeError::new(what, bytes.len() as u64))
}

macro_rules! number {
    ($($ty:ty => $desc:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl DeviceType for $ty {
            const DESC: TypeDesc = $desc;
        }
        #[diagnostic::do_not_recommend]
        impl DeviceValue for $ty {
            const SIZE: usize = size_of::<$ty>();
            const ALIGN: usize = size_of::<$ty>();
            fn encode(&self, out: &mut [u8]) {
                out.copy_from_slice(&self.to_le_bytes());
            }
            fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                Ok(Self::from_le_bytes(exact(bytes, stringify!($ty))?))
            }
        }
    )*};
}

number! {
    u8 => TypeDesc::Int(IntType::U8);
    u16 => TypeDesc::Int(IntType::U16);
    u32 => TypeDesc::Int(IntType::U32);
    u64 => TypeDesc::Int(IntType::U64);
    u128 => TypeDesc::Int(IntType::U128);
    i8 => TypeDesc::Int(IntType::I8);
    i16 => TypeDesc::Int(IntType::I16);
    i32 => TypeDesc::Int(IntType::I32);
    i64 => TypeDesc::Int(IntType::I64);
    i128 => TypeDesc::Int(IntType::I128);
    f32 => TypeDesc::Float(FloatType::F32);
    f64 => TypeDesc::Float(FloatType::F64);
}

#[cfg(feature = "half")]
number! {
    half::f16 => TypeDesc::Float(FloatType::F16);
    half::bf16 => TypeDesc::Float(FloatType::Bf16);
}

/// `usize` and `isize` travel as 64 bits whatever the host's width is.
macro_rules! pointer_sized {
    ($($ty:ty => $wide:ty, $desc:expr;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl DeviceType for $ty {
            const DESC: TypeDesc = $desc;
        }
        #[diagnostic::do_not_recommend]
        impl DeviceValue for $ty {
            const SIZE: usize = 8;
            const ALIGN: usize = 8;
            fn encode(&self, out: &mut [u8]) {
                out.copy_from_slice(&(*self as $wide).to_le_bytes());
            }
            fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                let wide = <$wide>::from_le_bytes(exact(bytes, stringify!($ty))?);
                Self::try_from(wide).map_err(|_| DecodeError::new(stringify!($ty), wide as u64))
            }
        }
    )*};
}

pointer_sized! {
    usize => u64, TypeDesc::Int(IntType::Usize);
    isize => i64, TypeDesc::Int(IntType::Isize);
}

#[diagnostic::do_not_recommend]
impl DeviceType for bool {
    const DESC: TypeDesc = TypeDesc::Bool;
}

#[diagnostic::do_not_recommend]
impl DeviceValue for bool {
    const SIZE: usize = 1;
    const ALIGN: usize = 1;
    fn encode(&self, out: &mut [u8]) {
        out.copy_from_slice(&[u8::from(*self)]);
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(DecodeError::new("bool", u64::from(*other))),
            _ => Err(DecodeError::new("bool", bytes.len() as u64)),
        }
    }
}

#[diagnostic::do_not_recommend]
impl DeviceType for () {
    const DESC: TypeDesc = TypeDesc::Unit;
}

#[diagnostic::do_not_recommend]
impl DeviceValue for () {
    const SIZE: usize = 0;
    const ALIGN: usize = 1;
    fn encode(&self, _: &mut [u8]) {}
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.is_empty() { Ok(()) } else { Err(DecodeError::new("()", bytes.len() as u64)) }
    }
}

#[diagnostic::do_not_recommend]
impl<T> DeviceType for PhantomData<T> {
    const DESC: TypeDesc = TypeDesc::Unit;
}

#[diagnostic::do_not_recommend]
impl<T: Send + 'static> DeviceValue for PhantomData<T> {
    const SIZE: usize = 0;
    const ALIGN: usize = 1;
    fn encode(&self, _: &mut [u8]) {}
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        <()>::decode(bytes).map(|()| PhantomData)
    }
}
