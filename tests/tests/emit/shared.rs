//! Data that all actors share: slices to read, atomics to write.

use ringkernel::Actor;
use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Edge {
    to: u32,
    weight: f32,
}

#[ring_message]
struct Relax {
    node: usize,
    distance: u32,
}

#[ring_actor]
struct Worker {
    edges: SharedSlice<Edge>,
    best: SharedAtomics<u32>,
    sums: SharedAtomics<i64>,
    visited: u64,
}

#[ring_actor]
impl Worker {
    #[handler]
    fn relax(&mut self, m: Relax) -> f32 {
        let before = self.best[m.node].fetch_min(m.distance, Ordering::Relaxed, Scope::Device);
        if before <= m.distance {
            return 0.0;
        }
        let mut total = 0.0;
        for edge in self.edges.iter() {
            if edge.to as usize == m.node {
                total += edge.weight;
            }
        }
        let edge = self.edges[m.node];
        self.sums[0].fetch_add(i64::from(edge.to), Ordering::AcqRel, Scope::System);
        self.best[0].store(1, Ordering::Release, Scope::Device);
        fence(Ordering::SeqCst, Scope::Device);
        let mut seen = self.best[1].load(Ordering::Acquire, Scope::Block);
        while seen > 10 {
            let found = self.best[1].compare_exchange(seen, seen - 1, Ordering::SeqCst, Scope::Device);
            if found == seen {
                break;
            }
            seen = found;
        }
        self.visited += self.edges.len() as u64;
        total
    }
}

#[test]
fn shared() {
    super::check("shared", &[Worker::desc]);
}
