//! Barriers of tiles: all of them, groups that the builder named, and the tiles around each.
//!
//! As on a GPU (`templates/groups.cuh`): a group counts who has come, and adds up where they are. The counts of three rounds are used in
//! turn: who comes to one has left the one before, so the first of the group clears that for the round after the next. For the
//! tiles around it, each tile raises a number of its own.

use std::panic::{Location, panic_any, resume_unwind};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crossbeam_utils::CachePadded;
use ringkernel_codegen::abi::{MAX_GROUPS, NO_GROUP};

use super::super::panics::Fault;
use super::tile::{Abandoned, TileHandle, place_of};
use crate::failure::FailureKind;
use crate::lang::Group;
use crate::lang::group::MAX_NAMED;
use crate::tile_groups::Places;

const APART: &str = "a tile of the group is elsewhere: what decides whether tiles come to a barrier must be the same in all of the group";
const NO_MIDDLE: &str = "a neighbourhood has a tile in its middle: its extents are odd";
const UNKNOWN: &str = "there is no group of this number: the builder names it, `.group(number, |cells| ..)`";

/// Rounds of barriers that are told apart.
const ROUNDS: u8 = 3;
/// The group of all tiles.
const ALL: usize = 0;

/// Who has come to the barriers of each group.
#[derive(Default)]
pub(super) struct Groups([[Round; ROUNDS as usize]; MAX_GROUPS as usize]);

#[derive(Default)]
struct Round {
    come: CachePadded<AtomicU64>,
    /// The sum of the places where they are.
    places: AtomicU64,
}

/// A tile's part in them; written by that tile alone.
pub(super) struct Member {
    places: Places,
    /// Of each group, the round that it comes to next.
    rounds: [AtomicU8; MAX_GROUPS as usize],
    /// The number of the barrier with tiles around it, and above it where that is.
    near: CachePadded<AtomicU64>,
    /// Barriers that all tiles come to.
    pub(super) common: AtomicU64,
}

impl Member {
    pub(super) fn new(places: Places) -> Self {
        Self { places, rounds: Default::default(), near: CachePadded::default(), common: AtomicU64::new(0) }
    }

    pub(super) fn is_in(&self, group: usize) -> bool {
        !matches!(self.places.get(group), None | Some(0 | &NO_GROUP))
    }
}

#[track_caller]
fn fail(message: &'static str) -> ! {
    panic_any(Fault { kind: FailureKind::Panic, value: None, message })
}

/// Where a barrier is, in half a word.
fn site(place: &Location<'_>) -> u64 {
    u64::from(place.line() << 10 ^ place.column())
}

impl TileHandle {
    pub(crate) fn is_in(&self, named: u32) -> bool {
        named < MAX_NAMED && self.tile().member.is_in(1 + named as usize)
    }

    /// Waits until all of a group have come.
    #[track_caller]
    pub(crate) fn barrier<const D: usize>(&self, group: Group<D>) {
        let place = Location::caller();
        match group {
            Group::Grid => {
                self.tile().member.common.fetch_add(1, Ordering::Relaxed);
                self.meet_group(ALL, place);
            }
            Group::Near(extents) if extents.iter().any(|extent| extent % 2 == 0) => fail(NO_MIDDLE),
            Group::Near(extents) => self.meet_near(extents, place),
            Group::Named(number) => {
                let at = self.tile().member.places.get(1 + number as usize).filter(|_| number < MAX_NAMED);
                match at {
                    None | Some(&NO_GROUP) => fail(UNKNOWN),
                    Some(0) => {}
                    Some(_) => self.meet_group(1 + number as usize, place),
                }
            }
        }
    }

    #[track_caller]
    fn meet_group(&self, group: usize, place: &Location<'_>) {
        let member = &self.tile().member;
        let (members, number) = (u64::from(member.places[group] >> 16), member.places[group] & 0xffff);
        let round = member.rounds[group].load(Ordering::Relaxed);
        let next = (round + 1) % ROUNDS;
        member.rounds[group].store(next, Ordering::Relaxed);
        let all = &self.shared().groups.0[group];
        let Round { come, places } = &all[usize::from(round)];
        places.fetch_add(site(place), Ordering::Relaxed);
        come.fetch_add(1, Ordering::AcqRel);
        self.wait_in(group, place, || come.load(Ordering::Acquire) == members);
        if places.load(Ordering::Relaxed) != site(place).wrapping_mul(members) {
            fail(APART);
        }
        // Nobody is at the round before this one any more, and nobody comes to the one after the next before this tile does.
        if number == 0 {
            let last = &all[usize::from((next + 1) % ROUNDS)];
            last.places.store(0, Ordering::Relaxed);
            last.come.store(0, Ordering::Relaxed);
        }
    }

    #[track_caller]
    fn meet_near<const D: usize>(&self, extents: [u32; D], place: &Location<'_>) {
        let member = &self.tile().member;
        member.common.fetch_add(1, Ordering::Relaxed);
        let at = (member.near.load(Ordering::Relaxed) as u32).wrapping_add(1);
        member.near.store(site(place) << 32 | u64::from(at), Ordering::Release);
        for other in self.around(extents) {
            let near = &self.shared().tiles[other].member.near;
            let mut seen = 0;
            self.wait_in(ALL, place, || {
                seen = near.load(Ordering::Acquire);
                (seen as u32).wrapping_sub(at) as i32 >= 0
            });
            // Who is further has waited for this one, and has looked.
            if seen as u32 == at && seen >> 32 != site(place) {
                fail(APART);
            }
        }
    }

    /// The other tiles in a box around this one.
    fn around<const D: usize>(&self, extents: [u32; D]) -> Vec<usize> {
        let shared = self.shared();
        let mut all = vec![0];
        let (mut rest, mut stride) = (self.index(), 1);
        for (axis, extent) in extents.into_iter().enumerate() {
            let ((along, is_periodic), half) = (shared.axes[axis], extent as usize / 2);
            let here = rest % along;
            rest /= along;
            let reach = half.min(along - 1);
            let to: Vec<usize> = if is_periodic {
                (0..=2 * reach).map(|k| (here + along + k - reach) % along).collect()
            } else {
                (here.saturating_sub(reach)..(here + reach + 1).min(along)).collect()
            };
            all = to.iter().flat_map(|to| all.iter().map(move |from| from + to * stride)).collect();
            stride *= along;
        }
        all.retain(|other| *other != self.index());
        all
    }

    /// Waits in a barrier of a group.
    #[track_caller]
    fn wait_in(&self, group: usize, place: &Location<'_>, has_come: impl FnMut() -> bool) {
        // Barriers of named groups have no number among the operations of the step.
        let (numbered, of) = if group == ALL { (place_of(place), None) } else { (0, Some(group)) };
        match self.wait_until(numbered, of, has_come) {
            Waited::Come => {}
            Waited::Abandoned => resume_unwind(Box::new(Abandoned)),
            Waited::Apart => fail(APART),
        }
    }
}

/// What a tile that waits for others has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    Come,
    /// The grid has failed elsewhere.
    Abandoned,
    /// Another tile waits as far in its step, but at another place.
    Apart,
}
