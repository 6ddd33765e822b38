//! helper methods, `#[ring_fn]` functions and impl blocks
//!
//! A method of the actor that is no handler.

use ringkernel::prelude::*;

#[ring_message]
struct Deposit {
    day: u32,
    cents: u64,
}

#[ring_actor]
struct Account {
    days: [u64; 7],
}

#[ring_actor]
impl Account {
    /// Takes money.
    #[handler]
    fn deposit(&mut self, m: Deposit) {
        self.note(m.day, m.cents);
    }

    /// Writes down what came in on a day.
    fn note(&mut self, day: u32, cents: u64) {
        self.days[day as usize] ^= cents;
    }
}

emits!(actors: Account; Functions);
