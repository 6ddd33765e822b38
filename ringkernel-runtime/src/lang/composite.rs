//! Tuples, arrays and `Option` as device values. Structs and enums get theirs from the derive.

use ringkernel_codegen::desc::TypeDesc;

use super::device_type::{DecodeError, DeviceType, DeviceValue};
use super::layout::{self, check_len, field};

macro_rules! tuple {
    ($($ty:ident $index:tt),+) => {
        #[diagnostic::do_not_recommend]
        impl<$($ty: DeviceType),+> DeviceType for ($($ty,)+) {
            const DESC: TypeDesc = TypeDesc::Tuple(&[$($ty::DESC),+]);
        }
        #[diagnostic::do_not_recommend]
        impl<$($ty: DeviceValue),+> DeviceValue for ($($ty,)+) {
            const SIZE: usize = layout::size_of(&[$(field::<$ty>()),+]);
            const ALIGN: usize = layout::align_of(&[$(field::<$ty>()),+]);
            fn encode(&self, out: &mut [u8]) {
                let fields = const { [$(field::<$ty>()),+] };
                out.fill(0);
                $(
                    let at = layout::offset_of(&fields, $index);
                    self.$index.encode(&mut out[at..at + $ty::SIZE]);
                )+
            }
            fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
                let fields = const { [$(field::<$ty>()),+] };
                check_len(bytes, Self::SIZE, "a tuple")?;
                Ok(($({
                    let at = layout::offset_of(&fields, $index);
                    $ty::decode(&bytes[at..at + $ty::SIZE])?
                },)+))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

impl<T: DeviceType, const N: usize> DeviceType for [T; N] {
    const DESC: TypeDesc = TypeDesc::Array(&T::DESC, N);
}

impl<T: DeviceValue, const N: usize> DeviceValue for [T; N] {
    const SIZE: usize = T::SIZE * N;
    // What has no bytes has no alignment either: the emitted C cannot hold it.
    const ALIGN: usize = if N == 0 { 1 } else { T::ALIGN };
    fn encode(&self, out: &mut [u8]) {
        for (index, value) in self.iter().enumerate() {
            value.encode(&mut out[index * T::SIZE..(index + 1) * T::SIZE]);
        }
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        check_len(bytes, Self::SIZE, "an array")?;
        let mut values = Vec::with_capacity(N);
        for index in 0..N {
            values.push(T::decode(&bytes[index * T::SIZE..(index + 1) * T::SIZE])?);
        }
        values.try_into().map_err(|_| DecodeError::new("an array", N as u64))
    }
}

impl<T: DeviceType> DeviceType for Option<T> {
    const DESC: TypeDesc = TypeDesc::Option(&T::DESC);
}

impl<T: DeviceValue> DeviceValue for Option<T> {
    const SIZE: usize = layout::enum_size(&[&[], &[field::<T>()]]);
    const ALIGN: usize = layout::enum_align(&[&[], &[field::<T>()]]);
    fn encode(&self, out: &mut [u8]) {
        let at = layout::enum_offset(&[&[], &[field::<T>()]]);
        out.fill(0);
        if let Some(value) = self {
            out[..layout::TAG].copy_from_slice(&1u32.to_le_bytes());
            value.encode(&mut out[at..at + T::SIZE]);
        }
    }
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let at = layout::enum_offset(&[&[], &[field::<T>()]]);
        match layout::tag(bytes, Self::SIZE, "Option")? {
            0 => Ok(None),
            1 => T::decode(&bytes[at..at + T::SIZE]).map(Some),
            other => Err(DecodeError::new("Option", u64::from(other))),
        }
    }
}
