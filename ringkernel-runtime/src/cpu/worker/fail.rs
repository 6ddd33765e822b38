//! The end of an actor whose handler failed.

use std::ptr;

use super::super::cells::{ActorHead, Range};
use super::super::core::count;
use super::super::mailbox::List;
use super::super::panics::Caught;
use super::Worker;
use crate::error::AskError;
use crate::failure::{Failure, FailureKind};
use crate::lang::AnyAddr;

impl Worker {
    pub(super) fn read_failure(&self, slot: u32, me: u64, caught: Option<Caught>) -> Failure {
        let caught = caught.unwrap_or(Caught {
            kind: FailureKind::Panic,
            value: None,
            file: String::new(),
            line: 0,
            message: "a panic that was already under way".to_owned(),
        });
        Failure {
            actor: AnyAddr::from_raw(me),
            name: self.core.name(slot).into(),
            kind: caught.kind,
            file: caught.file.into(),
            line: caught.line,
            value: caught.value,
            message: caught.message.into(),
            tile: None,
        }
    }

    pub(super) fn corrupt(&self, range: &Range, index: u32, me: u64, error: String) -> Failure {
        Failure {
            actor: AnyAddr::from_raw(me),
            name: self.core.name(range.first + index).into(),
            kind: FailureKind::Corrupt,
            file: "".into(),
            line: 0,
            value: None,
            message: error.into(),
            tile: None,
        }
    }

    /// An actor has failed: its message is consumed, its askers are told, its mail is dead.
    ///
    /// # Safety
    /// The actor must be this worker's.
    pub(super) unsafe fn fail(&self, range: &Range, index: u32, head: &ActorHead, me: u64, failure: Failure) {
        tracing::warn!(target: "ringkernel", actor = %failure.name, "{failure}");
        let error = AskError::Failed(Box::new(failure.clone()));
        let mut tell = |question| self.core.replies.fail(question, error.clone());
        let question = self.question.take();
        if question != 0 {
            tell(question);
        }
        self.orphans.take().into_iter().for_each(&mut tell);
        // SAFETY: as the caller promises.
        unsafe { (range.kept_questions)(range, index, &mut tell) };
        self.core.failures.add(failure);
        let node = self.node.replace(ptr::null_mut());
        if !node.is_null() {
            self.consumed(node);
        }
        // SAFETY: as the caller promises.
        let mut taken = std::mem::replace(unsafe { &mut *head.taken.get() }, List::new());
        let mut rest = head.mailbox.kill();
        while let Some(node) = taken.pop().or_else(|| rest.pop()) {
            self.give_cell();
            self.dead_letter(me, node);
        }
        count(&self.counters().failures, 1);
        // Last, so that whoever waits for nothing to be in flight finds all of the above done.
        if !node.is_null() {
            count(&self.counters().handled, 1);
        }
    }
}
