//! Blocked actors: delivering what lies in their outboxes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::super::blocked::{Letter, Outbox, Target};
use super::Worker;

impl Worker {
    /// Tries to deliver what up to `limit` blocked actors have in their outboxes. Whether anything was delivered, and
    /// whether some wait for the host.
    pub(super) fn retry(&self, limit: usize) -> (bool, bool) {
        let (mut delivered, mut for_host) = (false, false);
        for slot in self.core.blocked.take(limit) {
            let Some((range, index)) = self.core.place(slot) else { continue };
            // SAFETY: `place` gives indices within the range.
            let head = unsafe { range.head(index) };
            // SAFETY: a blocked actor belongs to who took it from the list.
            let outbox = unsafe { &mut *head.outbox.get() };
            let left = outbox.as_mut().map_or(0, |outbox| self.flush(outbox, &mut delivered, &mut for_host));
            if left > 0 {
                self.core.blocked.again(slot);
                continue;
            }
            *outbox = None;
            self.core.blocked.remove();
            if !head.mailbox.is_dead() {
                self.queue.push(slot);
            }
        }
        (delivered, for_host)
    }

    /// Delivers what can be, in order for each receiver; gives how much is left.
    fn flush(&self, outbox: &mut Outbox, delivered: &mut bool, for_host: &mut bool) -> usize {
        let mut full: Vec<u64> = Vec::new();
        for _ in 0..outbox.len() {
            let Some(letter) = outbox.pop_front() else { break };
            let key = match &letter.target {
                Target::Actor(to) => *to,
                Target::Host(inbox) => Arc::as_ptr(inbox) as u64 | 1 << 63,
            };
            if !full.contains(&key) && self.deliver(&letter, for_host) {
                *delivered = true;
                continue;
            }
            full.push(key);
            outbox.push_back(letter);
        }
        outbox.len()
    }

    fn deliver(&self, letter: &Letter, for_host: &mut bool) -> bool {
        match &letter.target {
            Target::Host(inbox) => {
                // Said before the last attempt, so that the receiver that makes room after it knows.
                inbox.await_room();
                // SAFETY: letters own their nodes.
                let delivered = unsafe { inbox.push(letter.node) };
                if !delivered {
                    *for_host = true;
                    if !inbox.warned.swap(true, Ordering::Relaxed) {
                        tracing::warn!(
                            target: "ringkernel",
                            inbox = inbox.path,
                            "an inbox is full: actors that send to it wait until the host receives"
                        );
                    }
                }
                delivered
            }
            Target::Actor(to) => {
                let Some((head, slot)) = self.core.find(*to, None) else {
                    self.dead_letter(*to, letter.node);
                    return true;
                };
                if !self.take_cell() {
                    return false;
                }
                // SAFETY: letters own their nodes.
                unsafe { self.push(head, slot, *to, letter.node) };
                true
            }
        }
    }
}
