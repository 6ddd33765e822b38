//! Scenarios: what a run does and what must hold.

mod driver;
pub mod oracle;
pub mod traffic;
