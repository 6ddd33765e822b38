use ringkernel::prelude::*;

#[ring_message]
struct Table;

#[ring_message]
struct Later;

#[ring_actor]
struct Lab {
    table: [[f32; 8]; 8],
}

#[ring_actor]
impl Lab {
    #[handler]
    fn table(&mut self, _: Table) -> [[f32; 8]; 8] {
        self.table
    }

    #[handler]
    fn later(&mut self, _: Later, reply: Reply<[u64; 23]>) {
        reply.send([0; 23]);
    }
}

fn main() {}
