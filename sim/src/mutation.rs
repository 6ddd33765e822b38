//! Deliberate defects of the device code and of the host's: each must be caught, or the simulator has lost its teeth.

mod delivery;
mod emitted;
mod host;
mod order;
mod worker;

use crate::kernel::{Kernel, Source};
use crate::memory::Mode;
use crate::run::Outcome;
use crate::scenario::traffic::Profile;
use crate::words::HostDefect;

/// One defect.
#[derive(Clone, Copy, Debug)]
pub struct Mutation {
    /// What is wrong, as a sentence.
    pub name: &'static str,
    /// What is changed.
    pub change: Change,
    /// The traffic that shows it.
    pub profile: Profile,
    /// The mode that shows it.
    pub mode: Mode,
    /// Seeds within which it must be caught.
    pub seeds: u64,
}

/// What a defect changes.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// The device code.
    Text(&'static [Edit]),
    /// How the host's queues reach the memory that they share with the device.
    Host(HostDefect),
}

/// A piece of text that another one replaces.
#[derive(Clone, Copy, Debug)]
pub struct Edit {
    /// The header that it is in.
    pub header: &'static str,
    /// The text that is replaced; it must be there exactly once.
    pub from: &'static str,
    /// What replaces it.
    pub to: &'static str,
}

/// In place of a header: the text that the compiler emits.
const EMITTED: &str = "the emitted text";

/// What became of a mutation.
#[derive(Clone, Debug)]
pub struct Caught {
    /// The first seed that failed.
    pub seed: u64,
    /// What it said.
    pub message: String,
}

impl Mutation {
    /// The profile's kernel with this defect.
    ///
    /// # Errors
    /// When the text to replace is not there exactly once.
    pub fn source(&self) -> Result<Source, String> {
        let mut source = self.profile.source()?;
        let Change::Text(edits) = self.change else { return Ok(source) };
        for Edit { header: place, from, to } in edits {
            let text = if *place == EMITTED {
                &mut source.text
            } else {
                let header = source.headers.iter_mut().find(|(name, _)| name == place);
                &mut header.ok_or_else(|| format!("there is no header {place}"))?.1
            };
            let found = text.matches(from).count();
            if found != 1 {
                return Err(format!(
                    "'{}': the text to replace is {found} times in {place}; mend its entry in sim/src/mutation/",
                    self.name
                ));
            }
            *text = text.replacen(from, to, 1);
        }
        Ok(source)
    }

    /// Runs one seed of the profile with this defect.
    #[must_use]
    pub fn run(&self, kernel: &Kernel, seed: u64) -> Outcome {
        self.run_in(self.mode, kernel, seed)
    }

    /// The same in another mode.
    #[must_use]
    pub fn run_in(&self, mode: Mode, kernel: &Kernel, seed: u64) -> Outcome {
        let defect = if let Change::Host(defect) = self.change { Some(defect) } else { None };
        self.profile.run_with(defect, kernel, mode, seed)
    }

    /// Runs seeds until one fails; none if the defect survives.
    ///
    /// # Errors
    /// When the kernel cannot be built.
    pub fn hunt(&self) -> Result<Option<Caught>, String> {
        let kernel = self.source()?.build()?;
        for seed in 0..self.seeds {
            if let Some((fault, _)) = self.run(&kernel, seed).fault {
                return Ok(Some(Caught { seed, message: fault.message }));
            }
        }
        Ok(None)
    }
}

/// All of them.
pub fn mutations() -> impl Iterator<Item = &'static Mutation> {
    [delivery::DEFECTS, order::DEFECTS, worker::DEFECTS, host::DEFECTS, emitted::DEFECTS].into_iter().flatten()
}
