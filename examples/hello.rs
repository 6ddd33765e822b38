//! The smallest program: one kind of actor, one message, one question.
//!
//! `cargo run --release --example hello`

use ringkernel::prelude::*;

#[ring_message]
struct Greet {
    times: u32,
}

#[ring_message]
struct HowOften;

#[ring_actor]
struct Greeter {
    greeted: u32,
}

#[ring_actor]
impl Greeter {
    #[handler]
    fn greet(&mut self, m: Greet) {
        self.greeted += m.times;
    }

    #[handler]
    fn how_often(&mut self, _: HowOften) -> u32 {
        self.greeted
    }
}

fn main() -> ringkernel::Result<()> {
    if let Some(argument) = std::env::args().nth(1) {
        eprintln!("error: unexpected argument {argument:?}: hello has none");
        std::process::exit(1);
    }
    let system = System::builder().actors(1000, |_| Greeter { greeted: 0 }).start()?;
    let greeter = system.actor::<Greeter>(7);
    for times in 1..=4 {
        greeter.tell(Greet { times })?;
    }
    let greeted = greeter.ask(HowOften)?.wait()?;
    println!("hello from {} on {}: greeted {greeted} times", system.backend(), system.device());
    Ok(())
}
