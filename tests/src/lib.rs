//! What the tests that cross crates share.

pub mod backend;
pub mod device;
pub mod disassembler;
pub mod manual;
pub mod nvrtc;
pub mod skip;
pub mod workspace;
