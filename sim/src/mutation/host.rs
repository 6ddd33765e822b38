//! Defects of the host's side: its queues as they are, over memory that does one thing wrong in their name.

use super::{Change, Mutation};
use crate::memory::Mode;
use crate::scenario::traffic::Profile;
use crate::words::HostDefect;

pub(super) const DEFECTS: &[Mutation] = &[
    Mutation {
        name: "the host publishes the number of a word before its data",
        change: Change::Host(HostDefect::NumberFirst),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "the host publishes the number of a word without releasing its data",
        change: Change::Host(HostDefect::NumberUnreleased),
        profile: Profile::Plenty,
        mode: Mode::Weak,
        seeds: 300,
    },
    Mutation {
        name: "the host takes a ring for one message longer than it is",
        change: Change::Host(HostDefect::RingTooLong),
        profile: Profile::Flood,
        mode: Mode::Interleave,
        seeds: 100,
    },
    Mutation {
        name: "the host looks at the data of a message before its number",
        change: Change::Host(HostDefect::DataReadFirst),
        profile: Profile::Plenty,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "the host says that it has taken a message before it has read it",
        change: Change::Host(HostDefect::TakenEarly),
        profile: Profile::Deaf,
        mode: Mode::Interleave,
        seeds: 300,
    },
    Mutation {
        name: "the cell of an abandoned question is free before its answer has come",
        change: Change::Host(HostDefect::CellFreedEarly),
        profile: Profile::Flood,
        mode: Mode::Interleave,
        seeds: 500,
    },
];
