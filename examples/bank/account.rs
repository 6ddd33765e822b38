//! An account, and what is said to it.

use ringkernel::prelude::*;

/// Pay `cents` to account `to`.
#[ring_message]
pub(crate) struct Transfer {
    pub(crate) cents: u64,
    pub(crate) to: u32,
    /// Its place in the input.
    pub(crate) number: u32,
}

/// Receive `cents`.
#[ring_message]
pub(crate) struct Credit {
    pub(crate) cents: u64,
}

/// What have you got?
#[ring_message]
pub(crate) struct Balance;

/// To the host: this transfer is more than the account could ever hold.
#[ring_message]
pub(crate) struct Overdraft {
    pub(crate) number: u32,
    pub(crate) account: u32,
}

/// An account.
#[ring_actor]
pub(crate) struct Account {
    pub(crate) number: u32,
    pub(crate) cents: u64,
    /// The most it could ever hold.
    pub(crate) limit: u64,
}

#[ring_actor]
impl Account {
    #[handler]
    fn transfer(&mut self, m: Transfer, ctx: &mut Context<Self>) {
        if m.cents > self.limit {
            ctx.host().tell(Overdraft { number: m.number, account: self.number });
            return;
        }
        assert!(self.cents >= m.cents, "a transfer that must be covered is not");
        self.cents -= m.cents;
        let to = ctx.actor::<Account>(m.to);
        ctx.tell(to, Credit { cents: m.cents });
    }

    #[handler]
    fn credit(&mut self, m: Credit) {
        self.cents += m.cents;
    }

    #[handler]
    fn balance(&mut self, _: Balance) -> u64 {
        self.cents
    }
}
