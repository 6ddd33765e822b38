//! Mode `race`: who may see whose writes, by vector clocks.
//!
//! Fences and scopes as in the PTX memory model: a relaxed store publishes what its thread did before its last fence,
//! and a relaxed load makes that known at the thread's next fence; release and acquire accesses do so at once; an atomic
//! carries on what it replaced. What a fence of gpu scope ordered is not known to the host. Accesses to regions that
//! must be ordered are then compared with the last ones (after Flanagan and Freund, FastTrack, PLDI 2009). Votes and
//! shuffles order nothing; warp and block barriers order their lanes.

use std::collections::HashMap;
use std::rc::Rc;

use crate::access::{Access, Scope};
use crate::memory::{By, Discipline};
use crate::weak::Hashing;

type Clock = Rc<[u32]>;

/// What is known of a thread.
struct Thread {
    now: Vec<u32>,
    /// What its stores publish, within the GPU and to the host.
    published: [Option<Clock>; 2],
    /// What it has read of and not yet fenced.
    pending: [Option<Clock>; 2],
}

#[derive(Default)]
struct Place {
    /// What a load learns, within the GPU and from or for the host.
    carries: [Option<Clock>; 2],
    written: Option<(u32, u32)>,
    read: Vec<(u32, u32)>,
}

/// Clocks of threads and places.
#[derive(Default)]
pub(crate) struct Race {
    threads: Vec<Thread>,
    places: HashMap<u64, Place, Hashing>,
    /// The other fiber of a race that was found.
    pub(crate) other: Option<u32>,
}

fn join(into: &mut Option<Clock>, other: Option<&Clock>) {
    let Some(other) = other else { return };
    *into = Some(match into {
        None => other.clone(),
        Some(mine) if Rc::ptr_eq(mine, other) || mine.iter().zip(&**other).all(|(a, b)| a >= b) => return,
        Some(mine) if mine.iter().zip(&**other).all(|(a, b)| a <= b) => other.clone(),
        Some(mine) => mine.iter().zip(&**other).map(|(a, b)| *a.max(b)).collect(),
    });
}

fn learn(now: &mut [u32], from: Option<&Clock>) {
    let Some(from) = from else { return };
    for (mine, other) in now.iter_mut().zip(&**from) {
        *mine = (*mine).max(*other);
    }
}

impl Race {
    pub(crate) fn start(&mut self, fibers: usize) {
        self.threads = (0..fibers)
            .map(|i| {
                let mut now = vec![0; fibers];
                now[i] = 1;
                Thread { now, published: [None, None], pending: [None, None] }
            })
            .collect();
    }

    pub(crate) fn fence(&mut self, by: By, scope: Scope) {
        let thread = &mut self.threads[by.fiber as usize];
        let scopes = if scope == Scope::System { 2 } else { 1 };
        for s in 0..scopes {
            let pending = thread.pending[s].take();
            learn(&mut thread.now, pending.as_ref());
        }
        let published: Clock = thread.now.as_slice().into();
        for s in 0..scopes {
            thread.published[s] = Some(published.clone());
        }
        thread.now[by.fiber as usize] += 1;
    }

    pub(crate) fn synchronise(&mut self, fibers: &[u32]) {
        let Some(first) = fibers.first() else { return };
        let mut all = self.threads[*first as usize].now.clone();
        for fiber in fibers {
            for (mine, other) in all.iter_mut().zip(&self.threads[*fiber as usize].now) {
                *mine = (*mine).max(*other);
            }
        }
        for fiber in fibers {
            let now = &mut self.threads[*fiber as usize].now;
            now.copy_from_slice(&all);
            now[*fiber as usize] += 1;
        }
    }

    pub(crate) fn access(&mut self, by: By, discipline: Discipline, access: Access, offset: u64) -> Result<(), String> {
        let me = by.fiber as usize;
        let release: Option<Clock> =
            (access.writes() && access.releases()).then(|| self.threads[me].now.as_slice().into());
        let reach = if access.scope == Scope::System { 2 } else { 1 };
        for key in offset / 4..(offset + u64::from(access.bytes)).div_ceil(4) {
            let place = self.places.entry(key).or_default();
            let thread = &mut self.threads[me];
            if access.reads() {
                // The host hears only what was published as far as to it.
                let scopes = if by.host { 1..2 } else { 0..2 };
                for s in scopes {
                    let at_once = access.acquires() && s < reach;
                    if at_once {
                        learn(&mut thread.now, place.carries[s].as_ref());
                    } else {
                        join(&mut thread.pending[s], place.carries[s].as_ref());
                    }
                }
            }
            let ordered = match discipline {
                Discipline::Atomic => false,
                Discipline::Ordered => true,
                Discipline::UpperHalf => access.bytes < 16 && key * 4 % 16 >= 8,
            };
            if ordered && !by.host {
                let behind = |(other, clock): (u32, u32)| other != by.fiber && thread.now[other as usize] < clock;
                let clash = place.written.filter(|w| behind(*w));
                let clash =
                    clash.or_else(|| place.read.iter().copied().filter(|_| access.writes()).find(|r| behind(*r)));
                if let Some((other, _)) = clash {
                    self.other = Some(other);
                    return Err("a race: nothing orders this access after the last one of another lane".into());
                }
                let mine = (by.fiber, thread.now[me]);
                if access.writes() {
                    place.read.clear();
                    place.written = Some(mine);
                } else {
                    place.read.retain(|(other, _)| *other != by.fiber);
                    place.read.push(mine);
                }
            }
            if access.writes() {
                for s in 0..2 {
                    let own =
                        if s < reach && release.is_some() { release.clone() } else { thread.published[s].clone() };
                    if access.is_atomic() {
                        join(&mut place.carries[s], own.as_ref());
                    } else {
                        place.carries[s] = own;
                    }
                }
                if by.host {
                    place.carries[0] = None;
                }
            }
        }
        if release.is_some() {
            self.threads[me].now[me] += 1;
        }
        Ok(())
    }
}
