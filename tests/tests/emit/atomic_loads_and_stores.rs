//! `SharedSlice`, `SharedAtomics`, `fence`
//!
//! Each order that a load and a store can have.

use ringkernel::prelude::*;

#[ring_message]
struct Copy;

#[ring_actor]
struct Worker {
    all: SharedAtomics<u64>,
}

#[ring_actor]
impl Worker {
    #[handler]
    fn copy(&mut self, _: Copy) {
        let a = self.all[0].load(Ordering::Relaxed, Scope::Device);
        let b = self.all[0].load(Ordering::Acquire, Scope::Device);
        let c = self.all[0].load(Ordering::SeqCst, Scope::Device);
        self.all[1].store(a, Ordering::Relaxed, Scope::Device);
        self.all[1].store(b, Ordering::Release, Scope::Device);
        self.all[1].store(c, Ordering::SeqCst, Scope::Device);
    }
}

emits!(actors: Worker; Functions);
