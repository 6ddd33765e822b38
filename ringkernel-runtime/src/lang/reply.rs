//! The right to answer one question.

use std::marker::PhantomData;

use ringkernel_codegen::desc::TypeDesc;

use super::device_type::{DeviceType, DeviceValue};

/// A question kept to be answered later.
#[derive(Debug)]
pub struct Reply<T>(pub(super) PhantomData<fn(T)>);

impl<T: DeviceValue> Reply<T> {
    /// Answers.
    pub fn send(self, _value: T) {}
}

impl<T: DeviceValue> DeviceType for Reply<T> {
    const DESC: TypeDesc = TypeDesc::Reply(&T::DESC);
}
