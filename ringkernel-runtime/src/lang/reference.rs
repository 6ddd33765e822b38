//! What device code may name but not store: references, slices, ranges and iterators.

use std::iter::{Copied, Enumerate, Rev, Skip, StepBy, Take, Zip};
use std::ops::{Range, RangeInclusive};

use ringkernel_codegen::desc::TypeDesc;

use super::device_type::DeviceType;

#[diagnostic::do_not_recommend]
impl<T: DeviceType + ?Sized> DeviceType for &T {
    const DESC: TypeDesc = TypeDesc::Ref { mutable: false, to: &T::DESC };
}

#[diagnostic::do_not_recommend]
impl<T: DeviceType + ?Sized> DeviceType for &mut T {
    const DESC: TypeDesc = TypeDesc::Ref { mutable: true, to: &T::DESC };
}

#[diagnostic::do_not_recommend]
impl<T: DeviceType> DeviceType for [T] {
    const DESC: TypeDesc = TypeDesc::Slice(&T::DESC);
}

macro_rules! ranges {
    ($($ty:ident)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: DeviceType> DeviceType for $ty<T> {
            const DESC: TypeDesc = TypeDesc::Range(&T::DESC);
        }
    )*};
}
ranges!(Range RangeInclusive);

/// Iterators are described by what they yield; their chain is in the syntax.
macro_rules! iterators {
    ($(<$($param:ident),+> $ty:ty;)*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($param),+> DeviceType for $ty
        where
            $ty: Iterator<Item: DeviceType>,
        {
            const DESC: TypeDesc = TypeDesc::Iter(&<$ty as Iterator>::Item::DESC);
        }
    )*};
}
iterators! {
    <I> Copied<I>;
    <I> Enumerate<I>;
    <I> Rev<I>;
    <I> Skip<I>;
    <I> StepBy<I>;
    <I> Take<I>;
    <A, B> Zip<A, B>;
}

#[diagnostic::do_not_recommend]
impl<'a, T: DeviceType> DeviceType for std::slice::Iter<'a, T> {
    const DESC: TypeDesc = TypeDesc::Iter(&<&'a T as DeviceType>::DESC);
}

#[diagnostic::do_not_recommend]
impl<'a, T: DeviceType> DeviceType for std::slice::IterMut<'a, T> {
    const DESC: TypeDesc = TypeDesc::Iter(&<&'a mut T as DeviceType>::DESC);
}

#[diagnostic::do_not_recommend]
impl<T: DeviceType, const N: usize> DeviceType for std::array::IntoIter<T, N> {
    const DESC: TypeDesc = TypeDesc::Iter(&T::DESC);
}
