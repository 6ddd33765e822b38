//! Scenarios: what a run does and what must hold.

pub mod oracle;
pub mod traffic;
