//! A bank: accounts are actors, and transfers between them are messages.
//!
//! `cargo run --release --example bank -- [transfers.csv] [--accounts N] [--transfers N] [--backend auto|cpu|cuda]
//! [--seed N]`
//!
//! A transfer goes to the paying account, which debits itself and sends the credit on. A transfer of more than the
//! account could ever hold comes back to the host as an `Overdraft`; all others are always covered, so the outcome does
//! not depend on the order in which anything runs. Every balance and every overdraft is compared with a sequential
//! replay.

mod account;
mod arguments;
mod input;
mod replay;

use std::error::Error;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use ringkernel::prelude::*;

use account::{Account, Balance, Overdraft, Transfer};
use arguments::Arguments;
use input::Book;

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(io::stderr().is_terminal()).init();
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What the actors made of the input.
struct Outcome {
    balances: Vec<u64>,
    /// Numbers of transfers and the accounts that bounced them, in order of the numbers.
    overdrafts: Vec<(u32, u32)>,
    took: Duration,
}

/// Whether everything is as in the replay.
fn run() -> Result<bool, Box<dyn Error>> {
    let arguments = Arguments::parse()?;
    let book = match &arguments.file {
        Some(file) => input::read(file, arguments.accounts)?,
        None => input::generate(arguments.accounts, arguments.transfers, arguments.seed)?,
    };
    println!("{} accounts, {} transfers", book.opening.len(), book.transfers.len());

    let (opening, limits) = (book.opening.clone(), book.limits.clone());
    let system = System::builder()
        .backend(arguments.backend)
        .actors(book.opening.len() as u32, move |i| Account {
            number: i,
            cents: opening[i as usize],
            limit: limits[i as usize],
        })
        .start()?;
    let outcome = transfer(&system, &book)?;

    let expected = replay::replay(&book)?;
    let balances = outcome.balances.iter().zip(&expected.balances).filter(|(got, want)| got != want).count();
    let equal = balances == 0 && outcome.overdrafts == expected.overdrafts;
    if !equal {
        eprintln!(
            "{balances} balances differ; {} overdrafts, {} expected",
            outcome.overdrafts.len(),
            expected.overdrafts.len()
        );
    }
    let seconds = outcome.took.as_secs_f64();
    // A transfer that is not bounced is two messages to actors.
    let messages = 2 * book.transfers.len() - outcome.overdrafts.len();
    println!(
        "{} transfers, {} of them overdrafts, in {seconds:.3} s: transfers/s={:.0}",
        book.transfers.len(),
        outcome.overdrafts.len(),
        book.transfers.len() as f64 / seconds
    );
    println!(
        "backend={} device={} messages/s={:.0} balances equal: {equal}",
        system.backend(),
        system.device(),
        messages as f64 / seconds
    );
    Ok(equal)
}

/// Sends all transfers, waits until everything has arrived, and asks for the balances.
fn transfer(system: &System, book: &Book) -> Result<Outcome, Box<dyn Error>> {
    let accounts: Vec<_> = (0..book.opening.len() as u32).map(|i| system.actor::<Account>(i)).collect();
    let inbox = system.inbox::<Overdraft>();
    let mut overdrafts = Vec::new();
    let mut drain = || overdrafts.extend(inbox.try_iter().map(|m| (m.number, m.account)));
    let progress = ProgressBar::new(book.transfers.len() as u64)
        .with_style(ProgressStyle::with_template("{wide_bar} {human_pos} of {human_len} transfers, {per_sec}")?);

    let start = Instant::now();
    for (number, transfer) in book.transfers.iter().enumerate() {
        let mut message = Transfer { cents: transfer.cents, to: transfer.to, number: number as u32 };
        loop {
            match accounts[transfer.from as usize].tell(message) {
                Ok(()) => break,
                // Too much is under way: make room, and try again.
                Err(SendError::Full(back)) => {
                    drain();
                    std::thread::yield_now();
                    message = back;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if number % 65_536 == 0 {
            drain();
            progress.set_position(number as u64);
        }
    }
    while !system.settle(Duration::from_millis(50)) {
        drain();
        system_is_well(system)?;
    }
    let took = start.elapsed();
    progress.finish_and_clear();
    system_is_well(system)?;
    drain();
    while (overdrafts.len() as u64) < system.stats().sent_to_host {
        let overdraft = inbox.recv_timeout(Duration::from_secs(10))?;
        overdrafts.push((overdraft.number, overdraft.account));
    }
    overdrafts.sort_unstable();

    let mut balances = Vec::with_capacity(accounts.len());
    for accounts in accounts.chunks(1024) {
        let asks = accounts.iter().map(|account| account.ask(Balance)).collect::<Result<Vec<_>, _>>()?;
        for ask in asks {
            balances.push(ask.wait()?);
        }
    }
    Ok(Outcome { balances, overdrafts, took })
}

/// An account that failed, or a system that ended, is an error here.
fn system_is_well(system: &System) -> Result<(), Box<dyn Error>> {
    if let Some(failure) = system.failures().into_iter().next() {
        return Err(failure.into());
    }
    match system.join_timeout(Duration::ZERO) {
        Err(ringkernel::EndError::StopTimeout { .. }) => Ok(()),
        Ok(_) => Err("the system stopped".into()),
        Err(error) => Err(error.into()),
    }
}
