//! `SharedSlice`, `SharedAtomics`, `fence`

use ringkernel::prelude::*;

#[derive(DeviceType, Clone, Copy)]
struct Edge {
    to: u32,
    weight: f32,
}

#[ring_message]
struct Weigh {
    node: u32,
    at: usize,
}

#[ring_actor]
struct Worker {
    edges: SharedSlice<Edge>,
}

#[ring_actor]
impl Worker {
    #[handler]
    fn weigh(&mut self, m: Weigh) -> f32 {
        let mut total = self.edges[m.at].weight;
        for edge in self.edges.iter() {
            if edge.to == m.node {
                total += edge.weight;
            }
        }
        total
    }
}

emits!(actors: Worker; Types, Functions);
