//! the value that a handler returns

use ringkernel::prelude::*;

#[ring_message]
struct Balance;

#[ring_message]
struct Deposit {
    cents: u64,
}

#[ring_message]
struct Withdraw {
    cents: u64,
}

#[ring_actor]
struct Account {
    cents: u64,
}

#[ring_actor]
impl Account {
    #[handler]
    fn balance(&mut self, _: Balance) -> u64 {
        self.cents
    }

    #[handler]
    fn deposit(&mut self, m: Deposit) {
        self.cents ^= m.cents;
    }

    #[handler]
    fn withdraw(&mut self, m: Withdraw) -> u64 {
        self.cents -= m.cents;
        self.cents
    }
}

emits!(actors: Account; Functions, Actors);
