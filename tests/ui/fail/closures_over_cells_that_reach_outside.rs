use ringkernel::prelude::*;

#[ring_actor(grid = 2)]
struct Heat {
    now: Field<f64, 2>,
    next: Field<f64, 2>,
    sum: f64,
}

fn on_the_host(x: f64) -> f64 {
    x
}

#[ring_actor]
impl Heat {
    #[step]
    fn advance(&mut self) {
        let text = String::new();
        self.next.update(&self.now, |_, now| now.here() + text.len() as f64);
        self.next.update(&self.now, |_, now| on_the_host(now.here()));
        self.next.update(&self.now, |_, now| {
            self.sum += now.here();
            now.here()
        });
    }
}

fn main() {}
