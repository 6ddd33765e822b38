//! Strategies: how a schedule is unfair. Each finds bugs that the others need many more seeds for.

use crate::random::Random;

/// A kind of schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every lane that can run is equally likely.
    Uniform,
    /// A warp keeps running, its lanes in step: close to what a device does.
    Warps,
    /// Some blocks run rarely.
    SlowBlocks,
    /// One warp runs far more often than all others.
    UnfairWarp,
    /// A lane keeps running for many operations.
    Bursts,
    /// The host runs rarely.
    LateHost,
    /// Lanes and warps stop for long at random moments.
    Freezes,
    /// A warp runs one lane until it meets the others, as hardware may when lanes take different branches.
    OnePath,
    /// A lane that has drawn a ticket, or changed anything else by an atomic, may go on much later.
    Tardy,
}

/// All kinds; seeds take them in turn.
pub const KINDS: [Kind; 9] = [
    Kind::Uniform,
    Kind::Warps,
    Kind::SlowBlocks,
    Kind::UnfairWarp,
    Kind::Bursts,
    Kind::LateHost,
    Kind::Freezes,
    Kind::OnePath,
    Kind::Tardy,
];

/// The numbers that the scheduler and the memory model follow in one run.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// What it is called in reports.
    pub kind: Kind,
    /// Of 256: chance to stay with the same lane.
    pub stay_lane: u32,
    /// Of 256: chance to stay with the same warp.
    pub stay_warp: u32,
    /// Lanes of a warp run lowest first rather than in any order.
    pub in_step: bool,
    /// A lane of a warp runs until it meets the others.
    pub one_path: bool,
    /// Of 256, by warp: chance that a warp that was chosen is passed over.
    pub skip: Vec<u32>,
    /// A lane that was chosen freezes once in so many operations; 0 never.
    pub freeze_one_in: u32,
    /// A lane freezes after one in so many of its atomics; 0 never.
    pub tardy_one_in: u32,
    /// Longest freeze, in operations of the whole run.
    pub freeze_steps: u32,
    /// A buffered store drains once in so many operations.
    pub drain_one_in: u32,
    /// A relaxed load may be stale once in so many.
    pub stale_one_in: u32,
    /// How far back a stale load reaches, in operations of the whole run.
    pub stale_steps: u32,
}

impl Strategy {
    /// The strategy of a seed for `blocks` of `warps_per_block` warps and a few host threads.
    #[must_use]
    pub fn of(seed: u64, random: &mut Random, blocks: u32, warps_per_block: u32, hosts: u32) -> Self {
        let kind = KINDS[(seed % KINDS.len() as u64) as usize];
        let device = (blocks * warps_per_block) as usize;
        let mut skip = vec![0; device + hosts as usize];
        let (mut stay_lane, mut stay_warp) = (0, random.pick(&[0, 128, 224]));
        let (mut freeze_one_in, mut tardy_one_in) = (0, 0);
        let mut in_step = random.one_in(2);
        match kind {
            Kind::Uniform => (stay_warp, in_step) = (0, false),
            Kind::Warps => (stay_warp, in_step) = (random.pick(&[224, 248, 252]), true),
            Kind::SlowBlocks => {
                for block in 0..blocks {
                    let slow = random.pick(&[0, 0, 128, 224, 250]);
                    for warp in 0..warps_per_block {
                        skip[(block * warps_per_block + warp) as usize] = slow;
                    }
                }
            }
            Kind::UnfairWarp => {
                skip.fill(240);
                let favoured = random.below(device as u32) as usize;
                skip[favoured] = 0;
                stay_warp = 240;
            }
            Kind::Bursts => stay_lane = random.pick(&[192, 240, 250]),
            Kind::LateHost => skip[device..].fill(250),
            Kind::OnePath => {}
            Kind::Freezes => freeze_one_in = random.pick(&[200, 1000, 5000]),
            Kind::Tardy => tardy_one_in = random.pick(&[2, 8, 32]),
        }
        Self {
            kind,
            stay_lane,
            stay_warp,
            in_step,
            one_path: kind == Kind::OnePath,
            skip,
            freeze_one_in,
            tardy_one_in,
            freeze_steps: random.pick(&[300, 2000, 10000]),
            drain_one_in: random.pick(&[2, 8, 64]),
            stale_one_in: random.pick(&[2, 8, 64]),
            stale_steps: random.pick(&[100, 1000, 5000]),
        }
    }
}
