//! Persistent GPU actors in Rust.
