//! Values of Rust in the memory of a run: states of actors, and messages as words.

use ringkernel::__private::DeviceValue;

use crate::host;
use crate::memory::Memory;

fn bytes<T: DeviceValue>(value: &T) -> Vec<u8> {
    let mut bytes = vec![0; T::SIZE];
    value.encode(&mut bytes);
    bytes
}

/// A message as a ring takes it.
pub fn words<T: DeviceValue>(message: &T) -> Vec<u32> {
    let mut bytes = bytes(message);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
}

/// Puts a state into memory, before the run.
pub fn write<T: DeviceValue>(memory: &mut Memory, at: u64, value: &T) {
    for (k, byte) in bytes(value).into_iter().enumerate() {
        memory.poke(at + k as u64, 1, byte.into());
    }
}

/// The state at an address, while no actor runs.
#[must_use]
pub fn read<T: DeviceValue>(at: u64) -> T {
    let bytes: Vec<u8> = (0..T::SIZE as u64).map(|k| host::peek(at + k, 1) as u8).collect();
    T::decode(&bytes).unwrap_or_else(|error| host::fail(format!("a state cannot be read: {error:?}")))
}
