use ringkernel::prelude::*;

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
    fn withdraw(&mut self, m: Withdraw) -> Result<u64, u32> {
        self.cents -= m.cents;
        Ok(self.cents)
    }
}

fn main() {}
