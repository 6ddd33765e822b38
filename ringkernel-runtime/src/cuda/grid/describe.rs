//! What a grid runs on, in words: the device, how many tiles, where fields are, and what its kernel could not keep in registers.

use super::super::driver::{DriverError, Kernel};
use super::plan::{Plan, Policy};
use crate::backend::{BackendKind, Description};

pub(super) fn describe(device: &str, plan: &Plan, kernel: &Kernel) -> Result<Description, DriverError> {
    let fields = match plan.policy {
        Policy::Chip => "on the chip",
        Policy::DeviceMemory => "in device memory",
    };
    let (tiles, local) = (plan.tiles(), kernel.local_bytes()?);
    let mut device = format!("{device}, {tiles} {}, fields {fields}", if tiles == 1 { "tile" } else { "tiles" });
    if local > 0 {
        device += &format!(", {local} bytes of local memory a thread");
    }
    Ok(Description { kind: BackendKind::Cuda, device })
}
