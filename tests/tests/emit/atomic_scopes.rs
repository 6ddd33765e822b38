//! `SharedSlice`, `SharedAtomics`, `fence`
//!
//! Each scope.

use ringkernel::prelude::*;

#[ring_message]
struct Change {
    by: i32,
}

#[ring_actor]
struct Worker {
    all: SharedAtomics<i32>,
}

#[ring_actor]
impl Worker {
    #[handler]
    fn change(&mut self, m: Change) {
        self.all[0].fetch_max(m.by, Ordering::AcqRel, Scope::Block);
        self.all[0].fetch_max(m.by, Ordering::AcqRel, Scope::Device);
        self.all[0].fetch_max(m.by, Ordering::AcqRel, Scope::System);
    }
}

emits!(actors: Worker; Functions);
