//! Scenarios: what a run does and what must hold.

mod driver;
mod emitted;
pub mod oracle;
pub mod traffic;
