//! What the user asks for on the command line.

use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use ringkernel::Backend;

const USAGE: &str = "usage: bank [transfers.csv] [--accounts N] [--transfers N] [--backend auto|cpu|cuda] [--seed N]

The file has a line `from,to,cents` and then a transfer a line. Without a file, transfers are made up from the seed.";

/// The most accounts and transfers: both are numbered by `u32`, and accounts have addresses of 28 bits.
const MOST_ACCOUNTS: u64 = 1 << 28;

/// What the user asks for.
pub(crate) struct Arguments {
    /// Where transfers are read from.
    pub(crate) file: Option<PathBuf>,
    /// How many accounts there are; for a file, if it is not said, as many as it names.
    pub(crate) accounts: Option<u32>,
    /// How many transfers to make up, if it is said.
    pub(crate) transfers: Option<u32>,
    /// What to run on.
    pub(crate) backend: Backend,
    /// What transfers are made up from, if it is said.
    pub(crate) seed: Option<u64>,
}

impl Arguments {
    /// Reads the command line.
    pub(crate) fn parse() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;

        let mut arguments = Self { file: None, accounts: None, transfers: None, backend: Backend::Auto, seed: None };
        let mut parser = lexopt::Parser::from_env();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("accounts") => {
                    let accounts: u64 = number(&mut parser, "--accounts")?;
                    if !(1..=MOST_ACCOUNTS).contains(&accounts) {
                        return Err(format!("--accounts must be from 1 to {MOST_ACCOUNTS}").into());
                    }
                    arguments.accounts = Some(accounts as u32);
                }
                Long("transfers") => arguments.transfers = Some(number(&mut parser, "--transfers")?),
                Long("seed") => arguments.seed = Some(number(&mut parser, "--seed")?),
                Long("backend") => {
                    arguments.backend = match parser.value()?.string()?.as_str() {
                        "auto" => Backend::Auto,
                        "cpu" => Backend::Cpu,
                        "cuda" => Backend::Cuda,
                        other => return Err(format!("--backend is auto, cpu or cuda, not `{other}`").into()),
                    }
                }
                Short('h') | Long("help") => {
                    println!("{USAGE}");
                    std::process::exit(0);
                }
                Value(file) if arguments.file.is_none() => arguments.file = Some(file.into()),
                other => return Err(format!("{}\n\n{USAGE}", other.unexpected()).into()),
            }
        }
        if arguments.file.is_some() && (arguments.transfers.is_some() || arguments.seed.is_some()) {
            return Err("--transfers and --seed make transfers up; with a file they have no meaning".into());
        }
        Ok(arguments)
    }
}

/// The value of an option that is a number.
fn number<T: FromStr<Err: Display>>(parser: &mut lexopt::Parser, option: &str) -> Result<T, lexopt::Error> {
    let text = parser.value()?.to_string_lossy().into_owned();
    text.parse().map_err(|error| format!("{option} must be a whole number from 0, not `{text}`: {error}").into())
}
