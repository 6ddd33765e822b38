//! What a fiber does to the machine: each operation suspends it wherever somebody else could get in front.

use std::ffi::c_char;

use super::{LANES, State, with};
use crate::access::{Access, Scope};
use crate::collective;
use crate::trace::What;

/// A run may take so many times as long as it may take without news.
const LONGEST: u64 = 10;

/// Suspends the running fiber until the scheduler takes it again.
fn suspend() {
    let yielder = with(|m| m.fibers[m.current as usize].yielder);
    // SAFETY: the yielder lives on the running fiber's own stack, which stays until the fiber ends.
    unsafe { (*yielder).suspend(()) };
}

/// Ends the run for the running fiber: a fault was found.
fn stop() -> ! {
    loop {
        suspend();
    }
}

/// The running fiber is about to do something that others could get in front of.
fn switch_point() {
    let switch = with(|m| {
        m.step += 1;
        m.memory.background(&mut m.random, &m.strategy, m.step);
        if m.step > m.news.saturating_add(m.limit) {
            m.fail(
                format!("nothing has come about for {} operations, and the run does not end", m.limit),
                vec![m.current],
                None,
            );
        } else if m.step > LONGEST.saturating_mul(m.limit) {
            m.fail(format!("the run does not end within {} operations", m.step), vec![m.current], None);
        }
        if m.fault.is_some() {
            return true;
        }
        m.next = m.pick();
        m.next != Some(m.current)
    });
    if switch {
        suspend();
    }
    with(|m| m.next = None);
}

pub(crate) fn access(access: Access, address: u64, first: u128, second: u128, line: u32, file: *const c_char) -> u128 {
    switch_point();
    let result = with(|m| {
        let by = m.by();
        m.memory.prepare(&mut m.random, &m.strategy, m.step);
        match m.memory.access(by, access, address, first, second) {
            Ok(old) => {
                m.note(What::Access(access), address, old, access.result(old, first, second), line, file);
                Some(old)
            }
            Err(message) => {
                m.note(What::Access(access), address, 0, first, line, file);
                let mut fibers = vec![m.current];
                fibers.extend(m.memory.race.other.take());
                m.fail(message, fibers, Some(address));
                None
            }
        }
    });
    let Some(old) = result else { stop() };
    if let Some(steps) = with(|m| m.is_late_after(access)) {
        sleep(steps);
    }
    old
}

pub(crate) fn fence(scope: Scope, line: u32, file: *const c_char) {
    switch_point();
    with(|m| {
        let by = m.by();
        m.memory.fence(by, scope);
        m.note(What::Fence(scope), 0, 0, 0, line, file);
    });
}

pub(crate) fn sleep(steps: u64) {
    with(|m| {
        m.step += 1;
        m.sleep(m.current, steps);
        m.next = m.pick();
    });
    suspend();
    with(|m| m.next = None);
}

pub(crate) fn collective(kind: u32, value: u64, argument: u32, line: u32, file: *const c_char) -> u64 {
    let complete = with(|m| {
        m.step += 1;
        let (warp, lane) = (m.fibers[m.current as usize].warp, m.fibers[m.current as usize].lane);
        m.note(What::Collective(kind), 0, value.into(), argument.into(), line, file);
        let entry = &mut m.warps[warp as usize];
        let verdict = if entry.exited != 0 {
            Err("a vote or shuffle of a warp of which lanes have left".to_string())
        } else {
            entry.gathering.arrive(lane, kind, value, argument, line, file)
        };
        match verdict {
            Err(message) => {
                m.fail(message, vec![m.current], None);
                false
            }
            Ok(complete) => {
                if complete {
                    let first = entry.first_fiber;
                    if kind == collective::SYNC {
                        let lanes: Vec<u32> = (first..first + LANES).collect();
                        m.memory.show(&lanes);
                    }
                    for fiber in first..first + LANES {
                        m.wake(fiber);
                    }
                } else {
                    m.park(m.current, State::Waiting);
                    m.next = m.pick();
                }
                complete
            }
        }
    });
    if !complete {
        suspend();
        with(|m| m.next = None);
        while with(|m| m.fault.is_some()) {
            suspend();
        }
    }
    with(|m| {
        let (warp, lane) = (m.fibers[m.current as usize].warp, m.fibers[m.current as usize].lane);
        m.warps[warp as usize].gathering.result(lane)
    })
}

pub(crate) fn block_sync(line: u32, file: *const c_char) {
    with(|m| {
        m.step += 1;
        m.note(What::BlockSync, 0, 0, 0, line, file);
        let block = m.current / m.grid.block_threads;
        m.park(m.current, State::Waiting);
        m.blocks[block as usize].arrived += 1;
        m.open_barrier(block);
        m.next = m.pick();
    });
    suspend();
    with(|m| m.next = None);
}
