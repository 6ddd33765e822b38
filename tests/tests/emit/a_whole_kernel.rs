//! A whole kernel: state, messages, an answer, messages to another actor and to the host, an index that may fail.

use ringkernel::prelude::*;

#[ring_message]
struct Deposit {
    cents: u64,
}

#[ring_message]
struct Balance;

/// Told to the host.
#[ring_message]
struct Overdraft {
    by: u64,
    account: u32,
}

#[ring_message]
struct Withdraw {
    cents: u64,
    day: u32,
}

#[ring_message]
struct Entry {
    day: u32,
    cents: u64,
}

/// A bank account.
#[ring_actor]
struct Account {
    /// What is in it.
    cents: u64,
    number: u32,
    /// Withdrawn on each day of the week.
    days: [u64; 7],
    ledger: Addr<Ledger>,
    vip: bool,
}

#[ring_actor]
struct Ledger {
    entries: u64,
    total: u64,
}

#[ring_actor]
impl Account {
    /// Takes money.
    #[handler]
    fn deposit(&mut self, m: Deposit) {
        self.cents += m.cents;
    }

    #[handler]
    fn balance(&mut self, _: Balance) -> u64 {
        self.cents
    }

    #[handler]
    fn withdraw(&mut self, m: Withdraw, ctx: &mut Context<Self>) {
        let limit = if self.vip { 100_000 } else { 0 };
        if m.cents > self.cents + limit {
            ctx.host().tell(Overdraft { by: m.cents - self.cents, account: self.number });
            return;
        }
        self.note(m.day, m.cents);
        self.cents = self.cents.saturating_sub(m.cents);
        ctx.tell(self.ledger, Entry { day: m.day, cents: m.cents });
    }

    fn note(&mut self, day: u32, cents: u64) {
        self.days[day as usize] += cents;
    }
}

#[ring_actor]
impl Ledger {
    #[handler]
    fn entry(&mut self, m: Entry) {
        self.entries += 1;
        self.total += m.cents;
    }
}

emits!(whole kernel: Account, Ledger);
