//! The same transfers one after the other, without actors.

use super::input::Book;

/// What must come out.
pub(crate) struct Replay {
    pub(crate) balances: Vec<u64>,
    /// Numbers of transfers and the accounts that bounce them, in order of the numbers.
    pub(crate) overdrafts: Vec<(u32, u32)>,
}

/// Does one transfer after the other.
pub(crate) fn replay(book: &Book) -> Result<Replay, String> {
    let mut balances = book.opening.clone();
    let mut overdrafts = Vec::new();
    for (number, transfer) in book.transfers.iter().enumerate() {
        let (from, to) = (transfer.from as usize, transfer.to as usize);
        if transfer.cents > book.limits[from] {
            overdrafts.push((number as u32, transfer.from));
            continue;
        }
        balances[from] = balances[from]
            .checked_sub(transfer.cents)
            .ok_or_else(|| format!("transfer {number} is not covered, which it must be: a bug of this example"))?;
        balances[to] += transfer.cents;
    }
    Ok(Replay { balances, overdrafts })
}
