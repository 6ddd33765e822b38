//! Runs device code on the CPU under a seeded deterministic scheduler.
