//! The attributes of RingKernel.

#![warn(clippy::unwrap_used)]
