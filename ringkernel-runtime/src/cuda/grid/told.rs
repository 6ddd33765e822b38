//! What tiles tell the host: messages into inboxes, traces into the log.
//!
//! The keeper empties the ring; who waits for steps also waits for what was told in them.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use ringkernel_codegen::site::TraceSite;

use super::super::host::{Outbox, Record};
use super::super::inboxes::Inboxes;
use super::super::mapped::Mapped;
use super::super::reports::{self, TRACE_TAG};
use super::lines::GridLines;

/// Messages taken before the device hears of it.
const BATCH: u32 = 256;

/// What the host knows of messages and traces.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) inboxes: Inboxes,
    traces: Vec<TraceSite>,
    /// Bytes of a message by its tag, and of a trace's record by its number.
    sizes: Vec<usize>,
    trace_sizes: Vec<usize>,
    taken: AtomicU32,
    messages: AtomicU64,
    /// Nobody is to hear of anything.
    forgets: bool,
}

/// An inbox is full: the tile that told, and where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Full {
    pub(super) tile: u32,
    pub(super) site: u32,
}

impl Told {
    /// `messages` are names and sizes by their tags. With `forgets`, all of it goes nowhere.
    pub(super) fn new(messages: &[(&'static str, usize)], traces: Vec<TraceSite>, depth: usize, forgets: bool) -> Self {
        Self {
            inboxes: Inboxes::new(messages, depth),
            trace_sizes: traces.iter().map(reports::trace_bytes).collect(),
            sizes: messages.iter().map(|(_, size)| *size).collect(),
            traces,
            taken: AtomicU32::new(0),
            messages: AtomicU64::new(0),
            forgets,
        }
    }

    /// Whether nobody is to hear of anything.
    pub(super) const fn forgets(&self) -> bool {
        self.forgets
    }

    /// Messages that went into inboxes.
    pub(super) fn messages(&self) -> u64 {
        self.messages.load(Ordering::Acquire)
    }

    /// Whether all was taken that tiles had told when they had done the steps that are now done.
    pub(super) fn is_taken(&self, lines: &GridLines) -> bool {
        self.taken.load(Ordering::Acquire).wrapping_sub(lines.told()).cast_signed() >= 0
    }

    /// Takes what there is. Whether there was anything.
    pub(super) fn take(&self, outbox: &mut Outbox<Mapped>, lines: &GridLines, name: &str) -> Result<bool, Full> {
        let before = outbox.taken();
        let mut result = Ok(());
        while result.is_ok() && outbox.taken().wrapping_sub(before) < BATCH {
            let Some(record) = outbox.poll(|tag| reports::bytes(tag, &self.sizes, &self.trace_sizes)) else { break };
            result = self.receive(&record, name);
        }
        let worked = outbox.taken() != before;
        if worked {
            lines.set_taken(outbox.taken());
            self.taken.store(outbox.taken(), Ordering::Release);
        }
        result.map(|()| worked)
    }

    fn receive(&self, record: &Record, name: &str) -> Result<(), Full> {
        if self.forgets {
            return Ok(());
        }
        let tile = record.sender as u32;
        if reports::what(record.tag) == TRACE_TAG {
            if let Some((trace, text)) = reports::trace_text(record, &self.traces) {
                let actor = format!("{name}#{tile}");
                tracing::info!(target: "ringkernel::trace", actor, file = trace.file, line = trace.line, "{text}");
            }
            return Ok(());
        }
        let Some(inbox) = self.inboxes.get(reports::what(record.tag)) else { return Ok(()) };
        if inbox.room() == 0 {
            return Err(Full { tile, site: record.tag >> 8 });
        }
        self.messages.fetch_add(1, Ordering::AcqRel);
        inbox.deliver(&record.payload[..inbox.size()], 1);
        Ok(())
    }
}
