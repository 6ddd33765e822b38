//! `SharedSlice`, `SharedAtomics`, `fence`
//!
//! Each operation.

use ringkernel::prelude::*;

#[ring_message]
struct Change {
    by: u32,
}

#[ring_actor]
struct Worker {
    all: SharedAtomics<u32>,
}

#[ring_actor]
impl Worker {
    #[handler]
    fn change(&mut self, m: Change) -> u32 {
        self.all[0].store(m.by, Ordering::Relaxed, Scope::Device);
        self.all[1].fetch_add(m.by, Ordering::Relaxed, Scope::Device);
        self.all[2].fetch_sub(m.by, Ordering::Relaxed, Scope::Device);
        self.all[3].fetch_min(m.by, Ordering::Relaxed, Scope::Device);
        self.all[4].fetch_max(m.by, Ordering::Relaxed, Scope::Device);
        self.all[5].fetch_and(m.by, Ordering::Relaxed, Scope::Device);
        self.all[6].fetch_or(m.by, Ordering::Relaxed, Scope::Device);
        self.all[7].fetch_xor(m.by, Ordering::Relaxed, Scope::Device);
        let old = self.all[8].swap(m.by, Ordering::Relaxed, Scope::Device);
        let seen = self.all[9].compare_exchange(old, 1, Ordering::Relaxed, Scope::Device);
        seen ^ self.all[9].load(Ordering::Relaxed, Scope::Device)
    }
}

emits!(actors: Worker; Functions);
