//! What threads of the host do in a run: loads and stores on mapped memory, each a switch point, and waiting.

use crate::access::{Access, Kind, Order, Scope};
use crate::machine;

fn op(kind: Kind, bytes: u8, order: Order) -> Access {
    Access { kind, bytes, order, scope: Scope::System }
}

/// Loads 4 or 8 bytes.
#[must_use]
pub fn load(address: u64, bytes: u8, order: Order) -> u64 {
    machine::access(op(Kind::Load, bytes, order), address, 0, 0, 0, std::ptr::null()) as u64
}

/// Stores 4 or 8 bytes.
pub fn store(address: u64, bytes: u8, value: u64, order: Order) {
    machine::access(op(Kind::Store, bytes, order), address, value.into(), 0, 0, std::ptr::null());
}

/// Lets others run for `steps` operations.
pub fn pause(steps: u64) {
    machine::sleep(steps);
}

/// Operations of the run so far.
#[must_use]
pub fn now() -> u64 {
    machine::with(|m| m.step)
}

/// Something has come about: the run does not hang.
pub fn news() {
    machine::with(machine::Machine::news);
}

/// A random number below `bound`, part of the run's seed.
#[must_use]
pub fn below(bound: u32) -> u32 {
    machine::with(|m| m.random.below(bound))
}

/// Starts the kernel; every lane of it must have left.
pub fn launch() {
    machine::with(machine::Machine::launch);
    // Lanes start at the next switch.
    machine::sleep(1);
}

/// True once every lane has left the kernel.
#[must_use]
pub fn kernel_ended() -> bool {
    machine::with(|m| m.idle())
}

/// Reports a fault and ends the run.
pub fn fail(message: impl Into<String>) -> ! {
    let message = message.into();
    machine::with(|m| {
        let fiber = m.current_fiber();
        m.fail(message, vec![fiber], None);
    });
    loop {
        machine::sleep(1);
    }
}

/// Looks at memory between launches, or at the end: not an operation of the run.
#[must_use]
pub fn peek(address: u64, bytes: u8) -> u128 {
    machine::with(|m| m.memory.peek(address, bytes))
}

/// Sets memory between launches.
pub fn poke(address: u64, bytes: u8, value: u128) {
    machine::with(|m| m.memory.poke(address, bytes, value));
}
