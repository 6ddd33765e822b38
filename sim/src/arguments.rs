//! What `cargo xtask sim` is told.

use std::ops::Range;

use ringkernel_sim::memory::Mode;
use ringkernel_sim::mutation::{Mutation, mutations};
use ringkernel_sim::scenario::traffic::Profile;

const MODES: [(&str, Mode); 3] = [("interleave", Mode::Interleave), ("weak", Mode::Weak), ("race", Mode::Race)];

pub(crate) struct Arguments {
    pub(crate) kernels: Vec<Profile>,
    pub(crate) modes: Vec<Mode>,
    pub(crate) seeds: Range<u64>,
    pub(crate) defect: Option<&'static Mutation>,
    pub(crate) mutations: bool,
    pub(crate) verbose: bool,
}

fn kernels() -> String {
    Profile::ALL.map(|kernel| format!("{kernel:?}").to_lowercase()).join(" ")
}

pub(crate) fn usage() -> String {
    format!(
        "cargo xtask sim [--kernel NAME] [--mode interleave|weak|race|all] [--seeds A..B | --replay SEED] [--defect NAME] [--verbose]\n\
         cargo xtask sim --mutations [--defect NAME]\n\nkernels: {}\ndefects: those of docs/simulation.md, or a part of a name",
        kernels()
    )
}

fn range(text: &str) -> Option<Range<u64>> {
    let (start, end) = text.split_once("..")?;
    let range = start.parse().ok()?..end.parse().ok()?;
    (range.start < range.end).then_some(range)
}

impl Arguments {
    pub(crate) fn parse(mut from: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut it = Self {
            kernels: Profile::ALL.to_vec(),
            modes: vec![Mode::Interleave],
            seeds: 0..100,
            defect: None,
            mutations: false,
            verbose: false,
        };
        let mut chosen = false;
        while let Some(name) = from.next() {
            let mut value = || from.next().ok_or_else(|| format!("{name} needs a value"));
            match name.as_str() {
                "--kernel" => {
                    let wanted = value()?;
                    let kernel = Profile::ALL.into_iter().find(|k| format!("{k:?}").eq_ignore_ascii_case(&wanted));
                    it.kernels = vec![kernel.ok_or_else(|| format!("no kernel is called {wanted}"))?];
                    chosen = true;
                }
                "--mode" => {
                    let wanted = value()?;
                    let modes = MODES.iter().filter(|(name, _)| *name == wanted || wanted == "all");
                    it.modes = modes.map(|(_, mode)| *mode).collect();
                    if it.modes.is_empty() {
                        return Err(format!("no mode is called {wanted}"));
                    }
                }
                "--seeds" => {
                    let text = value()?;
                    it.seeds = range(&text).ok_or_else(|| format!("{text} are no seeds: write them as 0..100"))?;
                }
                "--replay" => {
                    let text = value()?;
                    let seed: u64 = text.parse().map_err(|_| format!("{text} is no seed"))?;
                    it.seeds = seed..seed + 1;
                }
                "--defect" => {
                    let part = value()?;
                    let defect =
                        mutations().find(|m| m.name == part).or_else(|| mutations().find(|m| m.name.contains(&part)));
                    it.defect = Some(defect.ok_or_else(|| format!("no defect is called {part}"))?);
                }
                "--mutations" => it.mutations = true,
                "--verbose" => it.verbose = true,
                other => return Err(format!("{other} is not known")),
            }
        }
        if let Some(defect) = it.defect
            && !it.mutations
        {
            if chosen && it.kernels != [defect.profile] {
                return Err(format!("'{}' shows in kernel {:?} alone", defect.name, defect.profile).to_lowercase());
            }
            it.kernels = vec![defect.profile];
        }
        Ok(it)
    }
}
