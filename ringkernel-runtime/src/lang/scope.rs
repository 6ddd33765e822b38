//! Which threads an atomic operation or a fence orders with.
//!
//! On a device a narrower scope is cheaper; on the CPU all are the same.

use std::sync::atomic::{self, Ordering};

use ringkernel_codegen::desc::TypeDesc;

use super::device_type::DeviceType;

/// The threads that an atomic operation or a fence orders with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Those of the same block.
    Block,
    /// Those of the same device.
    Device,
    /// All, the host's and other devices' too.
    System,
}

#[diagnostic::do_not_recommend]
impl DeviceType for Scope {
    const DESC: TypeDesc = TypeDesc::Scope;
}

#[diagnostic::do_not_recommend]
impl DeviceType for Ordering {
    const DESC: TypeDesc = TypeDesc::Ordering;
}

/// A fence: `std::sync::atomic::fence` with a scope.
///
/// # Panics
/// If `order` is [`Ordering::Relaxed`], as in the standard library.
pub fn fence(order: Ordering, _scope: Scope) {
    atomic::fence(order);
}
