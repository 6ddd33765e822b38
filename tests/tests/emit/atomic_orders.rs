//! `SharedSlice`, `SharedAtomics`, `fence`
//!
//! Each order.

use ringkernel::prelude::*;

#[ring_message]
struct Change {
    by: i64,
}

#[ring_actor]
struct Worker {
    all: SharedAtomics<i64>,
}

#[ring_actor]
impl Worker {
    #[handler]
    fn change(&mut self, m: Change) {
        self.all[0].fetch_add(m.by, Ordering::Relaxed, Scope::Device);
        self.all[0].fetch_add(m.by, Ordering::Acquire, Scope::Device);
        self.all[0].fetch_add(m.by, Ordering::Release, Scope::Device);
        self.all[0].fetch_add(m.by, Ordering::AcqRel, Scope::Device);
        self.all[0].fetch_add(m.by, Ordering::SeqCst, Scope::Device);
    }
}

emits!(actors: Worker; Functions);
