//! Where transfers come from: a CSV file, or a seed. And what accounts open with, so that the outcome does not depend on
//! order.

use std::fmt;
use std::path::{Path, PathBuf};

/// Transfers of more than this are not ordinary: they are bounced, unless the account could hold so much after all.
const ORDINARY: u64 = 1_000_000_000;

/// Accounts there are if nobody says how many.
const ACCOUNTS: u32 = 100_000;

/// Transfers that are made up if nobody says how many.
const TRANSFERS: u32 = 1_000_000;

/// What they are made up from if nobody says.
const SEED: u64 = 1;

/// The most accounts that a file can ask for by naming one: a slip of the pen should not fill all memory.
const ACCOUNTS_OF_A_FILE: u32 = 1 << 24;

/// From one account to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) cents: u64,
}

/// Accounts and what is to be transferred between them.
pub(crate) struct Book {
    pub(crate) transfers: Vec<Transfer>,
    /// What each account has at the beginning: enough for all it has to pay, whenever it gets something itself.
    pub(crate) opening: Vec<u64>,
    /// The most each account could ever hold.
    pub(crate) limits: Vec<u64>,
}

impl Book {
    fn new(transfers: Vec<Transfer>, accounts: u32) -> Result<Self, String> {
        let (opening, limits) = (vec![0; accounts as usize], vec![0; accounts as usize]);
        let mut book = Self { transfers: Vec::new(), opening, limits };
        let (ordinary, mut large): (Vec<_>, Vec<_>) = transfers.iter().copied().partition(|it| it.cents <= ORDINARY);
        ordinary.into_iter().try_for_each(|transfer| book.cover(transfer))?;
        // A large transfer that its account could hold is ordinary after all, and raises what others can hold.
        loop {
            let before = large.len();
            let (held, rest): (Vec<Transfer>, Vec<_>) =
                large.into_iter().partition(|it: &Transfer| it.cents <= book.limits[it.from as usize]);
            held.into_iter().try_for_each(|transfer| book.cover(transfer))?;
            large = rest;
            if large.len() == before {
                break;
            }
        }
        Ok(Self { transfers, ..book })
    }

    /// Makes sure that a transfer can be paid, whatever came before. Nobody ever holds more than the limit, so nothing
    /// else overflows if that does not.
    fn cover(&mut self, transfer: Transfer) -> Result<(), String> {
        self.opening[transfer.from as usize] = self.opening[transfer.from as usize].saturating_add(transfer.cents);
        for account in [transfer.from, transfer.to] {
            let limit = &mut self.limits[account as usize];
            *limit = limit.checked_add(transfer.cents).ok_or_else(|| {
                format!(
                    "the transfers of account {account} add up to more than the {} cents that it can hold",
                    u64::MAX
                )
            })?;
        }
        Ok(())
    }
}

/// What is wrong with a file, and where.
#[derive(Debug)]
pub(crate) struct InputError {
    file: PathBuf,
    /// From 1.
    line: u64,
    /// From 1, and its name.
    column: Option<(usize, &'static str)>,
    reason: String,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        if let Some((column, name)) = self.column {
            write!(f, ", column {column} (`{name}`)")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for InputError {}

const COLUMNS: [&str; 3] = ["from", "to", "cents"];

/// Reads transfers from a file. Nothing is sent before all of it is known to be good.
pub(crate) fn read(file: &Path, accounts: Option<u32>) -> Result<Book, InputError> {
    let at = |line, column: Option<usize>, reason: String| InputError {
        file: file.to_owned(),
        line,
        column: column.map(|column| (column + 1, COLUMNS[column])),
        reason,
    };
    let text = std::fs::read(file).map_err(|error| at(0, None, error.to_string()))?;
    // A record's position is where its predecessor ended, so empty lines may come before it.
    let line_of = |position: Option<&csv::Position>| {
        let byte = position.map_or(0, |position| position.byte() as usize).min(text.len());
        let empty = text[byte..].iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        1 + text[..byte + empty].iter().filter(|byte| **byte == b'\n').count() as u64
    };
    let of_csv = |error: csv::Error| at(line_of(error.position()), None, error.to_string());
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_slice());
    let header = reader.headers().map_err(of_csv)?;
    if header.iter().ne(COLUMNS) {
        return Err(at(1, None, format!("the first line must be `{}`", COLUMNS.join(","))));
    }
    let mut transfers = Vec::new();
    let mut largest = 0;
    for record in reader.records() {
        let record = record.map_err(of_csv)?;
        let line = || line_of(record.position());
        if record.len() != COLUMNS.len() {
            let reason = format!("{} values where {} belong: {}", record.len(), COLUMNS.len(), COLUMNS.join(","));
            return Err(at(line(), None, reason));
        }
        let number = |column: usize| {
            let text = &record[column];
            text.parse::<u64>()
                .map_err(|error| at(line(), Some(column), format!("`{text}` is not a whole number from 0: {error}")))
        };
        let account = |column: usize| {
            let account = number(column)?;
            let limit = u64::from(accounts.unwrap_or(ACCOUNTS_OF_A_FILE));
            if account < limit {
                return Ok(account as u32);
            }
            let hint = if accounts.is_none() { "; for more, give --accounts" } else { "" };
            let reason = format!("there is no account {account}: they are numbered from 0 to {}{hint}", limit - 1);
            Err(at(line(), Some(column), reason))
        };
        let transfer = Transfer { from: account(0)?, to: account(1)?, cents: number(2)? };
        if transfer.cents == 0 {
            return Err(at(line(), Some(2), "a transfer of nothing".to_owned()));
        }
        largest = largest.max(transfer.from).max(transfer.to);
        transfers.push(transfer);
    }
    if transfers.is_empty() {
        return Err(at(0, None, "there are no transfers in it".to_owned()));
    }
    Book::new(transfers, accounts.unwrap_or(largest + 1)).map_err(|reason| at(0, None, reason))
}

/// Makes transfers up.
pub(crate) fn generate(accounts: Option<u32>, transfers: Option<u32>, seed: Option<u64>) -> Result<Book, String> {
    let (accounts, transfers) = (accounts.unwrap_or(ACCOUNTS), transfers.unwrap_or(TRANSFERS));
    if transfers == 0 {
        return Err("--transfers must be at least 1".to_owned());
    }
    let mut state = seed.unwrap_or(SEED);
    // splitmix64 (Steele, Lea, Flood 2014)
    let mut random = |limit: u64| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    };
    let transfers = (0..transfers)
        .map(|_| {
            let (from, to) = (random(u64::from(accounts)) as u32, random(u64::from(accounts)) as u32);
            // One in a thousand asks for more than there is in the whole bank.
            let cents = if random(1000) == 0 { 1 << 60 } else { 1 + random(10_000) };
            Transfer { from, to, cents }
        })
        .collect();
    Book::new(transfers, accounts)
}
