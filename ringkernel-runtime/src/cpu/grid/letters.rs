//! Messages of the host to tiles that nobody hears, and inboxes of the host.

use std::any::TypeId;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::mail::{ALL, Inbox};
use super::shared::{Shared, lock_read};
use crate::error::AskError;
use crate::failure::DeadLetter;
use crate::lang::AnyAddr;
use crate::lang::addr::Parts;

impl Shared {
    /// The address of a tile.
    pub(crate) fn address(tile: u32) -> u64 {
        Parts { device: 0, slot: tile, generation: 1 }.raw()
    }

    /// Notes the messages that nobody will handle, once no tile runs.
    pub(super) fn bury_all(&self) {
        for (index, tile) in self.tiles.iter().enumerate() {
            for envelope in tile.mailbox.take(ALL) {
                if envelope.question != 0 {
                    let dead = || AskError::Dead { actor: format!("{}#{index}", self.name) };
                    let error = if self.has_failed() { dead() } else { AskError::Stopped };
                    self.replies.fail(envelope.question, error);
                }
                let to = AnyAddr::from_raw(Self::address(index as u32));
                self.dead_letters.add(DeadLetter { to, from: AnyAddr::HOST, tag: envelope.tag });
                self.counters.dead_letters.fetch_add(1, Ordering::AcqRel);
            }
        }
    }

    /// The inbox for a type of message, and its number.
    pub(super) fn inbox(&self, message: TypeId) -> (u32, Arc<Inbox>) {
        let find = |inboxes: &[Arc<Inbox>]| {
            let at = inboxes.iter().position(|inbox| inbox.message == message)?;
            Some((at as u32, Arc::clone(&inboxes[at])))
        };
        if let Some(found) = find(&lock_read(&self.inboxes)) {
            return found;
        }
        let mut inboxes = self.inboxes.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        find(&inboxes).unwrap_or_else(|| {
            let inbox = Arc::new(Inbox::new(message, self.inbox_depth));
            inboxes.push(Arc::clone(&inbox));
            (inboxes.len() as u32 - 1, inbox)
        })
    }
}
