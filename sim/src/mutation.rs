//! Deliberate defects of the device code: each must be caught, or the simulator has lost its teeth.

mod delivery;
mod emitted;
mod worker;

use crate::kernel::Source;
use crate::memory::Mode;
use crate::run::run;
use crate::scenario::traffic::Profile;

/// One defect.
#[derive(Clone, Copy, Debug)]
pub struct Mutation {
    /// What is wrong, as a sentence.
    pub name: &'static str,
    /// The header that it is put into.
    pub header: &'static str,
    /// The text that is replaced; it must be there exactly once.
    pub from: &'static str,
    /// What replaces it.
    pub to: &'static str,
    /// The traffic that shows it.
    pub profile: Profile,
    /// The mode that shows it.
    pub mode: Mode,
    /// Seeds within which it must be caught.
    pub seeds: u64,
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
        let text = if self.header == EMITTED {
            &mut source.text
        } else {
            let header = source.headers.iter_mut().find(|(name, _)| name == self.header);
            &mut header.ok_or_else(|| format!("there is no header {}", self.header))?.1
        };
        let found = text.matches(self.from).count();
        if found != 1 {
            return Err(format!(
                "'{}': the text to replace is {found} times in {}; mend its entry in sim/src/mutation/",
                self.name, self.header
            ));
        }
        *text = text.replacen(self.from, self.to, 1);
        Ok(source)
    }

    /// Runs seeds until one fails; none if the defect survives.
    ///
    /// # Errors
    /// When the kernel cannot be built.
    pub fn hunt(&self) -> Result<Option<Caught>, String> {
        let kernel = self.source()?.build()?;
        for seed in 0..self.seeds {
            let outcome = run(&kernel, self.mode, seed, |memory, random| self.profile.setup(memory, random));
            if let Some((fault, _)) = outcome.fault {
                return Ok(Some(Caught { seed, message: fault.message }));
            }
        }
        Ok(None)
    }
}

/// All of them.
pub fn mutations() -> impl Iterator<Item = &'static Mutation> {
    [delivery::DEFECTS, worker::DEFECTS, emitted::DEFECTS].into_iter().flatten()
}
