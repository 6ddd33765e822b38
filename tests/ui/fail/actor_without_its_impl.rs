use ringkernel::prelude::*;

#[ring_message]
struct Go;

#[ring_actor]
struct Lab {
    total: u32,
}

impl Lab {
    fn go(&mut self, _: Go) {
        self.total += 1;
    }
}

struct Plain {
    total: u32,
}

fn main() {
    let _ = System::builder().actors(1, |_| Lab { total: 0 }).actors(1, |_| Plain { total: 0 });
}
